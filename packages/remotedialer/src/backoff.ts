/** The range of reconnect delays. */
export interface BackoffOptions {
  /** Upper bound of the first delay in milliseconds. @default 2000 */
  readonly initialMs: number;
  /** Upper bound of all delays in milliseconds. @default 30000 */
  readonly maxMs: number;
}

/**
 * Delay before a retry, in milliseconds: anywhere between 0 and `min(maxMs, initialMs * 2^attempt)` ("full jitter").
 * With thousands of clients that lost their server at the same moment this spreads them most evenly.
 *
 * @param attempt failures so far, from 0
 * @param random gives numbers in [0, 1)
 */
export function fullJitterDelay(attempt: number, options: BackoffOptions, random: () => number): number {
  const ceiling = Math.min(options.maxMs, options.initialMs * 2 ** Math.min(attempt, 52));
  return Math.floor(random() * ceiling);
}
