import { isApiError } from '../errors.js';
import type { KubeObject } from '../object.js';
import type { ClusterApi } from '../registry/api.js';
import { fnv32a } from './hash.js';
import { timestamp } from './time.js';

/** Writes the Events that `kubectl describe` shows. */
export interface EventRecorder {
  /** Notes a doing about an object; the same one again only counts up. Never throws. */
  record(about: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): void;
}

/** Takes no notes: for bases, whose history nobody saw. */
export const silentRecorder: EventRecorder = { record: () => undefined };

interface EventObject extends KubeObject {
  count?: number;
}

/**
 * Records into the cluster's own API. An Event's name is derived from what it says, so that a repetition finds
 * the former one without a cache.
 *
 * @param component the Event's `source.component`: `deployment-controller`, `kubelet`, …
 */
export function clusterRecorder(api: ClusterApi, component: string, now: () => number): EventRecorder {
  return {
    record(about, type, reason, message) {
      const namespace = about.metadata.namespace ?? 'default';
      const identity = `${about.kind}/${about.metadata.uid ?? ''}/${component}/${reason}`;
      const hash = `${fnv32a(identity).toString(16)}${fnv32a(`${message}/${identity}`).toString(16)}`;
      const name = `${about.metadata.name}.${hash}`;
      const at = timestamp(now());
      try {
        const former = api.find('events', namespace, name) as EventObject | undefined;
        if (former !== undefined) {
          const body = { count: (former.count ?? 1) + 1, lastTimestamp: at };
          api.patch('events', namespace, name, 'merge', body);
          return;
        }
        api.create({
          apiVersion: 'v1',
          kind: 'Event',
          metadata: { name, namespace },
          involvedObject: {
            kind: about.kind,
            ...(about.metadata.namespace === undefined ? {} : { namespace }),
            name: about.metadata.name,
            ...(about.metadata.uid === undefined ? {} : { uid: about.metadata.uid }),
            apiVersion: about.apiVersion,
            ...(about.metadata.resourceVersion === undefined
              ? {}
              : { resourceVersion: about.metadata.resourceVersion }),
          },
          reason,
          message,
          source: { component },
          firstTimestamp: at,
          lastTimestamp: at,
          count: 1,
          type,
          eventTime: null,
          reportingComponent: component,
          reportingInstance: '',
        });
      } catch (error) {
        // A namespace on its way out takes no Events, and a note is never worth a failed reconcile.
        if (!isApiError(error)) throw error;
      }
    },
  };
}
