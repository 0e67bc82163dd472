import type { Change, Controller, ControllerContext } from './controller.js';
import { dropRevisions, hashOf, revisionLabel, syncRevisions } from './controller-revisions.js';
import { sameJson } from './equality.js';
import { canonicalJson, fnv32a } from './hash.js';
import { scaled } from './int-or-percent.js';
import type { DaemonSet, Node, Pod, Toleration } from './kinds.js';
import { keyOf, splitKey } from './keys.js';
import { matchesSelector } from './label-selector.js';
import { tolerates, matchesNodeAffinity } from './node-fit.js';
import { claimPods, workloadKeys } from './ownership.js';
import {
  createPod,
  deletePod,
  isAvailable,
  isFinished,
  isReady,
  isTerminating,
  podFromTemplate,
  selectsTemplate,
  untilNextAvailable,
  podGatherMs,
} from './pods.js';
import { compact, nonZero, writeStatus } from './status.js';
import type { ClusterApi } from '../registry/api.js';

const storage = 'daemonsets.apps';
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

/** Keeps one pod on each fitting node (upstream: pkg/controller/daemon). */
export const daemonSetController = (): Controller => ({
  name: 'daemonset',
  watches: [storage, 'pods', 'nodes'],
  gatherMs: podGatherMs,
  keysFor,
  reconcile(key, context) {
    const { namespace, name, adopts } = splitKey(key);
    const set = context.api.find(storage, namespace, name) as DaemonSet | undefined;
    if (set !== undefined) reconcile(set, adopts, context);
  },
});

/** Hash of what decides about daemon pods in nodes, as last seen: nodes are written often, mostly for other reasons. */
const seenNodes = new WeakMap<ClusterApi, Map<string, number>>();

function isNewsOfNode({ type, object, cluster }: Change): boolean {
  const { metadata, spec } = object as Node;
  let seen = seenNodes.get(cluster.api);
  if (seen === undefined) seenNodes.set(cluster.api, (seen = new Map<string, number>()));
  if (type === 'DELETED') return seen.delete(metadata.name) || true;
  const hash = fnv32a(canonicalJson({ labels: metadata.labels, spec }));
  const isNews = seen.get(metadata.name) !== hash;
  seen.set(metadata.name, hash);
  return isNews;
}

function keysFor(change: Change): readonly string[] {
  const { storage: changed, api } = change;
  if (changed === 'nodes') {
    return api.count(storage) > 0 && isNewsOfNode(change) ? api.list(storage).map(keyOf) : [];
  }
  return workloadKeys<DaemonSet>(
    change,
    { storage, kind: 'DaemonSet', group: 'apps' },
    ({ spec }, { metadata }) => matchesSelector(spec.selector, metadata.labels),
  );
}

/** The pod that the set would have on the node: fixed to it by a field selector, scheduled like any other. */
function podFor(set: DaemonSet, node: string, hash: string): Pod {
  const pod = podFromTemplate(set.spec.template, set);
  const generation = set.metadata.annotations?.[generationAnnotation];
  const own = { matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] };
  const { nodeAffinity, ...otherAffinity } = pod.spec.affinity ?? {};
  const { requiredDuringSchedulingIgnoredDuringExecution: required, ...preferred } = nodeAffinity ?? {};
  const terms = (required?.nodeSelectorTerms ?? []).map((term) => ({ ...term, ...own }));
  const added = pod.spec.hostNetwork === true ? [...tolerated, toleratedOnHostNetwork] : tolerated;
  const given = pod.spec.tolerations ?? [];
  const isGiven = (toleration: Toleration): boolean => given.some((other) => sameJson(other, toleration));
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
    spec: {
      ...pod.spec,
      affinity: {
        ...otherAffinity,
        nodeAffinity: {
          ...preferred,
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: terms.length === 0 ? [own] : terms,
          },
        },
      },
      tolerations: [...given, ...added.filter((toleration) => !isGiven(toleration))],
    },
  };
}

/** Whether a pod should start on the node, and whether one that is there may go on. */
function suitability(set: DaemonSet, node: Node): { shouldRun: boolean; mayStay: boolean } {
  const pod = podFor(set, node.metadata.name, '');
  if (!matchesNodeAffinity(pod, node)) return { shouldRun: false, mayStay: false };
  const repelled = (effects: readonly string[]): boolean =>
    (node.spec?.taints ?? []).some(
      (taint) => effects.includes(taint.effect) && !tolerates(pod.spec.tolerations, taint),
    );
  return { shouldRun: !repelled(['NoSchedule', 'NoExecute']), mayStay: !repelled(['NoExecute']) };
}

/** The node that a daemon pod is on, or is meant for while it isn't scheduled. */
function nodeOf(pod: Pod): string {
  const terms =
    pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  return pod.spec.nodeName ?? terms?.[0]?.matchFields?.[0]?.values?.[0] ?? '';
}

function reconcile(set: DaemonSet, adopts: boolean, context: ControllerContext): void {
  const { api, now } = context;
  const nodes = api.list('nodes') as Node[];
  const revisions = syncRevisions(context, set);
  const hash = hashOf(revisions.update);
  const pods = claimPods(context, set, (labels) => matchesSelector(set.spec.selector, labels), adopts);
  const minReady = set.spec.minReadySeconds ?? 0;
  const byNode = new Map<string, Pod[]>();
  for (const pod of pods) byNode.set(nodeOf(pod), [...(byNode.get(nodeOf(pod)) ?? []), pod]);
  const { selector, template } = set.spec;
  if (set.metadata.deletionTimestamp === undefined && selectsTemplate(selector, template)) {
    placePods(set, nodes, byNode, hash, context);
    if (set.spec.updateStrategy?.type !== 'OnDelete') replaceOutdated(set, nodes, byNode, hash, context);
  }
  writeSetStatus(set, nodes, byNode, hash, context);
  const isUsed = (name: string): boolean =>
    pods.some(({ metadata }) => metadata.labels?.[revisionLabel] === name);
  dropRevisions(
    context,
    set,
    revisions.all,
    (revision) => revision === revisions.update || isUsed(hashOf(revision)),
  );
  const next = untilNextAvailable(pods, minReady, now());
  if (next !== undefined) context.requeue(keyOf(set), next);
}

function placePods(
  set: DaemonSet,
  nodes: readonly Node[],
  byNode: ReadonlyMap<string, Pod[]>,
  hash: string,
  context: ControllerContext,
): void {
  for (const node of nodes) {
    const { name } = node.metadata;
    const here = (byNode.get(name) ?? []).filter((pod) => !isTerminating(pod));
    const { shouldRun, mayStay } = suitability(set, node);
    for (const pod of here.filter(isFinished)) deletePod(context, set, pod);
    const running = here.filter((pod) => !isFinished(pod));
    if (!mayStay) {
      for (const pod of running) deletePod(context, set, pod);
    } else if (shouldRun && (byNode.get(name) ?? []).length === 0) {
      createPod(context, set, podFor(set, name, hash));
    }
  }
}

/** The rolling update: outdated pods go as long as no more than `maxUnavailable` nodes are without one. */
function replaceOutdated(
  set: DaemonSet,
  nodes: readonly Node[],
  byNode: ReadonlyMap<string, Pod[]>,
  hash: string,
  context: ControllerContext,
): void {
  const minReady = set.spec.minReadySeconds ?? 0;
  const wanted = nodes.filter((node) => suitability(set, node).shouldRun);
  const outdated: Pod[] = [];
  let unavailable = 0;
  for (const node of wanted) {
    const pods = byNode.get(node.metadata.name) ?? [];
    if (!pods.some((pod) => !isTerminating(pod) && isAvailable(pod, minReady, context.now())))
      unavailable += 1;
    outdated.push(
      ...pods.filter((pod) => !isTerminating(pod) && pod.metadata.labels?.[revisionLabel] !== hash),
    );
  }
  const allowed = scaled(set.spec.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1, wanted.length, 'up');
  let left = Math.max(wanted.length > 0 ? 1 : 0, allowed) - unavailable;
  for (const pod of outdated) {
    const isDown = !isAvailable(pod, minReady, context.now());
    if (!isDown && left <= 0) continue;
    deletePod(context, set, pod);
    if (!isDown) left -= 1;
  }
}

function writeSetStatus(
  before: DaemonSet,
  nodes: readonly Node[],
  byNode: ReadonlyMap<string, Pod[]>,
  hash: string,
  { api, now }: ControllerContext,
): void {
  const { namespace, name, uid, generation } = before.metadata;
  const set = api.find(storage, namespace, name) as DaemonSet | undefined;
  if (set === undefined || set.metadata.uid !== uid) return;
  const minReady = set.spec.minReadySeconds ?? 0;
  const counts = { desired: 0, current: 0, misscheduled: 0, ready: 0, available: 0, updated: 0 };
  for (const node of nodes) {
    const pods = (byNode.get(node.metadata.name) ?? []).filter((pod) => !isTerminating(pod));
    const { shouldRun } = suitability(set, node);
    if (!shouldRun) {
      if (pods.length > 0) counts.misscheduled += 1;
      continue;
    }
    counts.desired += 1;
    if (pods.length === 0) continue;
    counts.current += 1;
    if (pods.some(isReady)) counts.ready += 1;
    if (pods.some((pod) => isAvailable(pod, minReady, now()))) counts.available += 1;
    if (pods.some(({ metadata }) => metadata.labels?.[revisionLabel] === hash)) counts.updated += 1;
  }
  writeStatus(
    api,
    set,
    compact({
      ...set.status,
      currentNumberScheduled: counts.current,
      numberMisscheduled: counts.misscheduled,
      desiredNumberScheduled: counts.desired,
      numberReady: counts.ready,
      observedGeneration: generation,
      updatedNumberScheduled: nonZero(counts.updated),
      numberAvailable: nonZero(counts.available),
      numberUnavailable: nonZero(counts.desired - counts.available),
    }),
  );
}
