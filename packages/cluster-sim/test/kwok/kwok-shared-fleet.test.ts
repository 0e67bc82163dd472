import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startFakeRancher, type FakeRancher } from '@scale-cluster/fake-rancher';
import { Kubectl, KwokctlDriver, type KubernetesObject } from '@scale-cluster/kwok-driver';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PortPool } from '../../src/backend/kwok/port-pool.js';
import { Fleet } from '../../src/fleet.js';
import { loadSettings } from '../../src/settings/load.js';
import { skipWithout } from './real-binaries.js';

const skip = skipWithout('kwokctl', 'kwok', 'kubectl', 'etcd', 'kube-apiserver');
const names = ['shop-1', 'shop-2', 'shop-3', 'shop-4', 'shop-5'];
const mainName = 'main-cluster';

describe.skipIf(skip)('a fleet on kwok-shared', () => {
  let home: string;
  let rancher: FakeRancher;
  let fleet: Fleet;
  let driver: KwokctlDriver;
  /** On the kubeconfig that the program offers, by its context. */
  let main: Kubectl;

  const active = (count: number, timeout = 150_000) =>
    expect.poll(() => fleet.summary().phases.active, { timeout, interval: 200 }).toBe(count);
  const mainPhase = () => fleet.backends().find(({ kind }) => kind === 'kwok-shared')?.phase;
  const mainUids = async () => {
    const pods = await main.list<KubernetesObject>('pods', { allNamespaces: true });
    return pods.map(({ metadata }) => metadata?.uid).sort();
  };

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'kwok-shared-fleet-test-'));
    const [mainPort = 0] = await new PortPool({ random: () => Math.random() }).take(1);
    rancher = await startFakeRancher({ checkIntervalMs: 500 });
    const binaries = process.env['KUBE_BINARIES'];
    const settings = loadSettings({
      home,
      env: {
        RANCHER_URL: rancher.url,
        RANCHER_TOKEN: rancher.token,
        SCALE_AGENT_BACKEND: 'kwok-shared',
        SCALE_AGENT_LOCAL_API_PORT: '0',
        SCALE_AGENT_MAIN_API_PORT: String(mainPort),
        ...(binaries === undefined ? {} : { SCALE_AGENT_KUBE_BINARIES: binaries }),
      },
    });
    fleet = await Fleet.open({ settings });
    fleet.start();
    driver = new KwokctlDriver({ workDir: join(home, 'kwok') });
    main = new Kubectl({ kubeconfig: settings.mainKubeconfig, context: `kwok-${mainName}` });
  });

  afterAll(async () => {
    await fleet.close();
    await rancher.close();
    for (const left of await readdir(join(home, 'kwok', 'clusters')).catch(() => []))
      await driver.delete(left, { ignoreNotFound: true });
    await rm(home, { recursive: true, force: true });
  });

  it('makes all clusters Active without a violation', async () => {
    await fleet.createMany(names);
    await active(names.length);
    expect(rancher.violations()).toEqual([]);
    expect(rancher.clusters().filter((cluster) => cluster.active)).toHaveLength(names.length);
  });

  it("shows the whole fleet in the main cluster to people's kubectl", async () => {
    const namespaces = await main.list<KubernetesObject>('namespaces', { selector: 'logical-cluster' });
    expect(namespaces.map(({ metadata }) => metadata?.name)).toEqual(names.map((name) => `cluster-${name}`));
    const nodes = await main.list<KubernetesObject>('nodes');
    expect(nodes).toHaveLength(2 * names.length);
    const pods = (await mainUids()).length;
    expect(pods % names.length).toBe(0);
    expect(pods).toBeGreaterThan(0);
  });

  it('stays Active when kube-apiserver of the main cluster is killed, and loses nothing', async () => {
    const before = await mainUids();
    const apiserver = (await driver.processes(mainName)).find(
      ({ component }) => component === 'kube-apiserver',
    );
    process.kill(apiserver!.pid, 'SIGKILL');
    await expect.poll(mainPhase, { timeout: 20_000, interval: 50 }).toBe('repairing');
    await expect.poll(mainPhase, { timeout: 60_000, interval: 200 }).toBe('ready');
    await active(names.length, 30_000);
    expect(await mainUids()).toEqual(before);
    expect(rancher.violations()).toEqual([]);
  });

  it('leaves nothing of deleted clusters in the main cluster', async () => {
    await fleet.deleteMany(names);
    await expect.poll(() => fleet.names(), { timeout: 120_000, interval: 200 }).toEqual([]);
    expect(await main.list('nodes')).toEqual([]);
    expect(await mainUids()).toEqual([]);
    expect(await main.list('namespaces', { selector: 'logical-cluster' })).toEqual([]);
    expect(rancher.violations()).toEqual([]);
  });
});
