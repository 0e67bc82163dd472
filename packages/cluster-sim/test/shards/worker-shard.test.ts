import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ClusterRequest } from '../../src/backend/backend-set.js';
import { Pki } from '../../src/pki/pki.js';
import { loadSettings } from '../../src/settings/load.js';
import { WorkerShard } from '../../src/shards/worker-shard.js';
import { TemplateSet } from '../../src/template/template-set.js';
import { temporaryFolder } from '../temporary.js';

const request = (index: number): ClusterRequest => ({
  name: `cluster-${index}`,
  uid: `uid-${index}`,
  backend: 'memory',
  createdAt: Date.UTC(2026, 0, 1),
  tokens: {},
});

/** A shard with a thread of its own; what it wants done later is run by the test. */
async function startShard() {
  const home = await temporaryFolder();
  const settings = loadSettings({
    home,
    env: { RANCHER_URL: 'https://127.0.0.1:1', RANCHER_TOKEN: 'token-a:b', SCALE_AGENT_SHARDS: '1' },
  });
  const pki = await Pki.open({ folder: join(home, 'pki'), hosts: ['localhost'], now: Date.now });
  const later = new Map<string, () => void>();
  const errors: object[] = [];
  let boots = 0;
  const ignore = (): void => undefined;
  const shard = new WorkerShard({
    boot: () => {
      boots += 1;
      return {
        index: 0,
        of: 1,
        settings,
        secret: Buffer.alloc(32).toString('base64'),
        tokenKey: 'ab'.repeat(32),
        caCert: pki.caCert,
        leaf: pki.leaf,
        doorPath: join(home, 'shard-0.sock'),
      };
    },
    templates: new TemplateSet({ defaultFile: join(home, 'cluster.yaml'), folder: join(home, 'templates') }),
    agentManifests: { get: () => undefined },
    events: { onAdopted: ignore, onLost: ignore, onTunnels: ignore, onAttemptFailed: ignore },
    delayer: { delay: (key, _delayMs, run) => later.set(key, run) },
    now: Date.now,
    logger: {
      debug: ignore,
      info: ignore,
      warn: (fields) => errors.push(fields),
      error: (fields) => errors.push(fields),
    },
  });
  onTestFinished(() => shard.close());
  shard.start([]);
  // The first was asked for by the shard itself.
  return { shard, later, errors, threads: () => boots - 1 };
}

describe('a shard whose clusters are all deleted', { timeout: 60_000 }, () => {
  it('gets a new thread when they were many, and goes on with it', async () => {
    const { shard, later, errors, threads } = await startShard();
    const requests = Array.from({ length: 50 }, (_, index) => request(index));
    await Promise.all(requests.map((one) => shard.provision(one)));
    await Promise.all(requests.map(({ uid }) => shard.remove(uid)));
    expect([...later.keys()]).toEqual(['shard-0-renewal']);
    expect(threads()).toBe(1);

    later.get('shard-0-renewal')?.();
    const made = await shard.provision(request(50));

    expect(threads()).toBe(2);
    expect(made.name).toBe('cluster-50');
    expect(await shard.call('describe', made.uid, Date.now())).toMatchObject({});
    expect(shard).toMatchObject({ clusters: 1, restarts: 0, phase: 'running' });
    expect(errors).toEqual([]);
  });

  it('keeps its thread when a cluster has come meanwhile', async () => {
    const { shard, later, threads } = await startShard();
    const requests = Array.from({ length: 50 }, (_, index) => request(index));
    await Promise.all(requests.map((one) => shard.provision(one)));
    await Promise.all(requests.map(({ uid }) => shard.remove(uid)));
    await shard.provision(request(50));
    later.get('shard-0-renewal')?.();
    await shard.call('describe', 'uid-50', Date.now());
    expect(threads()).toBe(1);
  });

  it('keeps its thread when they were few', async () => {
    const { shard, later } = await startShard();
    await shard.provision(request(0));
    await shard.remove('uid-0');
    expect([...later.keys()]).toEqual([]);
  });
});
