import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

/** Not too often: with thousands of clusters an answer costs the agent milliseconds. */
const pollMs = 500;

/**
 * Asks again and again until the answer is not undefined. An error is no answer; the last one is in the message when
 * the time is over.
 */
export async function until<T>(
  what: string,
  timeoutSec: number,
  check: () => Promise<T | undefined>,
): Promise<T> {
  const end = performance.now() + timeoutSec * 1000;
  let failure: unknown;
  while (performance.now() < end) {
    try {
      const answer = await check();
      if (answer !== undefined) return answer;
      failure = undefined;
    } catch (error) {
      failure = error;
    }
    await sleep(pollMs);
  }
  throw new Error(`waited ${timeoutSec} s for ${what}`, { cause: failure });
}

export const secondsSince = (start: number): number => (performance.now() - start) / 1000;

/** A port of 127.0.0.1 that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
