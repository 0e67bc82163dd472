import { revisionLabel } from './controller-revisions.js';
import { sameJson } from './equality.js';
import type { DaemonSet, Node, Pod, Toleration } from './kinds.js';
import { matchesNodeAffinity, tolerates } from './node-fit.js';
import { podFromTemplate } from './pods.js';
import { parseTime } from './time.js';

const generationLabel = 'pod-template-generation';
const generationAnnotation = 'deprecated.daemonset.template.generation';

/** What each daemon pod tolerates, so that it runs on ailing nodes too (pkg/controller/daemon/util). */
const tolerated: readonly Toleration[] = [
  { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/disk-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/pid-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' },
];
const toleratedOnHostNetwork: Toleration = {
  key: 'node.kubernetes.io/network-unavailable',
  operator: 'Exists',
  effect: 'NoSchedule',
};

function tolerationsOf({ spec }: Pick<Pod, 'spec'>): Toleration[] {
  const given = spec.tolerations ?? [];
  const added = spec.hostNetwork === true ? [...tolerated, toleratedOnHostNetwork] : tolerated;
  return [...given, ...added.filter((toleration) => !given.some((other) => sameJson(other, toleration)))];
}

/** The affinity with the node as the only one that is left. */
function affinityTo(node: string, { spec }: Pick<Pod, 'spec'>): NonNullable<Pod['spec']['affinity']> {
  const own = { matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] };
  const { nodeAffinity, ...others } = spec.affinity ?? {};
  const { requiredDuringSchedulingIgnoredDuringExecution: required, ...preferred } = nodeAffinity ?? {};
  const terms = (required?.nodeSelectorTerms ?? []).map((term) => ({ ...term, ...own }));
  return {
    ...others,
    nodeAffinity: {
      ...preferred,
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: terms.length === 0 ? [own] : terms,
      },
    },
  };
}

/** The pod that the set would have on the node: fixed to it by a field selector, scheduled like any other. */
export function podFor(set: DaemonSet, node: string, hash: string): Pod {
  const pod = podFromTemplate(set.spec.template, set);
  const generation = set.metadata.annotations?.[generationAnnotation];
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      labels: {
        ...pod.metadata.labels,
        [revisionLabel]: hash,
        ...(generation === undefined ? {} : { [generationLabel]: generation }),
      },
    },
    spec: { ...pod.spec, affinity: affinityTo(node, pod), tolerations: tolerationsOf(pod) },
  };
}

export interface Suitability {
  /** A pod should be there. */
  readonly shouldRun: boolean;
  /** One that is there may go on. */
  readonly mayStay: boolean;
}

/** How nodes suit the set (upstream: `NodeShouldRunDaemonPod`). */
export function suitabilityFor(set: DaemonSet): (node: Node) => Suitability {
  const { spec } = set.spec.template;
  const tolerations = tolerationsOf({ spec });
  return (node) => {
    const { name } = node.metadata;
    const isElsewhere = (spec.nodeName ?? '') !== '' && spec.nodeName !== name;
    const pod = { spec: { ...spec, affinity: affinityTo(name, { spec }) } } as Pod;
    if (isElsewhere || !matchesNodeAffinity(pod, node)) return { shouldRun: false, mayStay: false };
    const isRepelled = (effects: readonly string[]): boolean =>
      (node.spec?.taints ?? []).some(
        (taint) => effects.includes(taint.effect) && !tolerates(tolerations, taint),
      );
    return { shouldRun: !isRepelled(['NoSchedule', 'NoExecute']), mayStay: !isRepelled(['NoExecute']) };
  };
}

/** The node that a daemon pod is on, or is meant for while it isn't scheduled. */
export function nodeOf(pod: Pod): string {
  const terms =
    pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  return pod.spec.nodeName ?? terms?.[0]?.matchFields?.[0]?.values?.[0] ?? '';
}

/** Whether the pod is of the set's present template. */
export function isUpdated(set: DaemonSet, { metadata }: Pod, hash: string): boolean {
  const generation = set.metadata.annotations?.[generationAnnotation];
  return (
    metadata.labels?.[revisionLabel] === hash ||
    (generation !== undefined && metadata.labels?.[generationLabel] === generation)
  );
}

/** The pods of a node, the one that counts first: scheduled ones, then older ones. */
export const bySeniority = (pods: readonly Pod[]): Pod[] =>
  [...pods].sort(
    (a, b) =>
      Number((a.spec.nodeName ?? '') === '') - Number((b.spec.nodeName ?? '') === '') ||
      (parseTime(a.metadata.creationTimestamp) ?? 0) - (parseTime(b.metadata.creationTimestamp) ?? 0) ||
      (a.metadata.name < b.metadata.name ? -1 : 1),
  );
