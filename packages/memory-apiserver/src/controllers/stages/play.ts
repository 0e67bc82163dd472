import type { KubeObject } from '../../object.js';
import type { ClusterApi } from '../../registry/api.js';
import type { ControllerContext } from '../controller.js';
import { chooseStage } from './stage-set.js';
import type { Stage } from './stage.js';

/** A stage that has been chosen for an object and isn't due yet. */
interface Wait {
  readonly stage: Stage;
  readonly revision: string | undefined;
  readonly dueAt: number;
}

/** A stage that matches again right after itself, such as a heartbeat without a delay, is played so often at most. */
const repetitionMs = 1000;

/** Waits by cluster and key. Objects that no stage concerns, nearly all nearly always, are not in it. */
const waits = new WeakMap<ClusterApi, Map<string, Wait>>();

/** Forgets what an object that is gone was waiting for. */
export const forgetWait = (api: ClusterApi, key: string): void => void waits.get(api)?.delete(key);

/**
 * Plays the stage that is due for the object, or sees to it that the controller is called with the key when one is.
 * A change of the object makes the choice anew; a stage that is chosen again keeps the time it has waited already.
 */
export function playStages(
  stages: readonly Stage[],
  object: KubeObject,
  { key, storage, context }: { key: string; storage: string; context: ControllerContext },
): void {
  const { cluster, now, random } = context;
  const waiting = waits.get(cluster.api)?.get(key);
  const revision = object.metadata.resourceVersion;
  const isSame = waiting !== undefined && waiting.revision === revision && waiting.stage.matches(object);
  const stage = isSame ? waiting.stage : chooseStage(stages, object, random);
  if (stage === undefined) {
    forgetWait(cluster.api, key);
    return;
  }
  const dueAt = waiting?.stage === stage ? waiting.dueAt : now() + stage.delayMs(object, context);
  if (dueAt > now()) {
    wait(key, { stage, revision, dueAt }, context);
    return;
  }
  forgetWait(cluster.api, key);
  stage.play(object, { storage, context });
  holdBack(stages, stage, { key, storage, context }, object);
}

function wait(key: string, waiting: Wait, { cluster, requeue, now }: ControllerContext): void {
  let ofCluster = waits.get(cluster.api);
  if (ofCluster === undefined) waits.set(cluster.api, (ofCluster = new Map<string, Wait>()));
  ofCluster.set(key, waiting);
  requeue(key, Math.max(0, waiting.dueAt - now()));
}

/** What a stage writes calls the controller again at once; if the choice falls on the same stage, it has to wait. */
function holdBack(
  stages: readonly Stage[],
  played: Stage,
  { key, storage, context }: { key: string; storage: string; context: ControllerContext },
  { metadata: { namespace, name } }: KubeObject,
): void {
  const after = context.api.find(storage, namespace, name);
  if (after === undefined || chooseStage(stages, after, context.random) !== played) return;
  const delayMs = Math.max(repetitionMs, played.delayMs(after, context));
  const revision = after.metadata.resourceVersion;
  wait(key, { stage: played, revision, dueAt: context.now() + delayMs }, context);
}
