import type { RancherAnswer } from '@scale-cluster/rancher-client';
import { expect, it } from 'vitest';
import { silentLogger } from '../../src/logger.js';
import { Ramp, type RampOptions } from '../../src/ramp/ramp.js';
import { manualTime } from './manual-time.js';

/** A ramp whose time is moved by hand, and whose tasks end when they are told to. */
function setup(options: Partial<RampOptions> = {}) {
  const { now, delayer, settle, advance } = manualTime();
  const ramp = new Ramp({
    concurrent: 4,
    perSec: 0,
    maxActivations: 0,
    now,
    delayer,
    logger: silentLogger,
    ...options,
  });
  const begun: string[] = [];
  const ends = new Map<string, (error?: Error) => void>();
  return {
    ramp,
    begun,
    async ask(...keys: string[]): Promise<void> {
      for (const key of keys) {
        void ramp
          .run(key, () => {
            begun.push(key);
            return new Promise((resolve, reject) =>
              ends.set(key, (error) => (error === undefined ? resolve() : reject(error))),
            );
          })
          .catch(() => undefined);
      }
      await settle();
    },
    async end(key: string, error?: Error): Promise<void> {
      ends.get(key)?.(error);
      await settle();
    },
    advance,
  };
}

const answer = (more: Partial<RancherAnswer> = {}): RancherAnswer => ({
  request: 'POST /v1/provisioning.cattle.io.clusters',
  status: 201,
  durationMs: 50,
  ...more,
});

it('lets as many begin as the window holds, in the order in which they came', async () => {
  const { ask, begun, end, ramp } = setup({ concurrent: 2 });
  await ask('a', 'b', 'c', 'd');
  expect(begun).toEqual(['a', 'b']);
  expect(ramp.view).toMatchObject({ inFlight: 2, queued: 2, window: 2, maxWindow: 2 });
  await end('b');
  expect(begun).toEqual(['a', 'b', 'c']);
  await end('a', new Error('refused'));
  expect(begun).toEqual(['a', 'b', 'c', 'd']);
});

it('halves the window when Rancher is slow and widens it when answers are quick again', async () => {
  const { ask, ramp, begun, end } = setup({ concurrent: 4 });
  ramp.observe(answer({ durationMs: 5_000 }));
  expect(ramp.view).toMatchObject({ window: 2, slowAnswers: 1, refusals: 0, pausedMs: 0 });
  await ask('a', 'b', 'c', 'd');
  expect(begun).toEqual(['a', 'b']);
  for (let index = 0; index < 3; index++) ramp.observe(answer());
  await end('none');
  expect(begun).toEqual(['a', 'b', 'c']);
});

it('does not take a slow list of all clusters, or a mistake of its own, for trouble', () => {
  const { ramp } = setup();
  ramp.observe(answer({ request: 'GET /v3/clusters', status: 200, durationMs: 20_000 }));
  ramp.observe(answer({ status: 409 }));
  expect(ramp.view).toMatchObject({ window: 4, slowAnswers: 0, refusals: 0 });
});

it('begins nothing for as long as Retry-After says', async () => {
  const { ramp, ask, begun, advance } = setup();
  ramp.observe(answer({ status: 429, retryAfterMs: 7_000 }));
  await ask('a');
  await advance(6_999);
  expect(begun).toEqual([]);
  expect(ramp.view.pausedMs).toBe(1);
  await advance(1);
  expect(begun).toEqual(['a']);
});

it('waits longer with each refusal, and from the start again after a good answer', async () => {
  const { ramp, advance } = setup();
  const refusal = answer({ status: 503 });
  const pauses: number[] = [];
  for (let index = 0; index < 7; index++) {
    ramp.observe(refusal);
    pauses.push(ramp.view.pausedMs);
    await advance(60_000);
  }
  expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  ramp.observe(answer());
  ramp.observe(answer({ status: 0 }));
  expect(ramp.view.pausedMs).toBe(1_000);
});

it('takes refusals that come together for one', () => {
  const { ramp } = setup({ concurrent: 8 });
  for (let index = 0; index < 8; index++) ramp.observe(answer({ status: 500 }));
  expect(ramp.view).toMatchObject({ window: 4, refusals: 8, pausedMs: 1_000 });
});

it('begins no more per second than allowed, without a burst after a rest', async () => {
  const { ask, begun, end, advance } = setup({ perSec: 2 });
  await advance(60_000);
  await ask('a', 'b', 'c');
  expect(begun).toEqual(['a']);
  await end('a');
  await advance(499);
  expect(begun).toEqual(['a']);
  await advance(1);
  expect(begun).toEqual(['a', 'b']);
  await advance(500);
  expect(begun).toEqual(['a', 'b', 'c']);
});

it('begins no more while too many are on their way to Active', async () => {
  const { ask, begun, end, ramp } = setup({ maxActivations: 2 });
  await ask('a', 'b', 'c', 'd');
  await end('a');
  await end('b');
  expect(begun).toEqual(['a', 'b']);
  expect(ramp.view).toMatchObject({ inFlight: 0, activating: 2, queued: 2 });
  ramp.settled('a');
  await end('none');
  expect(begun).toEqual(['a', 'b', 'c']);
  await end('c', new Error('name taken'));
  expect(begun).toEqual(['a', 'b', 'c', 'd']);
});

it('does not let clusters that never become Active hold up the others', async () => {
  const { ask, begun, end, advance } = setup({ maxActivations: 1 });
  await ask('a', 'b');
  await end('a');
  await advance(119_999);
  expect(begun).toEqual(['a']);
  await advance(1);
  expect(begun).toEqual(['a', 'b']);
});

it('lets those go at once that need no turn any more', async () => {
  const { ask, begun, end, ramp } = setup({ concurrent: 1 });
  await ask('a', 'b', 'c');
  ramp.cancel('b');
  expect(ramp.view.queued).toBe(1);
  await end('a');
  expect(begun).toEqual(['a', 'c']);
});

it('begins no more than this process can follow', async () => {
  const ownPace = { perSec: 2 };
  const { ask, advance, begun, ramp } = setup({ concurrent: 100, ownPace, perSec: 50 });
  await ask('a', 'b', 'c', 'd', 'e');
  expect(begun).toEqual(['a']);
  await advance(500);
  expect(begun).toEqual(['a', 'b']);
  ownPace.perSec = 10;
  await advance(600);
  expect(begun).toEqual(['a', 'b', 'c', 'd']);
  expect(ramp.view).toMatchObject({ maxPerSec: 50, ownPerSec: 10 });
});
