/** A range of waiting times that grows by doubling. */
export interface DelayRange {
  /** Upper bound of the first wait, milliseconds. */
  readonly initialMs: number;
  /** Upper bound of every wait, milliseconds. */
  readonly maxMs: number;
}

const bound = (attempt: number, { initialMs, maxMs }: DelayRange): number =>
  Math.min(maxMs, initialMs * 2 ** Math.min(attempt, 30));

/** Full jitter: anywhere from 0 to the bound, so that many clients never come back in step. */
export function fullJitterDelay(attempt: number, range: DelayRange, random: () => number): number {
  return random() * bound(attempt, range);
}

/** Equal jitter: the upper half of the bound, for polling, where coming back at once is of no use. */
export function pollDelay(attempt: number, range: DelayRange, random: () => number): number {
  return bound(attempt, range) * (0.5 + random() / 2);
}

/**
 * Milliseconds that a `Retry-After` header asks for, capped at `maxMs`; undefined if there is none or it can't be
 * read. Takes both forms of RFC 9110 §10.2.3: seconds and an HTTP date.
 */
export function retryAfterMs(header: string | undefined, now: number, maxMs: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  const wait = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(wait, 0), maxMs);
}

/** Waits; rejects with the reason of the first of `signals` that is aborted. */
export function pause(ms: number, ...signals: (AbortSignal | undefined)[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const given = signals.filter((signal) => signal !== undefined);
    const settle = (): void => {
      clearTimeout(timer);
      for (const signal of given) signal.removeEventListener('abort', settle);
      const aborted = given.find((signal) => signal.aborted);
      if (aborted === undefined) resolve();
      else reject(aborted.reason as Error);
    };
    const timer = setTimeout(settle, ms);
    for (const signal of given) signal.addEventListener('abort', settle, { once: true });
    if (given.some((signal) => signal.aborted)) settle();
  });
}
