import type { ControllerContext } from './controller.js';
import type { StatefulSet } from './kinds.js';
import { isNamespaceTerminating } from './pods.js';

/** What a set does to its pods. */
export type Verb = 'create' | 'update' | 'delete';

const capital = (verb: Verb): string => `${verb.charAt(0).toUpperCase()}${verb.slice(1)}`;

/** Tells in the set's Events what was done to a pod (upstream: `recordPodEvent`). */
export function podDone({ events }: ControllerContext, set: StatefulSet, verb: Verb, pod: string): void {
  const message = `${verb} Pod ${pod} in StatefulSet ${set.metadata.name} successful`;
  events.record(set, 'Normal', `Successful${capital(verb)}`, message);
}

/** Tells why it wasn't, and throws the error on. */
export function podFailed(
  { events }: ControllerContext,
  set: StatefulSet,
  verb: Verb,
  pod: string,
  error: unknown,
): never {
  if (error instanceof Error && !isNamespaceTerminating(error)) {
    const message = `${verb} Pod ${pod} in StatefulSet ${set.metadata.name} failed error: ${error.message}`;
    events.record(set, 'Warning', `Failed${capital(verb)}`, message);
  }
  throw error;
}

/** The same of a claim that was created for a pod (upstream: `recordClaimEvent`). */
export function claimDone({ events }: ControllerContext, set: StatefulSet, claim: string, pod: string): void {
  const message = `create Claim ${claim} Pod ${pod} in StatefulSet ${set.metadata.name} success`;
  events.record(set, 'Normal', 'SuccessfulCreate', message);
}

export function claimFailed(
  { events }: ControllerContext,
  set: StatefulSet,
  claim: string,
  pod: string,
  error: Error,
): void {
  const message = `create Claim ${claim} for Pod ${pod} in StatefulSet ${set.metadata.name} failed error: ${error.message}`;
  events.record(set, 'Warning', 'FailedCreate', message);
}
