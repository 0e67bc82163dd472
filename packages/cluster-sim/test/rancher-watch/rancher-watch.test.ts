import type { RancherCluster, SubscribeOptions } from '@scale-cluster/rancher-client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Delayer } from '../../src/delayer.js';
import { silentLogger } from '../../src/logger.js';
import { RancherWatch } from '../../src/rancher-watch/rancher-watch.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const seen = (id: string): RancherCluster => ({
  id,
  name: id,
  state: 'active',
  transitioning: 'no',
  transitioningMessage: '',
  conditions: [],
  annotations: {},
  labels: {},
});

function setup(list: () => Promise<RancherCluster[]>): {
  subscription: () => SubscribeOptions;
  missing: string[];
  seenIds: string[];
  watch: RancherWatch;
  expected: string[];
} {
  let subscription: SubscribeOptions | undefined;
  const missing: string[] = [];
  const seenIds: string[] = [];
  const expected = ['c-1', 'c-2'];
  const watch = new RancherWatch({
    rancher: { subscribe: (options) => void (subscription = options), listClusters: list },
    expectedIds: () => expected,
    onSeen: (cluster) => seenIds.push(cluster.id),
    onMissing: (id) => missing.push(id),
    delayer: new Delayer(() => Date.now()),
    random: () => 0.5,
    logger: silentLogger,
  });
  watch.start();
  return { subscription: () => subscription as SubscribeOptions, missing, seenIds, watch, expected };
}

describe('RancherWatch', () => {
  it('tells of clusters that a complete list lacks, after every connect', async () => {
    let present = [seen('c-1'), seen('c-2'), seen('c-other')];
    const { subscription, missing, seenIds } = setup(() => Promise.resolve(present));
    subscription().onConnected();
    await vi.advanceTimersByTimeAsync(0);
    expect([missing, seenIds]).toEqual([[], ['c-1', 'c-2', 'c-other']]);
    present = [seen('c-1')];
    subscription().onDisconnected(undefined);
    subscription().onConnected();
    await vi.advanceTimersByTimeAsync(0);
    expect(missing).toEqual(['c-2']);
  });

  it('tells nothing when the list fails, and tries again with growing delays until it succeeds', async () => {
    let tries = 0;
    const { subscription, missing } = setup(() =>
      ++tries < 4 ? Promise.reject(new Error('page 2 of 3: 502')) : Promise.resolve([seen('c-1')]),
    );
    subscription().onConnected();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(missing).toEqual([]);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(tries).toBe(4);
    expect(missing).toEqual(['c-2']);
  });

  it('does not take a cluster for missing that was created while the list was read', async () => {
    let answer: (clusters: RancherCluster[]) => void = () => undefined;
    const { subscription, missing, expected } = setup(() => new Promise((resolve) => (answer = resolve)));
    subscription().onConnected();
    expected.push('c-3');
    answer([seen('c-1'), seen('c-2')]);
    await vi.advanceTimersByTimeAsync(0);
    expect(missing).toEqual([]);
  });

  it('passes changes and removals on', () => {
    const { subscription, missing, seenIds, watch } = setup(() => Promise.resolve([]));
    subscription().onEvent({ name: 'change', cluster: seen('c-1') });
    subscription().onEvent({ name: 'remove', cluster: seen('c-2') });
    expect([seenIds, missing]).toEqual([['c-1'], ['c-2']]);
    expect(watch.subscribed).toBe(false);
    watch.close();
    expect(subscription().signal.aborted).toBe(true);
  });
});
