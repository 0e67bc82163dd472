import { conditionOf, isTrue } from './conditions.js';
import type { Controller, ControllerContext } from './controller.js';
import { release, selectorOf } from './job-pods.js';
import { JobSync } from './job-sync.js';
import type { Job, Pod } from './kinds.js';
import { splitKey } from './keys.js';
import { matchesSelector } from './label-selector.js';
import { claim, controllerOf, workloadKeys } from './ownership.js';
import { podGatherMs } from './pods.js';
import { parseTime } from './time.js';

const storage = 'jobs.batch';
/** What `spec.managedBy` says of Jobs that are this controller's business. */
const ownName = 'kubernetes.io/job-controller';

/** Runs pods to completion (upstream: pkg/controller/job, and ttlafterfinished). */
export const jobController = (): Controller => ({
  name: 'job',
  watches: [storage, 'pods'],
  gatherMs: podGatherMs,
  keysFor: (change) =>
    workloadKeys<Job>(change, { storage, kind: 'Job', group: 'batch' }, ({ spec }, { metadata }) =>
      matchesSelector(spec.selector ?? {}, metadata.labels),
    ),
  reconcile(key, context) {
    const { namespace, name } = splitKey(key);
    const job = context.api.find(storage, namespace, name) as Job | undefined;
    const manager = job?.spec.managedBy ?? ownName;
    if (manager !== ownName) return;
    if (job === undefined) releaseOrphans(namespace, name, context);
    else if (isJobFinished(job)) expire(job, key, context);
    else new JobSync(job, key, () => podsOf(job, context), context).run();
  },
});

/** Lets pods go whose Job is gone: no one will count them any more (upstream: `syncOrphanPod`). */
function releaseOrphans(namespace: string, name: string, context: ControllerContext): void {
  for (const pod of context.api.list('pods', { namespace }) as Pod[]) {
    const owner = controllerOf(pod);
    if (owner?.kind === 'Job' && owner.name === name) release(pod, context);
  }
}

/** True once a Job is complete or has failed for good. */
export const isJobFinished = ({ status }: Job): boolean =>
  isTrue(status?.conditions, 'Complete') || isTrue(status?.conditions, 'Failed');

/** Frees the pods of a finished Job and deletes it `ttlSecondsAfterFinished` after its end. */
function expire(job: Job, key: string, context: ControllerContext): void {
  for (const pod of podsOf(job, context)) release(pod, context);
  const ttl = job.spec.ttlSecondsAfterFinished;
  if (ttl === undefined || job.metadata.deletionTimestamp !== undefined) return;
  const end =
    conditionOf(job.status?.conditions, 'Complete') ?? conditionOf(job.status?.conditions, 'Failed');
  const leftMs = (parseTime(end?.lastTransitionTime) ?? context.now()) + ttl * 1000 - context.now();
  if (leftMs > 0) {
    context.requeue(key, leftMs);
    return;
  }
  const { namespace, name, uid } = job.metadata;
  context.api.delete(storage, namespace, name, {
    propagationPolicy: 'Foreground',
    ...(uid === undefined ? {} : { preconditions: { uid } }),
  });
}

const podsOf = (job: Job, { api }: ControllerContext): Pod[] =>
  claim<Pod>(api, job, 'pods', (labels) => matchesSelector(selectorOf(job), labels));
