import { request } from 'node:https';
import { createServer, type AddressInfo } from 'node:net';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startFakeRancher, type FakeRancher } from '@scale-cluster/fake-rancher';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { ShardNotFoundError } from '../../src/errors.js';
import { Fleet } from '../../src/fleet.js';
import { journalPartOf } from '../../src/journal/journal.js';
import { loadSettings } from '../../src/settings/load.js';
import type { Settings } from '../../src/settings/schema.js';
import { allActive, until } from '../fleet-events.js';
import { temporaryFolder } from '../temporary.js';

async function startRancher(): Promise<FakeRancher> {
  const rancher = await startFakeRancher({
    checkIntervalMs: 100,
    provisioningDelayMs: 10,
    tokenDelayMs: 10,
    deleteDelayMs: 10,
    retryDelayMs: 200,
  });
  onTestFinished(() => rancher.close());
  return rancher;
}

function settingsFor(rancher: FakeRancher, home: string, shards: number, localPort = 0): Settings {
  return loadSettings({
    home,
    env: {
      RANCHER_URL: rancher.url,
      RANCHER_TOKEN: rancher.token,
      SCALE_AGENT_LOCAL_API_PORT: String(localPort),
      SCALE_AGENT_SHARDS: String(shards),
    },
  });
}

async function startFleet(settings: Settings): Promise<Fleet> {
  const fleet = await Fleet.open({ settings });
  onTestFinished(() => fleet.close());
  fleet.start();
  return fleet;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** One request to a cluster's API by its kubeconfig; the status and the body. */
function ask(
  fleet: Fleet,
  name: string,
  path: string,
  post?: object,
): Promise<{ status: number; body: string }> {
  const kubeconfig = parse(fleet.kubeconfig(name)) as {
    clusters: [{ cluster: { server: string; 'certificate-authority-data': string } }];
    users: [{ user: { token: string } }];
  };
  const { cluster } = kubeconfig.clusters[0];
  return new Promise((resolve, reject) => {
    const sent = request(
      `${cluster.server}${path}`,
      {
        method: post === undefined ? 'GET' : 'POST',
        ca: Buffer.from(cluster['certificate-authority-data'], 'base64'),
        headers: {
          authorization: `Bearer ${kubeconfig.users[0].user.token}`,
          ...(post === undefined ? {} : { 'content-type': 'application/json' }),
        },
      },
      (answer) => {
        let body = '';
        answer.setEncoding('utf8');
        answer.on('data', (text: string) => {
          body += text;
          // A watch never ends by itself.
          if (path.includes('watch=') && body.includes('\n')) sent.destroy();
        });
        answer.once('close', () => resolve({ status: answer.statusCode ?? 0, body }));
      },
    );
    sent.once('error', reject);
    sent.end(post === undefined ? undefined : JSON.stringify(post));
  });
}

const fail = (): never => {
  throw new Error('no shard');
};

const names = ['a', 'b', 'c', 'd', 'e', 'f'];
const note = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'note' }, data: { by: 'a user' } };

async function notesIn(folder: string): Promise<number> {
  const texts = await Promise.all(
    (await readdir(folder)).map((file) => readFile(join(folder, file), 'utf8')),
  );
  return texts.join('').split('"by":"a user"').length - 1;
}

describe('a fleet with its clusters in worker threads', { timeout: 120_000 }, () => {
  it('has them Active in all threads, and answers people by the local listener', async () => {
    const rancher = await startRancher();
    const fleet = await startFleet(settingsFor(rancher, await temporaryFolder(), 2, await freePort()));
    await fleet.createMany(names);
    await allActive(fleet, names.length);
    expect(fleet.shards()).toMatchObject([
      { index: 0, phase: 'running', restarts: 0 },
      { index: 1, phase: 'running', restarts: 0 },
    ]);
    const parts = names.map((name) => journalPartOf(fleet.get(name)?.uid ?? '', 2));
    expect(fleet.shards().map(({ clusters }) => clusters)).toEqual(
      [0, 1].map((shard) => parts.filter((part) => part === shard).length),
    );
    expect(fleet.shards().reduce((sum, one) => sum + one.connectedTunnels, 0)).toBe(2 * names.length);

    // Each shard tells its memory every 2 s.
    const heaps = (): number[] => fleet.shards().map(({ memory }) => memory.heapTotalBytes);
    await expect.poll(() => Math.min(...heaps())).toBeGreaterThan(0);
    expect(fleet.summary().memory.heapTotalBytes).toBeGreaterThan(heaps().reduce((sum, one) => sum + one));

    expect(Object.keys(fleet.summary().eventLoopDelays)).toEqual(['main', 'shard-0', 'shard-1']);

    const open = (): number[] => names.map((name) => fleet.get(name)?.tunnels.cluster.connections ?? 0);
    await expect.poll(() => Math.min(...open()), { timeout: 10_000 }).toBeGreaterThan(0);

    for (const name of names) {
      const { status, body } = await ask(fleet, name, '/api/v1/nodes');
      const nodes = (JSON.parse(body) as { items: { metadata: { name: string } }[] }).items;
      expect({ status, nodes: nodes.every(({ metadata }) => metadata.name.startsWith(name)) }).toEqual({
        status: 200,
        nodes: true,
      });
    }
    const watched = await ask(fleet, 'a', '/api/v1/namespaces?watch=true');
    expect(JSON.parse(watched.body.split('\n')[0] ?? '')).toMatchObject({ type: 'ADDED' });
    expect((await fleet.clusterInfo('b'))?.nodes).toHaveLength(2);
    expect(
      await fleet.shardInspector(1).post('Runtime.evaluate', { expression: 'process.pid' }),
    ).toMatchObject({ result: { value: process.pid } });
    expect(() => fleet.shardInspector(2)).toThrow(ShardNotFoundError);
    expect(rancher.violations()).toEqual([]);

    await fleet.deleteMany(names);
    await until(fleet, () => fleet.summary().total === 0);
    expect(rancher.clusters()).toEqual([]);
    expect(fleet.shards().map(({ clusters }) => clusters)).toEqual([0, 0]);
  });

  it('brings back what was in a thread that ended, while the others’ tunnels stay', async () => {
    const rancher = await startRancher();
    const home = await temporaryFolder();
    const fleet = await startFleet(settingsFor(rancher, home, 2, await freePort()));
    await fleet.createMany(names);
    await allActive(fleet, names.length);
    for (const name of names)
      expect((await ask(fleet, name, '/api/v1/namespaces/default/configmaps', note)).status).toBe(201);
    const sessions = new Map(names.map((name) => [name, fleet.get(name)?.tunnels.cluster.connectedSince]));

    // Uids are random: the one that has most surely has some.
    const [lost = fail()] = fleet.shards().sort((a, b) => b.clusters - a.clusters);
    const left = names.length - lost.clusters;
    // What has reached the journal's files survives any end.
    await expect.poll(async () => notesIn(join(home, 'journal'))).toBe(names.length);
    await fleet.crashShard(lost.index);
    await until(fleet, () => fleet.summary().phases.active === left);
    await allActive(fleet, names.length);

    expect(fleet.shards()[lost.index]).toMatchObject({ restarts: 1, clusters: lost.clusters });
    expect(fleet.shards()[1 - lost.index]).toMatchObject({ phase: 'running', restarts: 0 });
    const kept = names.filter(
      (name) => fleet.get(name)?.tunnels.cluster.connectedSince === sessions.get(name),
    );
    expect(kept).toHaveLength(left);
    for (const name of names) {
      const { status } = await ask(fleet, name, '/api/v1/namespaces/default/configmaps/note');
      expect({ name, status }).toEqual({ name, status: 200 });
    }
    // The tunnels that ended with the thread are what Rancher saw of it.
    expect(rancher.violations().filter(({ kind }) => kind !== 'tunnel-lost')).toEqual([]);
    await expect(fleet.crashShard(2)).rejects.toThrow(ShardNotFoundError);
  });

  it('finds everything again after a restart with another number of threads', async () => {
    const rancher = await startRancher();
    const home = await temporaryFolder();
    const port = await freePort();
    const first = await startFleet(settingsFor(rancher, home, 2, port));
    await first.createMany(names);
    await allActive(first, names.length);
    for (const name of names) await ask(first, name, '/api/v1/namespaces/default/configmaps', note);
    await first.close();
    for (const shards of [3, 0]) {
      const again = await startFleet(settingsFor(rancher, home, shards, port));
      await allActive(again, names.length);
      expect(again.shards()).toHaveLength(shards);
      for (const name of names) {
        const { status } = await ask(again, name, '/api/v1/namespaces/default/configmaps/note');
        expect({ shards, name, status }).toEqual({ shards, name, status: 200 });
      }
      await again.close();
    }
    // No address, token or CA has changed.
    expect(rancher.violations().filter(({ kind }) => kind !== 'tunnel-lost')).toEqual([]);
    expect((await readdir(join(home, 'journal'))).filter((file) => file.startsWith('forms')).sort()).toEqual([
      'forms-1.log',
      'forms-2.log',
      'forms.log',
    ]);
  });
});
