import { startFakeRancher, type FakeRancher } from '@scale-cluster/fake-rancher';
import { expect, it, onTestFinished } from 'vitest';
import { CapacityError } from '../../src/errors.js';
import { Fleet } from '../../src/fleet.js';
import type { Machine } from '../../src/preflight/machine.js';
import { loadSettings } from '../../src/settings/load.js';
import { until } from '../fleet-events.js';
import { temporaryFolder } from '../temporary.js';

async function start(
  variables: Record<string, string>,
  readMachine?: () => Machine,
): Promise<{ fleet: Fleet; rancher: FakeRancher }> {
  const rancher = await startFakeRancher({ checkIntervalMs: 100, provisioningDelayMs: 10, tokenDelayMs: 10 });
  onTestFinished(() => rancher.close());
  const settings = loadSettings({
    home: await temporaryFolder(),
    env: {
      RANCHER_URL: rancher.url,
      RANCHER_TOKEN: rancher.token,
      SCALE_AGENT_LOCAL_API_PORT: '0',
      SCALE_AGENT_SHARDS: '0',
      ...variables,
    },
  });
  const fleet = await Fleet.open({ settings, ...(readMachine === undefined ? {} : { readMachine }) });
  onTestFinished(() => fleet.close());
  fleet.start();
  return { fleet, rancher };
}

it(
  'never has more clusters between creation and Active than allowed, and gets all there',
  { timeout: 60_000 },
  async () => {
    const { fleet, rancher } = await start({ SCALE_AGENT_MAX_CONCURRENT_ACTIVATIONS: '2' });
    let most = 0;
    fleet.on('event', () => (most = Math.max(most, fleet.summary().ramp.activating)));
    await fleet.createMany(['one', 'two', 'three', 'four', 'five', 'six']);
    await until(fleet, () => fleet.summary().phases.active === 6);
    expect(most).toBe(2);
    expect(fleet.summary().ramp).toMatchObject({ activating: 0, queued: 0, refusals: 0, maxActivations: 2 });
    expect(rancher.violations()).toEqual([]);
  },
);

it(
  'lets a cluster that waits for its turn go at once when it is not wished any more',
  { timeout: 60_000 },
  async () => {
    const { fleet } = await start({ SCALE_AGENT_CREATES_PER_SEC: '0.01' });
    await fleet.createMany(['first', 'second']);
    await until(fleet, () => fleet.summary().ramp.inFlight === 1 || fleet.get('first')?.rancherId != null);
    await until(fleet, () => fleet.summary().ramp.queued === 1);
    await fleet.delete('second');
    await until(fleet, () => fleet.get('second') === undefined);
    expect(fleet.summary().ramp.queued).toBe(0);
  },
);

it('refuses more clusters than the machine can hold, one or many, and keeps none of them', async () => {
  const { fleet } = await start({}, () => ({
    openFiles: 204,
    tasks: undefined,
    memoryBytes: 2 ** 34,
    heapBytes: 2 ** 32,
  }));
  await expect(fleet.createMany(['one', 'two', 'three'])).rejects.toThrow(CapacityError);
  expect(fleet.names()).toEqual([]);
  await fleet.createMany(['one', 'two']);
  await expect(fleet.create('three')).rejects.toMatchObject({ code: 'ERR_FLEET_CAPACITY', status: 507 });
  expect(fleet.names()).toEqual(['one', 'two']);
  expect(fleet.summary().capacity).toEqual({ room: 0, limitedBy: 'open files' });
});
