import type { Pod } from '../kinds.js';
import { containerProgram } from './container-program.js';

/** How a pod's containers come to their end. */
export interface PodProgram {
  /** Until the last one has ended; Infinity if one never does. */
  readonly seconds: number;
  /** By the container's name, unless 0. */
  readonly exitCodes: ReadonlyMap<string, number>;
  /** Whether it can be told of all containers. */
  readonly isKnown: boolean;
}

/**
 * What the programs of a pod's containers come to, those that can't be told of taken for good ones that need no time.
 * With restartPolicy OnFailure bad ends don't count: what would follow is restarts, which aren't simulated.
 */
export function podProgram(pod: Pod): PodProgram {
  let seconds = 0;
  let isKnown = true;
  const exitCodes = new Map<string, number>();
  for (const container of pod.spec.containers) {
    const end = containerProgram(pod, container);
    if (end === undefined) {
      isKnown = false;
      continue;
    }
    seconds = Math.max(seconds, end.seconds);
    if (end.exitCode !== 0 && pod.spec.restartPolicy !== 'OnFailure')
      exitCodes.set(container.name, end.exitCode);
  }
  return { seconds, exitCodes, isKnown };
}
