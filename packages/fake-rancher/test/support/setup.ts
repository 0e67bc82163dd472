import { afterEach } from 'vitest';
import { startFakeRancher, type FakeRancher, type FakeRancherOptions } from '../../src/index.js';
import { TestCluster, type TestClusterOptions } from './test-cluster.js';

/** Rancher's waits, shortened: what is tested does not depend on their lengths. */
const quick: FakeRancherOptions = {
  checkIntervalMs: 150,
  retryDelayMs: 50,
  tokenDelayMs: 20,
  provisioningDelayMs: 50,
  deleteDelayMs: 50,
  dialTimeoutMs: 1_500,
};

const cleanups: (() => Promise<void>)[] = [];

/** Call once at the top of a test file: ends what the tests started. */
export function cleanUpAfterEach(): void {
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });
}

export async function startRancher(options: FakeRancherOptions = {}): Promise<FakeRancher> {
  const rancher = await startFakeRancher({ ...quick, ...options });
  cleanups.push(() => rancher.close());
  return rancher;
}

export async function startCluster(
  rancher: FakeRancher,
  options: Partial<TestClusterOptions> = {},
): Promise<TestCluster> {
  const cluster = await TestCluster.start(rancher, { name: 'one', ...options });
  cleanups.push(() => cluster.stop());
  return cluster;
}

/** Resolves when every cluster is active. */
export async function allActive(rancher: FakeRancher): Promise<void> {
  await rancher.waitFor((clusters) => clusters.length > 0 && clusters.every((cluster) => cluster.active));
}

/** The kinds of violations so far. */
export function kinds(rancher: FakeRancher): string[] {
  return rancher.violations().map(({ kind }) => kind);
}
