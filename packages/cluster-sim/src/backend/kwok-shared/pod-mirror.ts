import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '@scale-cluster/memory-apiserver';
import {
  customStatus,
  customStatusAnnotation,
  fieldsPatch,
  metadataPatch,
  mirrorMetadata,
  type MirrorOwner,
} from './mirror-metadata.js';

interface Condition {
  type: string;
  [field: string]: unknown;
}

interface PodStatus {
  phase?: string;
  startTime?: string;
  conditions?: Condition[];
  [field: string]: unknown;
}

interface PodSpec {
  nodeName?: string;
  containers?: Container[];
  initContainers?: Container[];
  [field: string]: unknown;
}

interface Container {
  name: string;
  image?: string;
}

/** Where a mirror is in the main cluster. */
export interface PodPlace {
  namespace: string;
  name: string;
  /** The mirror of the pod's node. */
  nodeName: string;
}

export const podStatus = (pod: KubeObject): PodStatus => (pod['status'] ?? {}) as PodStatus;
export const podSpec = (pod: KubeObject): PodSpec => (pod['spec'] ?? {}) as PodSpec;

/** Counts the versions of an object, and so means nothing for its counterpart. */
const ownGeneration = 'observedGeneration';

const withoutGeneration = ({ [ownGeneration]: _, ...condition }: Condition): Condition => condition;

/** Somebody, if only the template, has said how the pod is: KWOK mustn't start it anew. */
export const hasLived = (pod: KubeObject): boolean => podStatus(pod).startTime !== undefined;

/** The mirror waits for the status that its pod had when it was created. */
export const isUnfinished = ({ metadata }: KubeObject): boolean =>
  metadata.annotations?.[customStatusAnnotation] === customStatus;

/**
 * The pod of the main cluster that stands for a new pod: with the same spec, pinned to the mirror of its node. Its
 * owners are named though they are in the logical cluster only, as KWOK tells a Job's pods by them; the main cluster
 * has no garbage collector.
 */
export function newPodMirror(
  owner: MirrorOwner,
  { namespace, name, nodeName }: PodPlace,
  pod: KubeObject,
): KubeObject {
  const { labels, annotations } = mirrorMetadata(owner, pod);
  // May only be added to pods that run.
  const { ephemeralContainers: _, ...spec } = podSpec(pod);
  const owners = pod.metadata.ownerReferences?.map(
    ({ blockOwnerDeletion: _block, ...reference }) => reference,
  );
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      labels,
      annotations: { ...annotations, ...(hasLived(pod) ? { [customStatusAnnotation]: customStatus } : {}) },
      ...(owners === undefined ? {} : { ownerReferences: owners }),
    },
    spec: { ...spec, nodeName },
  };
}

/** The mirror with its pod's status, and open to KWOK from then on: one write of the status endpoint does both. */
export function finishedMirror(pod: KubeObject, mirror: KubeObject): KubeObject {
  const { [customStatusAnnotation]: _, ...annotations } = mirror.metadata.annotations ?? {};
  const { [ownGeneration]: _generation, conditions = [], ...rest } = podStatus(pod);
  // The main cluster has found this out by itself, and it may not change.
  const { qosClass } = podStatus(mirror);
  const status: PodStatus = { ...rest, conditions: conditions.map(withoutGeneration), qosClass };
  return { ...mirror, metadata: { ...mirror.metadata, annotations }, status };
}

/** Merge patch of metadata and of what may change in a pod's spec that makes the mirror equal to the pod. */
export function podPatch(owner: MirrorOwner, pod: KubeObject, mirror: KubeObject): object | undefined {
  const metadata = metadataPatch(mirror.metadata, mirrorMetadata(owner, pod));
  const spec = {
    ...imagesPatch('containers', pod, mirror),
    ...imagesPatch('initContainers', pod, mirror),
    ...fieldsPatch(podSpec(mirror), { activeDeadlineSeconds: podSpec(pod)['activeDeadlineSeconds'] }),
  };
  if (metadata === undefined && Object.keys(spec).length === 0) return undefined;
  return {
    ...(metadata === undefined ? {} : { metadata }),
    ...(Object.keys(spec).length === 0 ? {} : { spec }),
  };
}

/** Lists are replaced as a whole by a merge patch, so the mirror's own containers get the pod's images. */
function imagesPatch(field: 'containers' | 'initContainers', pod: KubeObject, mirror: KubeObject): object {
  const images = new Map((podSpec(pod)[field] ?? []).map(({ name, image }) => [name, image]));
  const containers = podSpec(mirror)[field] ?? [];
  if (containers.every(({ name, image }) => images.get(name) === image)) return {};
  return { [field]: containers.map((one) => ({ ...one, image: images.get(one.name) ?? one.image })) };
}

/**
 * The status that the pod has to get from its mirror, undefined if it has it. Conditions of which the main cluster
 * knows nothing stay: `PodScheduled`, `DisruptionTarget` and the like are the logical cluster's.
 */
export function podStatusFrom(mirror: KubeObject, pod: KubeObject): PodStatus | undefined {
  const { [ownGeneration]: _, conditions: seen = [], ...rest } = podStatus(mirror);
  const former = podStatus(pod);
  const known = new Set(seen.map(({ type }) => type));
  const conditions = [
    ...seen.map(withoutGeneration),
    ...(former.conditions ?? []).filter(({ type }) => !known.has(type)).map(withoutGeneration),
  ];
  const status: PodStatus = { ...rest, ...(conditions.length === 0 ? {} : { conditions }) };
  return isDeepStrictEqual(comparable(status), comparable(former)) ? undefined : status;
}

/** Conditions in any order are the same. */
function comparable({ [ownGeneration]: _, conditions = [], ...rest }: PodStatus): unknown {
  return {
    ...rest,
    conditions: Object.fromEntries(conditions.map((one) => [one.type, withoutGeneration(one)])),
  };
}
