import { isApiError } from '../errors.js';
import type { ControllerContext } from './controller.js';
import { revisionLabel } from './controller-revisions.js';
import type { ControllerRevision, Pod, StatefulSet } from './kinds.js';
import { podFromTemplate } from './pods.js';
import { claimName } from './stateful-set-claims.js';
import { podDone, podFailed } from './stateful-set-events.js';
import { compact } from './status.js';

const podNameLabel = 'statefulset.kubernetes.io/pod-name';
const podIndexLabel = 'apps.kubernetes.io/pod-index';

/** The number in the name of a set's pod; undefined for names that aren't the set's. */
export function ordinalOf(setName: string, podName: string): number | undefined {
  const match = /^(.*)-(\d+)$/.exec(podName);
  return match?.[1] === setName ? Number(match[2]) : undefined;
}

export const isMember = (setName: string, podName: string): boolean =>
  ordinalOf(setName, podName) !== undefined;

/** Creates the pod of the number; one that is there already is fine. */
export function createMember(
  set: StatefulSet,
  revision: ControllerRevision,
  ordinal: number,
  context: ControllerContext,
): Pod | undefined {
  const pod = memberPod(set, revision, ordinal);
  const { name } = pod.metadata;
  try {
    const created = context.api.create(pod) as Pod;
    podDone(context, set, 'create', name);
    return created;
  } catch (error) {
    if (isApiError(error, 'AlreadyExists')) return undefined;
    return podFailed(context, set, 'create', name, error);
  }
}

export function deleteMember(set: StatefulSet, { metadata }: Pod, context: ControllerContext): void {
  const { namespace, name, uid } = metadata;
  try {
    context.api.delete('pods', namespace, name, uid === undefined ? {} : { preconditions: { uid } });
    podDone(context, set, 'delete', name);
  } catch (error) {
    if (!isApiError(error, 'NotFound') && !isApiError(error, 'Conflict')) throw error;
  }
}

/** Gives a pod back the label by which Services find it alone, if somebody has taken it away. */
export function restoreIdentity(set: StatefulSet, { metadata }: Pod, context: ControllerContext): void {
  const { namespace, name, uid, labels } = metadata;
  if (labels?.[podNameLabel] === name) return;
  const body = { metadata: { uid, labels: identityLabels(set.metadata.name, name) } };
  context.api.patch('pods', namespace, name, 'merge', body);
  podDone(context, set, 'update', name);
}

const identityLabels = (setName: string, name: string): Record<string, string> => ({
  [podIndexLabel]: String(ordinalOf(setName, name)),
  [podNameLabel]: name,
});

function memberPod(set: StatefulSet, revision: ControllerRevision, ordinal: number): Pod {
  const { $patch: _, ...template } = revision.data.spec.template;
  const name = `${set.metadata.name}-${ordinal}`;
  const pod = podFromTemplate(template, set);
  const claims = (set.spec.volumeClaimTemplates ?? []).map(({ metadata }) => ({
    name: metadata.name,
    persistentVolumeClaim: { claimName: claimName(set, metadata.name, ordinal) },
  }));
  const claimed = new Set(claims.map((volume) => volume.name));
  const volumes = [...claims, ...(pod.spec.volumes ?? []).filter((volume) => !claimed.has(volume.name))];
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      name,
      labels: {
        ...pod.metadata.labels,
        ...identityLabels(set.metadata.name, name),
        [revisionLabel]: revision.metadata.name,
      },
    },
    spec: {
      ...pod.spec,
      hostname: name,
      ...compact({ subdomain: set.spec.serviceName === '' ? undefined : set.spec.serviceName }),
      ...(volumes.length === 0 ? {} : { volumes }),
    },
  };
}
