import type { KubeObject } from '../object.js';
import type { Change, Controller } from './controller.js';
import { sameJson } from './equality.js';
import type { Pod, Service } from './kinds.js';
import { keyOf, splitKey } from './keys.js';
import { matchesLabels } from './label-selector.js';
import { isFinished, isReady, podGatherMs } from './pods.js';
import { backendPorts, type BackendPort } from './service-ports.js';
import { compact } from './status.js';
import { timestamp } from './time.js';

/** When what led to the present state happened, for measuring how long it takes to reach proxies. */
export const triggerAnnotation = 'endpoints.kubernetes.io/last-change-trigger-time';

const managedBy = { 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' };

/** The Endpoints of Services with a selector (upstream: pkg/controller/endpoint). */
export const endpointsController = (): Controller => ({
  name: 'endpoint',
  watches: ['services', 'pods', 'endpoints'],
  gatherMs: podGatherMs,
  keysFor: (change) => (change.storage === 'endpoints' ? deleted(change) : serviceKeys(change)),
  reconcile(key, { api, now }) {
    const { namespace, name } = splitKey(key);
    const service = api.find('services', namespace, name) as Service | undefined;
    const existing = api.find('endpoints', namespace, name);
    if (service === undefined) {
      if (existing !== undefined && existing.metadata.deletionTimestamp === undefined) {
        api.delete('endpoints', namespace, name);
      }
      return;
    }
    if (!hasSelector(service) || service.metadata.deletionTimestamp !== undefined) return;
    const pods = (api.list('pods', { namespace }) as Pod[]).filter((pod) => isBackend(service, pod));
    const subsets = subsetsOf(service, pods);
    const isHeadless = service.spec.clusterIP === 'None';
    const labels = {
      ...service.metadata.labels,
      ...managedBy,
      ...(isHeadless ? { 'service.kubernetes.io/headless': '' } : {}),
    };
    const annotations = { [triggerAnnotation]: timestamp(now()) };
    const wanted = compact({ subsets: subsets.length === 0 ? undefined : subsets });
    if (existing === undefined) {
      api.create({
        apiVersion: 'v1',
        kind: 'Endpoints',
        metadata: { name, namespace, labels, annotations },
        ...wanted,
      });
    } else if (
      !sameJson(existing['subsets'] ?? [], subsets) ||
      !sameJson(existing.metadata.labels ?? {}, labels)
    ) {
      const { subsets: _, ...rest } = existing as KubeObject & { subsets?: unknown };
      const metadata = {
        ...existing.metadata,
        labels,
        annotations: { ...existing.metadata.annotations, ...annotations },
      };
      api.update({ ...rest, metadata, ...wanted });
    }
  },
});

/** Endpoints that someone deletes are made again; what they are changed to stays until the Service or a pod changes. */
const deleted = ({ type, object }: Change): readonly string[] => (type === 'DELETED' ? [keyOf(object)] : []);

export const hasSelector = ({ spec }: Service): boolean =>
  spec.selector !== undefined &&
  Object.keys(spec.selector).length > 0 &&
  (spec as { type?: string }).type !== 'ExternalName';

/** The Services that a change of a Service or a pod concerns. */
export function serviceKeys({ storage, object, formerLabels, api }: Change): readonly string[] {
  if (storage === 'services') return [keyOf(object)];
  const pod = object as Pod;
  const { namespace, labels } = pod.metadata;
  // A pod without an address is no backend and never was one.
  if (namespace === undefined || pod.status?.podIP === undefined || api.count('services', namespace) === 0)
    return [];
  const former = formerLabels();
  const concerns = (service: Service): boolean => {
    const selector = service.spec.selector ?? {};
    return hasSelector(service) && (matchesLabels(selector, labels) || matchesLabels(selector, former));
  };
  return (api.list('services', { namespace }) as Service[]).filter(concerns).map(keyOf);
}

/** True for pods that a Service's selector means and that have an address. */
export const isBackend = ({ spec }: Service, pod: Pod): boolean =>
  matchesLabels(spec.selector ?? {}, pod.metadata.labels) &&
  pod.status?.podIP !== undefined &&
  !isFinished(pod) &&
  (pod.metadata.deletionTimestamp === undefined || spec.publishNotReadyAddresses === true);

interface Address {
  ip: string;
  hostname?: string;
  nodeName?: string;
  targetRef: unknown;
}

interface Subset {
  addresses?: Address[];
  notReadyAddresses?: Address[];
  ports?: BackendPort[];
}

function addressOf(service: Service, pod: Pod): Address {
  const { name, namespace, uid } = pod.metadata;
  const isNamed = pod.spec.hostname !== undefined && pod.spec.subdomain === service.metadata.name;
  return compact({
    ip: pod.status?.podIP ?? '',
    hostname: isNamed ? pod.spec.hostname : undefined,
    nodeName: pod.spec.nodeName,
    targetRef: compact({ kind: 'Pod', namespace, name, uid }),
  });
}

/** Pods grouped by the ports that they resolve to; usually one group. */
function subsetsOf(service: Service, pods: readonly Pod[]): Subset[] {
  const groups = new Map<string, { ports: BackendPort[]; ready: Address[]; notReady: Address[] }>();
  for (const pod of pods) {
    const ports = backendPorts(service, pod).sort((a, b) => (a.name ?? '').localeCompare(b.name ?? ''));
    if (ports.length === 0 && (service.spec.ports ?? []).length > 0) continue;
    const id = JSON.stringify(ports);
    let group = groups.get(id);
    if (group === undefined) groups.set(id, (group = { ports, ready: [], notReady: [] }));
    const counts = service.spec.publishNotReadyAddresses === true || isReady(pod);
    (counts ? group.ready : group.notReady).push(addressOf(service, pod));
  }
  const sorted = (list: Address[]): Address[] | undefined =>
    list.length === 0 ? undefined : list.sort((a, b) => (a.ip < b.ip ? -1 : 1));
  return [...groups.values()].map(({ ports, ready, notReady }) =>
    compact({
      addresses: sorted(ready),
      notReadyAddresses: sorted(notReady),
      ports: ports.length === 0 ? undefined : ports,
    }),
  );
}
