import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startFakeRancher, type FakeRancher } from '@scale-cluster/fake-rancher';
import { Binaries, KwokctlDriver } from '@scale-cluster/kwok-driver';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PortPool } from '../../src/backend/kwok/port-pool.js';
import { Fleet } from '../../src/fleet.js';
import { loadSettings } from '../../src/settings/load.js';
import { skipWithout } from './real-binaries.js';

const run = promisify(execFile);
const skip = skipWithout('kwokctl', 'kwok', 'kubectl', 'etcd', 'kube-apiserver');

describe.skipIf(skip)('a fleet that mixes memory and kwok-dedicated', () => {
  let home: string;
  let basePort: number;
  let rancher: FakeRancher;
  let fleet: Fleet;

  const open = async (): Promise<void> => {
    const settings = loadSettings({
      home,
      env: {
        RANCHER_URL: rancher.url,
        RANCHER_TOKEN: rancher.token,
        SCALE_AGENT_LOCAL_API_PORT: '0',
        SCALE_AGENT_PROXY_BASE_PORT: String(basePort),
        ...(process.env['KUBE_BINARIES'] === undefined
          ? {}
          : { SCALE_AGENT_KUBE_BINARIES: process.env['KUBE_BINARIES'] }),
      },
    });
    fleet = await Fleet.open({ settings });
    fleet.start();
  };
  const active = (count: number) =>
    expect.poll(() => fleet.summary().phases.active, { timeout: 150_000, interval: 200 }).toBe(count);

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'kwok-fleet-test-'));
    [basePort = 0] = await new PortPool({ random: () => Math.random() }).take(1);
    rancher = await startFakeRancher({ checkIntervalMs: 500 });
    await open();
  });

  afterAll(async () => {
    await fleet.close();
    await rancher.close();
    const driver = new KwokctlDriver({ workDir: join(home, 'kwok'), binaries: new Binaries() });
    for (const left of await readdir(join(home, 'kwok', 'clusters')).catch(() => []))
      await driver.delete(left, { ignoreNotFound: true });
    await rm(home, { recursive: true, force: true });
  });

  it('makes both kinds Active by the same checks, without a violation', async () => {
    await fleet.create('in-memory', { backend: 'memory' });
    await fleet.create('real-1', { backend: 'kwok-dedicated' });
    await fleet.create('real-2', { backend: 'kwok-dedicated' });
    await active(3);
    expect(rancher.violations()).toEqual([]);
    expect(rancher.clusters().filter((cluster) => cluster.active)).toHaveLength(3);
  });

  it("shows each on a port of its own to people's kubectl, as administrator of that cluster alone", async () => {
    const nodes: string[] = [];
    for (const name of ['in-memory', 'real-1', 'real-2']) {
      const port = fleet.get(name)?.proxyPort;
      expect(port).toBeGreaterThanOrEqual(basePort);
      nodes.push(...(await kubectl(name, 'get', 'nodes', '--output', 'name')).trim().split('\n'));
      expect(await kubectl(name, 'auth', 'whoami', '--output', 'jsonpath={.status.userInfo.username}')).toBe(
        'scale-cluster-admin',
      );
    }
    expect(new Set(nodes).size).toBe(6);
    expect(nodes).toContain('node/real-1-plex1-7050m');
  });

  it('sends Rancher the same after a restart, which finds the running clusters', async () => {
    const ports = ['in-memory', 'real-1', 'real-2'].map((name) => fleet.get(name)?.proxyPort);
    await fleet.close();
    await open();
    await active(3);
    expect(['in-memory', 'real-1', 'real-2'].map((name) => fleet.get(name)?.proxyPort)).toEqual(ports);
    expect(unexpected()).toEqual([]);
  });

  it('leaves nothing of deleted clusters', async () => {
    await fleet.deleteMany(['in-memory', 'real-1', 'real-2']);
    await expect.poll(() => fleet.names(), { timeout: 120_000, interval: 200 }).toEqual([]);
    expect(await readdir(join(home, 'kwok', 'clusters'))).toEqual([]);
    expect(unexpected()).toEqual([]);
  });

  it('removes at its start what a crashed run left, though no cluster needs the backend', async () => {
    await fleet.close();
    const clusters = join(home, 'kwok', 'clusters');
    await mkdir(join(clusters, 'sca-0123456789abcdef', 'pids'), { recursive: true });
    await mkdir(join(clusters, 'not-ours'));
    await open();
    await expect.poll(() => readdir(clusters), { timeout: 30_000 }).toEqual(['not-ours']);
  });

  /** Violations but for the tunnels that the restart ended. */
  const unexpected = () => rancher.violations().filter(({ kind }) => kind !== 'tunnel-lost');

  /** Runs kubectl on the cluster's own port. */
  async function kubectl(name: string, ...args: string[]): Promise<string> {
    const file = join(home, `${name}.kubeconfig`);
    await writeFile(file, fleet.kubeconfig(name), { mode: 0o600 });
    return (await run(new Binaries().path('kubectl'), ['--kubeconfig', file, ...args])).stdout;
  }
});
