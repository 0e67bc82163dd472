import type { Change, Controller, ControllerContext } from './controller.js';
import { conditionOf } from './conditions.js';
import {
  annotation,
  byAge,
  createNewReplicaSet,
  findNewReplicaSet,
  replicasAnnotations,
  revisionOf,
  syncNewReplicaSet,
} from './deployment-revisions.js';
import {
  desiredReplicas,
  isRolling,
  newSetReplicas,
  oldSetsToShrink,
  proportionalSizes,
  specReplicas,
} from './deployment-rollout.js';
import {
  calculateStatus,
  hasDeadline,
  isComplete,
  rolloutStatus,
  untilDeadline,
  withDeploymentCondition,
} from './deployment-status.js';
import type { Deployment, DeploymentStatus, Pod, ReplicaSet } from './kinds.js';
import { keyOf, splitKey } from './keys.js';
import { matchesSelector } from './label-selector.js';
import { claim, controllerOf, ownerKeys } from './ownership.js';
import { isFinished } from './pods.js';
import { writeStatus } from './status.js';

const storage = 'deployments.apps';
const sets = 'replicasets.apps';

/** Rolls templates out through ReplicaSets (upstream: pkg/controller/deployment). */
export const deploymentController = (): Controller => ({
  name: 'deployment',
  watches: [storage, sets, 'pods'],
  keysFor,
  reconcile(key, context) {
    const { namespace, name } = splitKey(key);
    const deployment = context.api.find(storage, namespace, name) as Deployment | undefined;
    if (deployment !== undefined) new Rollout(deployment, key, context).step();
  },
});

function keysFor({ type, storage: changed, object, api }: Change): readonly string[] {
  if (changed === storage) return type === 'DELETED' ? [] : [keyOf(object)];
  if (changed === sets) {
    const owned = ownerKeys(object, 'Deployment', 'apps');
    if (owned.length > 0 || type === 'DELETED' || controllerOf(object) !== undefined) return owned;
    const { namespace } = object.metadata;
    if (namespace === undefined || api.count(storage, namespace) === 0) return [];
    return (api.list(storage, { namespace }) as Deployment[])
      .filter(({ spec }) => matchesSelector(spec.selector, object.metadata.labels))
      .map(keyOf);
  }
  // Recreate waits until the last pod of the former template is gone.
  const owner = controllerOf(object);
  if (type !== 'DELETED' || owner?.kind !== 'ReplicaSet') return [];
  const set = api.find(sets, object.metadata.namespace, owner.name);
  return set === undefined ? [] : ownerKeys(set, 'Deployment', 'apps');
}

/** One look at one Deployment. */
class Rollout {
  readonly #old: readonly ReplicaSet[];
  #new: ReplicaSet | undefined;
  #deployment: Deployment;

  constructor(
    deployment: Deployment,
    private readonly key: string,
    private readonly context: ControllerContext,
  ) {
    this.#deployment = deployment;
    const owned = byAge(
      claim<ReplicaSet>(context.api, deployment, sets, (labels) =>
        matchesSelector(deployment.spec.selector, labels),
      ),
    );
    this.#new = findNewReplicaSet(deployment, owned);
    this.#old = owned.filter((set) => set !== this.#new);
  }

  step(): void {
    const deployment = this.#deployment;
    if (deployment.metadata.deletionTimestamp !== undefined) {
      this.#writePlainStatus();
      return;
    }
    this.#notePause();
    if (this.#new !== undefined) this.#syncNew(this.#new);
    if (this.#deployment.spec.paused === true || this.#isScalingEvent()) {
      this.#rescale();
      if (this.#deployment.spec.paused === true) this.#dropHistory();
      this.#writePlainStatus();
      return;
    }
    if (isRolling(this.#deployment)) this.#roll();
    else this.#recreate();
  }

  get #all(): ReplicaSet[] {
    return this.#new === undefined ? [...this.#old] : [...this.#old, this.#new];
  }

  #roll(): void {
    const current = this.#new ?? this.#create();
    if (current === undefined) return;
    const before = current.spec.replicas ?? 1;
    const desired = desiredReplicas(this.#deployment);
    const wanted = before > desired ? desired : newSetReplicas(this.#deployment, this.#all, before);
    if (this.#scale(current, wanted)) return this.#writeRolloutStatus();
    const shrink = oldSetsToShrink(this.#deployment, this.#new ?? current, this.#old);
    for (const { set, replicas } of shrink) this.#scale(set, replicas);
    if (shrink.length === 0 && isComplete(this.#deployment, this.#deployment.status ?? {}))
      this.#dropHistory();
    this.#writeRolloutStatus();
  }

  #recreate(): void {
    let scaled = false;
    for (const set of this.#old) {
      if ((set.spec.replicas ?? 1) > 0) scaled = this.#scale(set, 0) || scaled;
    }
    if (scaled || this.#oldPodsRun()) return this.#writeRolloutStatus();
    const current = this.#new ?? this.#create();
    if (current === undefined) return;
    this.#scale(current, desiredReplicas(this.#deployment));
    if (isComplete(this.#deployment, this.#deployment.status ?? {})) this.#dropHistory();
    this.#writeRolloutStatus();
  }

  #oldPodsRun(): boolean {
    const { namespace } = this.#deployment.metadata;
    const old = new Set(this.#old.map(({ metadata }) => metadata.uid));
    if (old.size === 0) return false;
    return (this.context.api.list('pods', namespace === undefined ? {} : { namespace }) as Pod[]).some(
      (pod) => {
        const owner = controllerOf(pod);
        return owner !== undefined && old.has(owner.uid) && !isFinished(pod);
      },
    );
  }

  /** Writes the revision of the newest set onto both. */
  #syncNew(set: ReplicaSet): void {
    const synced = syncNewReplicaSet(this.context, this.#deployment, set, this.#old);
    this.#new = synced;
    this.#writeRevision(synced);
    if (
      hasDeadline(this.#deployment) &&
      conditionOf(this.#deployment.status?.conditions, 'Progressing') === undefined
    ) {
      this.#noteProgress('FoundNewReplicaSet', `Found new replica set "${set.metadata.name}"`);
    }
  }

  #create(): ReplicaSet | undefined {
    const replicas = newSetReplicas(this.#deployment, this.#old, 0);
    const outcome = createNewReplicaSet(this.context, this.#deployment, this.#old, replicas);
    if ('collision' in outcome) {
      const status = this.#deployment.status ?? {};
      this.#writeStatus({ ...status, collisionCount: (status.collisionCount ?? 0) + 1 });
      return undefined;
    }
    const { name } = outcome.set.metadata;
    if (outcome.created && replicas > 0) this.#event('up', name, 0, replicas);
    this.#new = outcome.set;
    this.#writeRevision(outcome.set);
    if (hasDeadline(this.#deployment))
      this.#noteProgress('NewReplicaSetCreated', `Created new replica set "${name}"`);
    return outcome.set;
  }

  #writeRevision(set: ReplicaSet): void {
    const revision = set.metadata.annotations?.[annotation.revision];
    const { metadata } = this.#deployment;
    if (revision === undefined || metadata.annotations?.[annotation.revision] === revision) return;
    const annotations = { ...metadata.annotations, [annotation.revision]: revision };
    // With the status, which raises no generation.
    const noted = { ...this.#deployment, metadata: { ...metadata, annotations } };
    this.#deployment = this.context.api.update(noted, { subresource: 'status' }) as Deployment;
  }

  #noteProgress(reason: string, message: string): void {
    const status = this.#deployment.status ?? {};
    const conditions = withDeploymentCondition(
      status.conditions ?? [],
      'Progressing',
      'True',
      reason,
      message,
      this.context.now(),
    );
    this.#writeStatus({ ...status, conditions });
  }

  #notePause(): void {
    const { paused } = this.#deployment.spec;
    const status = this.#deployment.status ?? {};
    const progressing = conditionOf(status.conditions, 'Progressing');
    if (!hasDeadline(this.#deployment) || progressing?.reason === 'ProgressDeadlineExceeded') return;
    const isNoted = progressing?.reason === 'DeploymentPaused';
    if ((paused === true) === isNoted) return;
    const [reason, message] =
      paused === true
        ? ['DeploymentPaused', 'Deployment is paused']
        : ['DeploymentResumed', 'Deployment is resumed'];
    const now = this.context.now();
    const conditions = withDeploymentCondition(
      status.conditions ?? [],
      'Progressing',
      'Unknown',
      reason,
      message,
      now,
    );
    this.#writeStatus({ ...status, conditions });
  }

  #isScalingEvent(): boolean {
    const desired = String(desiredReplicas(this.#deployment));
    return this.#all.some((set) => {
      const noted = set.metadata.annotations?.[annotation.desiredReplicas];
      return (set.spec.replicas ?? 1) > 0 && noted !== undefined && noted !== desired;
    });
  }

  /** `kubectl scale`: no rollout, only the size changes. */
  #rescale(): void {
    const desired = desiredReplicas(this.#deployment);
    const active = this.#all.filter((set) => (set.spec.replicas ?? 1) > 0);
    if (active.length <= 1) {
      const only = active[0] ?? this.#new ?? this.#old.at(-1);
      if (only !== undefined && (only.spec.replicas ?? 1) !== desired) this.#scale(only, desired);
      return;
    }
    const isSaturated =
      this.#new !== undefined &&
      this.#new.spec.replicas === desired &&
      this.#new.metadata.annotations?.[annotation.desiredReplicas] === String(desired) &&
      (this.#new.status?.availableReplicas ?? 0) === desired;
    if (isSaturated) {
      for (const set of this.#old) if ((set.spec.replicas ?? 1) > 0) this.#scale(set, 0);
    } else if (isRolling(this.#deployment)) {
      const formerMax = (set: ReplicaSet): number =>
        Number(set.metadata.annotations?.[annotation.maxReplicas] ?? 0);
      for (const { set, replicas } of proportionalSizes(this.#deployment, active, formerMax))
        this.#scale(set, replicas);
    }
  }

  /** Gives a set its size and the noted totals. Answers true if the size changed. */
  #scale(set: ReplicaSet, replicas: number): boolean {
    const { namespace, name, uid } = set.metadata;
    const before = set.spec.replicas ?? 1;
    const annotations = replicasAnnotations(this.#deployment);
    const isNoted = Object.entries(annotations).every(
      ([key, value]) => set.metadata.annotations?.[key] === value,
    );
    if (before === replicas && isNoted) return false;
    const body = { metadata: { uid, annotations }, spec: { replicas } };
    const scaled = this.context.api.patch(sets, namespace, name, 'merge', body) as ReplicaSet;
    if (set === this.#new) this.#new = scaled;
    if (before === replicas) return false;
    this.#event(replicas > before ? 'up' : 'down', name, before, replicas);
    return true;
  }

  #event(direction: 'up' | 'down', name: string, from: number, to: number): void {
    const message = `Scaled ${direction} replica set ${name} from ${from} to ${to}`;
    this.context.events.record(this.#deployment, 'Normal', 'ScalingReplicaSet', message);
  }

  /** Deletes empty sets beyond `revisionHistoryLimit`, those of the lowest revisions first. */
  #dropHistory(): void {
    const limit = this.#deployment.spec.revisionHistoryLimit ?? 10;
    const empty = this.#old.filter(
      (set) =>
        specReplicas([set]) === 0 &&
        (set.status?.replicas ?? 0) === 0 &&
        (set.metadata.generation ?? 0) <= (set.status?.observedGeneration ?? 0) &&
        set.metadata.deletionTimestamp === undefined,
    );
    const surplus = empty.length - limit;
    if (surplus <= 0) return;
    const oldest = empty.sort((a, b) => (revisionOf(a) < revisionOf(b) ? -1 : 1)).slice(0, surplus);
    for (const { metadata } of oldest) this.context.api.delete(sets, metadata.namespace, metadata.name);
  }

  #writePlainStatus(): void {
    this.#writeStatus(calculateStatus(this.#deployment, this.#all, this.#new, this.context.now()));
  }

  #writeRolloutStatus(): void {
    const status = rolloutStatus(this.#deployment, this.#all, this.#new, this.context.now());
    this.#writeStatus(status);
    const deadline = untilDeadline(this.#deployment, status, this.context.now());
    if (deadline !== undefined) this.context.requeue(this.key, Math.max(1000, deadline + 1000));
  }

  #writeStatus(status: DeploymentStatus): void {
    const written = writeStatus(this.context.api, this.#deployment, status);
    // Later writes of this look must not conflict with this one.
    if (written) {
      const { namespace, name } = this.#deployment.metadata;
      this.#deployment = this.context.api.get(storage, namespace, name) as Deployment;
    }
  }
}
