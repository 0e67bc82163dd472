import type { Parameters } from 'fast-check';

const seconds = Number(process.env.FUZZ_SECONDS ?? 0);

/**
 * How long a property is tried: `runs` times in plain `npm test`; with `FUZZ_SECONDS` for its share of that time, the
 * shares of all properties being 1 together.
 */
export function effort(runs: number, share: number): Parameters<unknown> {
  if (seconds === 0) return { numRuns: runs };
  return { numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit: seconds * 1_000 * share };
}
