import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { startFakeRancher, type FakeRancher, type FakeRancherOptions } from '@scale-cluster/fake-rancher';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import {
  ClusterExistsError,
  ClusterNotFoundError,
  InvalidNameError,
  StateError,
  TemplateError,
  UnknownBackendError,
  UnknownTemplateError,
} from '../src/errors.js';
import { Fleet } from '../src/fleet.js';
import { loadSettings } from '../src/settings/load.js';
import type { Settings } from '../src/settings/schema.js';
import type { FleetEvent } from '../src/views.js';
import { allActive, until } from './fleet-events.js';
import { temporaryFolder } from './temporary.js';

/** A Rancher that looks often, so that clusters become active in moments. */
async function startRancher(options: FakeRancherOptions = {}): Promise<FakeRancher> {
  const rancher = await startFakeRancher({
    checkIntervalMs: 100,
    provisioningDelayMs: 10,
    tokenDelayMs: 10,
    deleteDelayMs: 10,
    retryDelayMs: 200,
    ...options,
  });
  onTestFinished(() => rancher.close());
  return rancher;
}

function settingsFor(
  rancher: { url: string; token: string },
  home: string,
  more: Record<string, string> = {},
): Settings {
  return loadSettings({
    home,
    env: {
      RANCHER_URL: rancher.url,
      RANCHER_TOKEN: rancher.token,
      SCALE_AGENT_LOCAL_API_PORT: '0',
      // Threads of their own are tried in test/shards.
      SCALE_AGENT_SHARDS: '0',
      ...more,
    },
  });
}

async function startFleet(settings: Settings): Promise<Fleet> {
  const fleet = await Fleet.open({ settings });
  onTestFinished(() => fleet.close());
  fleet.start();
  return fleet;
}

async function writeTemplate(home: string, name: string, text: string): Promise<void> {
  const folder = join(home, 'config', 'templates');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${name}.yaml`), text);
}

describe('a fleet with a Rancher', { timeout: 60_000 }, () => {
  it('makes clusters Active by Rancher’s own checks, with every stage in order and no violation', async () => {
    const rancher = await startRancher();
    const home = await temporaryFolder();
    const fleet = await startFleet(settingsFor(rancher, home));
    const events: FleetEvent[] = [];
    fleet.on('event', (event) => events.push(event));
    await fleet.createMany(['one', 'two', 'three']);
    await allActive(fleet, 3);
    expect(rancher.clusters().filter((cluster) => cluster.active)).toHaveLength(3);
    expect(rancher.violations()).toEqual([]);

    const view = fleet.get('one');
    const times = ['registered', 'token', 'provisioned', 'tunnels', 'connected', 'active'].map(
      (stage) => view?.stages[stage as 'active'] ?? '',
    );
    expect([...times].sort()).toEqual(times);
    expect(view).toMatchObject({
      phase: 'active',
      lastError: null,
      nodes: 2,
      rancher: { state: 'active', transitioning: 'no' },
      tunnels: { cluster: { status: 'connected' }, steve: { status: 'connected' } },
    });
    expect(view?.conditions.every((condition) => condition.status === 'True')).toBe(true);
    expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));
    expect(
      events.filter((event) => event.type === 'stage' && event.cluster === 'two').map((event) => event.stage),
    ).toEqual(['registered', 'token', 'provisioned', 'tunnels', 'connected', 'active']);
    expect(fleet.eventsSince(events.length - 2)).toEqual(events.slice(-2));
    expect(fleet.summary().requests.total).toBeGreaterThan(100);

    const info = await fleet.clusterInfo('one');
    expect(info).toMatchObject({ name: 'one', clusterID: view?.rancherId, status: 'ready' });
    expect(info?.nodes?.map((node) => node.name)).toEqual(['one-plex1-7050m', 'one-plex3-7050m']);
    expect(info?.deployments?.find((deployment) => deployment.name === 'nginx')).toMatchObject({
      ready: '2/2',
    });

    const manifest = join(home, 'debug-yaml', 'one.yaml');
    expect(await readFile(manifest, 'utf8')).toContain('cattle-cluster-agent');
    expect((await stat(manifest)).mode & 0o777).toBe(0o600);
  });

  it('deletes in Rancher first and leaves nothing behind', async () => {
    const rancher = await startRancher();
    const home = await temporaryFolder();
    const fleet = await startFleet(settingsFor(rancher, home));
    await fleet.create('gone');
    await allActive(fleet, 1);
    await fleet.delete('gone');
    await expect(fleet.create('gone')).rejects.toThrow(/still being deleted/);
    await until(fleet, () => fleet.get('gone') === undefined);
    expect(rancher.clusters()).toEqual([]);
    expect(rancher.violations()).toEqual([]);
    expect(await readdir(join(home, 'debug-yaml'))).toEqual([]);
    await expect(fleet.delete('gone')).rejects.toThrow(ClusterNotFoundError);
    await fleet.create('gone');
    await allActive(fleet, 1);
  });

  it('notices a deletion in Rancher and cleans up after the 404', async () => {
    const rancher = await startRancher();
    const fleet = await startFleet(settingsFor(rancher, await temporaryFolder()));
    await fleet.createMany(['stays', 'goes']);
    await allActive(fleet, 2);
    await call(rancher, 'DELETE', `/v3/clusters/${fleet.get('goes')?.rancherId}`);
    await until(fleet, () => fleet.get('goes') === undefined);
    expect(fleet.names()).toEqual(['stays']);
    expect(rancher.clusters().map((cluster) => cluster.name)).toEqual(['stays']);
  });

  it('comes back after a restart with the same identities and what Rancher and users stored', async () => {
    const rancher = await startRancher();
    const settings = settingsFor(rancher, await temporaryFolder(), {
      SCALE_AGENT_LOCAL_API_PORT: String(await freePort()),
    });
    const first = await startFleet(settings);
    await first.create('kept');
    await allActive(first, 1);
    const before = first.get('kept');
    const admin = await localClient(first, 'kept');
    await admin('POST', '/api/v1/namespaces/default/configmaps', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'mine' },
      data: { a: 'b' },
    });
    const uids = async (client: typeof admin): Promise<string[]> => {
      const { items } = await client('GET', '/api/v1/namespaces');
      return items.map((item: { metadata: { uid: string } }) => item.metadata.uid);
    };
    const namespaces = await uids(admin);
    await first.close();
    await expect.poll(() => rancher.clusters()[0]?.active).toBe(false);

    const second = await startFleet(settings);
    await allActive(second, 1);
    expect(second.get('kept')).toMatchObject({
      uid: before?.uid,
      rancherId: before?.rancherId,
      createdAt: before?.createdAt,
    });
    const again = await localClient(second, 'kept');
    expect((await again('GET', '/api/v1/namespaces/default/configmaps/mine')).data).toEqual({ a: 'b' });
    expect(await uids(again)).toEqual(namespaces);
    expect(rancher.clusters()).toHaveLength(1);
    // The end of the first fleet ended its tunnels; nothing else may have looked wrong.
    expect(rancher.violations().filter((violation) => violation.kind !== 'tunnel-lost')).toEqual([]);
  });

  it('reconnects dropped tunnels, with rotated tokens as well', async () => {
    const rancher = await startRancher();
    const fleet = await startFleet(settingsFor(rancher, await temporaryFolder()));
    await fleet.createMany(['a', 'b']);
    await allActive(fleet, 2);
    expect(rancher.rotateTokens(0)).toBeGreaterThan(0);
    expect(fleet.summary().tunnels.cluster.connected).toBe(2);
    expect(rancher.dropTunnels(1, 'both')).toBe(4);
    await until(fleet, () => fleet.summary().phases.active === 0);
    await allActive(fleet, 2);
    expect(fleet.get('a')?.tunnels.cluster.reconnects).toBe(1);
  });

  it('finds its own cluster again when the record of its creation was lost', async () => {
    const rancher = await startRancher();
    const home = await temporaryFolder();
    const settings = settingsFor(rancher, home);
    const first = await Fleet.open({ settings });
    await first.create('lost');
    const uid = first.get('lost')?.uid ?? '';
    await first.close();
    // As if the process had been killed between the POST and the record.
    await call(rancher, 'POST', '/v1/provisioning.cattle.io.clusters', {
      type: 'provisioning.cattle.io.cluster',
      metadata: {
        namespace: 'fleet-default',
        name: 'lost',
        annotations: { 'scale-cluster-agent.io/cluster-uid': uid },
      },
      spec: {},
    });
    const second = await startFleet(settings);
    await allActive(second, 1);
    expect(rancher.clusters()).toHaveLength(1);
  });

  it('mixes templates, and has each cluster’s own again after a restart', async () => {
    const rancher = await startRancher();
    const home = await temporaryFolder();
    await writeTemplate(home, 'edge', "nodes: [{ name: '{{cluster-name}}-box', version: v1.31.2+k3s1 }]\n");
    const settings = settingsFor(rancher, home);
    const first = await startFleet(settings);
    await first.create('plain');
    expect(await first.create('small', { backend: 'memory', template: 'edge' })).toMatchObject({
      backend: 'memory',
      template: 'edge',
      nodes: 1,
    });
    await allActive(first, 2);
    expect((await first.clusterInfo('small'))?.nodes).toMatchObject([
      { name: 'small-box', version: 'v1.31.2+k3s1' },
    ]);
    await first.close();

    const second = await startFleet(settings);
    await allActive(second, 2);
    expect(second.list({ template: 'edge' }).items.map(({ name }) => name)).toEqual(['small']);
    expect(second.list({ labelSelector: 'template=default,backend=memory' }).total).toBe(1);
    expect(second.list({ backend: 'kwok-shared' }).total).toBe(0);
    expect((await second.clusterInfo('small'))?.nodes).toMatchObject([{ name: 'small-box' }]);
    expect(second.templates()).toMatchObject([
      { name: 'default', clusters: 1, nodes: 2, version: 'v1.28.5+k3s1' },
      { name: 'edge', clusters: 1, nodes: 1, version: 'v1.31.2+k3s1' },
    ]);
    const [memory, ...others] = second.backends();
    expect(memory).toMatchObject({ kind: 'memory', default: true, phase: 'ready', clusters: 2 });
    expect(memory?.requests).toBe(second.summary().requests.total);
    expect(others).toMatchObject([{ phase: 'idle' }, { phase: 'idle' }]);
    expect(rancher.violations().filter((violation) => violation.kind !== 'tunnel-lost')).toEqual([]);
  });

  it('leaves a foreign cluster of the same name alone and says so', async () => {
    const rancher = await startRancher();
    await call(rancher, 'POST', '/v1/provisioning.cattle.io.clusters', {
      type: 'provisioning.cattle.io.cluster',
      metadata: { namespace: 'fleet-default', name: 'theirs' },
      spec: {},
    });
    const fleet = await startFleet(settingsFor(rancher, await temporaryFolder()));
    await fleet.create('theirs');
    await until(fleet, () => fleet.get('theirs')?.phase === 'failed-retrying');
    expect(fleet.get('theirs')?.lastError).toMatchObject({
      stage: 'registered',
      message: expect.stringContaining('which this agent did not create'),
    });
    await fleet.delete('theirs');
    await until(fleet, () => fleet.get('theirs') === undefined);
    expect(rancher.clusters().map((cluster) => cluster.name)).toEqual(['theirs']);
  });
});

describe('a fleet without a Rancher', () => {
  const nowhere = { url: 'https://127.0.0.1:1', token: 'token-a:b' };

  it('works, keeps trying, and forgets nothing that is wished', async () => {
    const settings = settingsFor(nowhere, await temporaryFolder());
    const fleet = await startFleet(settings);
    const results = await Promise.allSettled(
      Array.from({ length: 50 }, (_, index) => fleet.create(`c${index % 40}`)),
    );
    expect(results.filter((one) => one.status === 'fulfilled')).toHaveLength(40);
    for (const one of results)
      if (one.status === 'rejected') expect(one.reason).toBeInstanceOf(ClusterExistsError);
    expect(fleet.list({ limit: 3 })).toMatchObject({
      total: 40,
      next: 'c10',
      items: [{ name: 'c0' }, { name: 'c1' }, { name: 'c10' }],
    });
    expect(fleet.list({ after: 'c10', limit: 2 }).items.map((one) => one.name)).toEqual(['c11', 'c12']);
    expect(fleet.list({ labelSelector: 'name in (c1,c2),phase!=active' }).total).toBe(2);
    expect(() => fleet.list({ labelSelector: 'colour=red' })).toThrow(/is not a requirement on/);
    await fleet.close();
    const again = await Fleet.open({ settings });
    onTestFinished(() => again.close());
    expect(again.names()).toHaveLength(40);
  });

  it('refuses names that Rancher would refuse', async () => {
    const fleet = await startFleet(settingsFor(nowhere, await temporaryFolder()));
    for (const name of ['', 'A', 'a b', '-a', 'local', 'c-abcde', 'x'.repeat(64)]) {
      await expect(fleet.create(name)).rejects.toThrow(InvalidNameError);
    }
    await expect(fleet.create('x'.repeat(52))).rejects.toThrow(/at most 51 characters with this template/);
    expect(await fleet.createMany(['ok', 'NO', 'ok'])).toMatchObject([
      { name: 'ok' },
      { error: { status: 400 } },
      { error: { status: 409 } },
    ]);
  });

  it('refuses a backend and a template that are not there, and names too long for either, before anything is kept', async () => {
    const home = await temporaryFolder();
    const fleet = await Fleet.open({ settings: settingsFor(nowhere, home) });
    onTestFinished(() => fleet.close());
    await writeTemplate(home, 'broken', 'nodes: [{ name: 7x_ }]\n');
    await expect(fleet.create('a', { backend: 'docker' })).rejects.toThrow(UnknownBackendError);
    await expect(fleet.create('a', { template: 'other' })).rejects.toThrow(UnknownTemplateError);
    await expect(fleet.createMany(['a', 'b'], { template: 'broken' })).rejects.toThrow(TemplateError);
    await expect(fleet.create('a'.repeat(56), { backend: 'kwok-shared' })).rejects.toThrow(
      /at most \d+ characters with/,
    );
    expect(fleet.names()).toEqual([]);
    expect(fleet.templates()).toMatchObject([
      { name: 'default' },
      { name: 'broken', error: expect.stringMatching(/broken\.yaml:1: nodes\[0\]\.name/) },
    ]);
  });

  it('tells the second agent of a home that there is a first', async () => {
    const settings = settingsFor(nowhere, await temporaryFolder());
    await startFleet(settings);
    await expect(Fleet.open({ settings })).rejects.toThrow(StateError);
    await expect(Fleet.open({ settings })).rejects.toThrow(/Another scale-cluster-agent is using/);
  });

  it('forgets at once a cluster that never reached Rancher', async () => {
    const settings = settingsFor(nowhere, await temporaryFolder());
    const fleet = await Fleet.open({ settings });
    onTestFinished(() => fleet.close());
    await fleet.create('never');
    await fleet.delete('never');
    expect(fleet.get('never')?.phase).toBe('deleting');
    await expect(fleet.waitForRancherId('never', 1)).resolves.toBeUndefined();
    await expect(fleet.waitForRancherId('unknown', 10_000)).resolves.toBeUndefined();
    expect(() => fleet.kubeconfig('never')).toThrow(/local Kubernetes API is not listening/);
  });
});

interface Answer {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  [field: string]: any;
}

async function localClient(
  fleet: Fleet,
  name: string,
): Promise<(method: string, path: string, body?: object) => Promise<Answer>> {
  const config = parse(fleet.kubeconfig(name));
  const { server, 'certificate-authority-data': ca } = config.clusters[0].cluster;
  return (method, path, body) =>
    send(method, `${server}${path}`, config.users[0].user.token, Buffer.from(ca, 'base64').toString(), body);
}

const call = (rancher: FakeRancher, method: string, path: string, body?: object): Promise<Answer> =>
  send(method, `${rancher.url}${path}`, rancher.token, rancher.caCert, body);

function send(method: string, url: string, token: string, ca: string, body?: object): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      { method, ca, headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' } },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
        response.on('end', () => {
          if ((response.statusCode ?? 0) < 300) resolve(text === '' ? {} : (JSON.parse(text) as Answer));
          else reject(new Error(`${method} ${url}: ${response.statusCode} ${text}`));
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
