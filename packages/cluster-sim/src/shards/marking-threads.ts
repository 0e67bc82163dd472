import { availableParallelism } from 'node:os';
import { setFlagsFromString } from 'node:v8';

/**
 * Leaves a core to a thread whose garbage is looked for: V8 marks with four threads at a time, whatever the machine has,
 * and on two cores the thread they work for would hardly run meanwhile. Holds for threads that are started afterwards.
 */
export function limitMarkingThreads(): void {
  setFlagsFromString(markingFlag(availableParallelism()));
}

/** V8's flag for all cores but one. */
export function markingFlag(cores: number): string {
  return `--concurrent-marking-max-worker-num=${Math.max(1, cores - 1)}`;
}
