import { pause, pollDelay } from './delay.js';
import { WaitTimeoutError } from './errors.js';
import type { ResolvedOptions } from './options.js';

/**
 * Asks until there is a value, with jittered pauses that grow as `options.poll` says.
 *
 * @param what stands in the error: `the registration token of c-abcde`
 * @param ask called with the milliseconds since the first call; undefined = not yet; a throw ends the waiting
 * @throws WaitTimeoutError after `options.poll.timeoutMs`
 */
export async function waitFor<T>(
  what: string,
  ask: (waitedMs: number) => Promise<T | undefined>,
  options: Pick<ResolvedOptions, 'poll' | 'random'>,
  ...signals: (AbortSignal | undefined)[]
): Promise<T> {
  const { poll, random } = options;
  const start = performance.now();
  for (let attempt = 0; ; attempt++) {
    const waitedMs = performance.now() - start;
    const value = await ask(waitedMs);
    if (value !== undefined) return value;
    if (waitedMs >= poll.timeoutMs) {
      throw new WaitTimeoutError(
        'ERR_RANCHER_WAIT',
        `Rancher has not made ${what} within ${Math.round(poll.timeoutMs / 1000)} s.`,
      );
    }
    await pause(pollDelay(attempt, poll, random), ...signals);
  }
}
