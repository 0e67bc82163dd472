import { ApiError, badRequest, conflict } from '../errors.js';
import type { KubeObject } from '../object.js';
import { timestamp } from '../store/identity.js';
import type { WriteOptions } from './api.js';
import type { RegistryContext } from './context.js';
import { findObject, getObject, keyOf, resourceOfStorage } from './context.js';
import { storeObject } from './shared-reads.js';

interface Condition {
  type: string;
  status: string;
  [field: string]: unknown;
}

/** Bindings aren't stored: creating one binds the pod of its name. */
export const BINDINGS = 'bindings';

/**
 * `POST …/pods/x/binding`, `POST …/bindings`: puts the pod on a node. Not counted as a change of its generation.
 * Throws NotFound, Conflict if it is on one or isn't the one that was meant.
 */
export function bindPod(
  context: RegistryContext,
  namespace: string | undefined,
  name: string,
  binding: KubeObject,
  options: WriteOptions,
): void {
  const target = binding.target as { kind?: string; name?: string } | undefined;
  if (binding.metadata.name && binding.metadata.name !== name)
    throw badRequest('name in URL does not match name in Binding object');
  if (!target?.name) throw new ApiError(500, '', 'target.name: Required value');
  const pods = resourceOfStorage(context, 'pods');
  const pod = getObject(context, pods, namespace, name);
  const spec = pod.spec as { nodeName?: string; schedulingGates?: unknown[] };
  const { uid, annotations } = binding.metadata;
  if (uid && uid !== pod.metadata.uid) {
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${pod.metadata.uid}`;
    throw conflict({ group: '', plural: 'pods/binding' }, name, why);
  }
  if (pod.metadata.deletionTimestamp !== undefined) {
    throw conflict(
      { group: '', plural: 'pods/binding' },
      name,
      `pod ${name} is being deleted, cannot be assigned to a host`,
    );
  }
  if (spec.nodeName) {
    const why = `pod ${name} is already assigned to node "${spec.nodeName}"`;
    throw conflict({ group: '', plural: 'pods/binding' }, name, why);
  }
  if ((spec.schedulingGates ?? []).length > 0) {
    const why = `pod ${name} has non-empty .spec.schedulingGates`;
    throw conflict({ group: '', plural: 'pods/binding' }, name, why);
  }
  spec.nodeName = target.name;
  if (annotations !== undefined) pod.metadata.annotations = { ...pod.metadata.annotations, ...annotations };
  const status = (pod.status ?? {}) as { conditions?: Condition[] };
  const scheduled = {
    type: 'PodScheduled',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: timestamp(context.now()),
  };
  status.conditions = [...(status.conditions ?? []).filter(({ type }) => type !== 'PodScheduled'), scheduled];
  pod.status = status;
  if (options.dryRun !== true) storeObject(context, pods, pod);
}

interface EndingPod extends KubeObject {
  spec?: { restartPolicy?: string };
  status?: {
    containerStatuses?: {
      name: string;
      containerID?: string;
      state?: { running?: { startedAt?: string } };
    }[];
  };
}

/**
 * Notes that the program of a container has ended, unless the container would be started again. What follows from it
 * for the pod is the kubelet's to say.
 */
export function endContainer(
  context: RegistryContext,
  { namespace, name, uid }: KubeObject['metadata'],
  container: string,
  exitCode: number,
): void {
  const pods = resourceOfStorage(context, 'pods');
  const pod = findObject(context, pods, namespace, name) as EndingPod | undefined;
  const status = pod?.status?.containerStatuses?.find((one) => one.name === container);
  const running = status?.state?.running;
  if (pod?.metadata.uid !== uid || pod?.spec?.restartPolicy !== 'Never' || running === undefined) return;
  Object.assign(status ?? {}, {
    ready: false,
    started: false,
    state: {
      terminated: {
        exitCode,
        reason: exitCode === 0 ? 'Completed' : 'Error',
        startedAt: running.startedAt,
        finishedAt: timestamp(context.now()),
        containerID: status?.containerID,
      },
    },
  });
  context.store.put(pods.storage, keyOf(pod), pod);
}
