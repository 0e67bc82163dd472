import type { Change, Controller, ControllerContext } from './controller.js';
import { dropRevisions, hashOf, revisionLabel, syncRevisions } from './controller-revisions.js';
import { placement, take } from './daemon-set-placement.js';
import { bySeniority } from './daemon-set-pods.js';
import { rollout } from './daemon-set-rollout.js';
import { DaemonSetView } from './daemon-set-view.js';
import { canonicalJson, fnv32a } from './hash.js';
import type { DaemonSet, Node } from './kinds.js';
import { keyOf, splitKey } from './keys.js';
import { matchesSelector } from './label-selector.js';
import { claimPods, workloadKeys } from './ownership.js';
import { isReady, isTerminating, selectsTemplate, untilNextAvailable, podGatherMs } from './pods.js';
import { compact, nonZero, writeStatus } from './status.js';
import type { ClusterApi } from '../registry/api.js';

const storage = 'daemonsets.apps';

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

function reconcile(set: DaemonSet, adopts: boolean, context: ControllerContext): void {
  // Its history may be gone already, by which its pods are told apart.
  if (isTerminating(set)) return;
  const { api, now } = context;
  const { selector, template, minReadySeconds = 0 } = set.spec;
  const revisions = syncRevisions(context, set);
  const hash = hashOf(revisions.update);
  const look = (adopting: boolean): DaemonSetView => {
    const pods = claimPods(context, set, (labels) => matchesSelector(selector, labels), adopting);
    return new DaemonSetView(set, hash, api.list('nodes'), pods, context);
  };
  let view = look(adopts);
  if (selectsTemplate(selector, template)) {
    const hasMoved = take(placement(view), view) || (view.isRolling && take(rollout(view), view));
    if (hasMoved) view = look(false);
  }
  writeSetStatus(view, revisions.collisionCount);
  const pods = view.nodes.flatMap((node) => node.pods);
  const used = new Set(pods.map(({ metadata }) => metadata.labels?.[revisionLabel]));
  const old = revisions.all.filter((revision) => revision !== revisions.update);
  dropRevisions(context, set, old, (revision) => used.has(hashOf(revision)));
  const next = untilNextAvailable(pods, minReadySeconds, now());
  if (next !== undefined) context.requeue(keyOf(set), next);
}

function writeSetStatus(view: DaemonSetView, collisionCount: number): void {
  const { api } = view.context;
  const { namespace, name, uid, generation } = view.set.metadata;
  const set = api.find(storage, namespace, name) as DaemonSet | undefined;
  if (set === undefined || set.metadata.uid !== uid) return;
  const counts = { current: 0, misscheduled: 0, ready: 0, available: 0, updated: 0 };
  for (const { isThere, shouldRun, pods } of view.nodes) {
    const [pod] = bySeniority(pods);
    if (!isThere || pod === undefined) continue;
    if (!shouldRun) {
      counts.misscheduled += 1;
      continue;
    }
    counts.current += 1;
    if (isReady(pod)) counts.ready += 1;
    if (view.isAvailable(pod)) counts.available += 1;
    if (view.isUpdated(pod)) counts.updated += 1;
  }
  writeStatus(
    api,
    set,
    compact({
      ...set.status,
      currentNumberScheduled: counts.current,
      numberMisscheduled: counts.misscheduled,
      desiredNumberScheduled: view.desired,
      numberReady: counts.ready,
      observedGeneration: generation,
      updatedNumberScheduled: nonZero(counts.updated),
      numberAvailable: nonZero(counts.available),
      numberUnavailable: nonZero(view.desired - counts.available),
      collisionCount: nonZero(collisionCount),
    }),
  );
}
