import { X509Certificate, createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { parse, parseAllDocuments } from 'yaml';
import type { FakeRancher } from '../src/index.js';
import { caChecksum } from '../src/pki.js';
import { ask, until, type AnyJson } from './support/api-client.js';
import { cleanUpAfterEach, startRancher } from './support/setup.js';

cleanUpAfterEach();

const provisioning = '/v1/provisioning.cattle.io.clusters';
/** The API alone needs no TLS: these tests are quicker without. */
const start = (): Promise<FakeRancher> => startRancher({ tls: false, token: 'token-abcde:secret' });
const create = async (rancher: FakeRancher, name: string): Promise<string> =>
  (await ask(rancher, 'POST', '/v3/clusters', { body: { type: 'cluster', name } })).json.id as string;

describe('authentication', () => {
  it.each([
    ['Bearer', { Authorization: 'bearer token-abcde:secret' }],
    ['Basic', { Authorization: `Basic ${Buffer.from('token-abcde:secret').toString('base64url')}` }],
    ['a cookie', { Cookie: 'x=1; R_SESS=token-abcde:secret' }],
  ])('takes the token as %s', async (_, headers) => {
    const rancher = await start();
    expect((await ask(rancher, 'GET', '/v3/clusters', { token: null, headers })).status).toBe(200);
  });

  it('refuses other tokens and none, in the words of Rancher', async () => {
    const rancher = await start();
    for (const token of [null, 'token-abcde:wrong', 'token-abcde']) {
      const answer = await ask(rancher, 'GET', '/v3/clusters', { token });
      expect(answer).toMatchObject({
        status: 401,
        json: { type: 'error', status: '401', message: 'must authenticate' },
      });
    }
    expect((await ask(rancher, 'GET', provisioning, { token: null })).json.message).toBe(
      'Unauthorized 401: must authenticate',
    );
    expect((await ask(rancher, 'GET', '/unknown', { token: null })).status).toBe(401);
  });

  it('needs none for ping and cacerts', async () => {
    const rancher = await startRancher();
    expect(await ask(rancher, 'GET', '/ping', { token: null })).toMatchObject({ status: 200, text: 'pong' });
    const { json } = await ask(rancher, 'GET', '/v3/settings/cacerts', { token: null });
    expect(`${json.value}\n`).toBe(rancher.caCert);
    expect(new X509Certificate(json.value as string).ca).toBe(true);
  });
});

describe('/v3/settings', () => {
  it('knows the URL of the server', async () => {
    const rancher = await start();
    expect((await ask(rancher, 'GET', '/v3/settings/server-url')).json).toMatchObject({
      id: 'server-url',
      value: rancher.url,
    });
    expect((await ask(rancher, 'GET', '/v3/settings/cacerts')).json.value).toBe('');
    expect(await ask(rancher, 'GET', '/v3/settings/nonsense')).toMatchObject({
      status: 404,
      json: { code: 'NotFound' },
    });
  });
});

describe('/v3/clusters', () => {
  it('creates a cluster that is pending at first and then waits for its agent', async () => {
    const rancher = await start();
    const { status, json } = await ask(rancher, 'POST', '/v3/clusters', {
      body: { name: 'one', annotations: { own: 'key' } },
    });
    expect(status).toBe(201);
    expect(json).toMatchObject({
      type: 'cluster',
      name: 'one',
      state: 'pending',
      transitioning: 'yes',
      annotations: { own: 'key' },
    });
    expect(json.id).toMatch(/^c-[a-z0-9]{5}$/);
    const waiting = await until(
      () => ask(rancher, 'GET', `/v3/clusters/${json.id}`),
      (answer) => answer.json.state === 'waiting',
    );
    expect(waiting.json.transitioning).toBe('yes');
  });

  it('refuses what norman refuses', async () => {
    const rancher = await start();
    await create(rancher, 'one');
    const post = (body: unknown) => ask(rancher, 'POST', '/v3/clusters', { body });
    expect(await post({ name: 'ONE' })).toMatchObject({
      status: 422,
      json: { type: 'error', status: 422, code: 'NotUnique', fieldName: 'Cluster name' },
    });
    expect(await post({})).toMatchObject({
      status: 422,
      json: { code: 'MissingRequired', fieldName: 'name' },
    });
    expect(await post('{')).toMatchObject({ status: 422, json: { code: 'InvalidBodyContent' } });
    expect(await post({ name: 'two', labels: { a: 1 } })).toMatchObject({
      status: 422,
      json: { code: 'InvalidFormat' },
    });
    expect(await ask(rancher, 'GET', '/v3/clusters/c-none')).toMatchObject({
      status: 404,
      json: { code: 'NotFound' },
    });
    expect(await ask(rancher, 'PATCH', '/v3/clusters')).toMatchObject({
      status: 405,
      json: { code: 'MethodNotAllowed' },
    });
  });

  it('lists in pages that lead to all', async () => {
    const rancher = await start();
    const ids = await Promise.all(Array.from({ length: 7 }, (_, index) => create(rancher, `n${index}`)));
    const found: string[] = [];
    let next: string | undefined = '/v3/clusters?limit=3';
    let pages = 0;
    while (next !== undefined) {
      const { json } = await ask(rancher, 'GET', next);
      pages++;
      expect(json.pagination).toMatchObject({ limit: 3, total: 7, partial: true });
      found.push(...json.data.map(({ id }: { id: string }) => id));
      next = json.pagination.next;
    }
    expect(pages).toBe(3);
    expect(found).toEqual([...ids].sort());
  });

  it('has 1000 on a page unless told', async () => {
    const rancher = await start();
    expect((await ask(rancher, 'GET', '/v3/clusters')).json.pagination).toEqual({ limit: 1000, total: 0 });
    expect((await ask(rancher, 'GET', '/v3/clusters?limit=-1')).json.pagination.limit).toBe(10_000);
    expect(await ask(rancher, 'GET', '/v3/clusters?limit=x')).toMatchObject({
      status: 422,
      json: { code: 'InvalidFormat' },
    });
  });

  it.each([
    ['name=n1', ['n1']],
    ['name_prefix=n', ['n1', 'n2']],
    ['name_ne=n1', ['m1', 'n2']],
    ['name_in=n1,m1', ['m1', 'n1']],
    ['name=n1&state=active', []],
  ])('filters by %s', async (query, names) => {
    const rancher = await start();
    for (const name of ['n1', 'n2', 'm1']) await create(rancher, name);
    const { json } = await ask(rancher, 'GET', `/v3/clusters?${query}`);
    expect(json.data.map(({ name }: { name: string }) => name).sort()).toEqual(names);
  });

  it('updates labels, annotations and description', async () => {
    const rancher = await start();
    const id = await create(rancher, 'one');
    const { json } = await ask(rancher, 'PUT', `/v3/clusters/${id}`, {
      body: { name: 'one', description: 'd', annotations: { a: 'b' } },
    });
    expect(json).toMatchObject({
      description: 'd',
      annotations: { a: 'b' },
      labels: { 'cattle.io/creator': 'norman' },
    });
  });

  it('deletes, and the name is free at once', async () => {
    const rancher = await start();
    const id = await create(rancher, 'one');
    expect((await ask(rancher, 'DELETE', `/v3/clusters/${id}`)).json).toMatchObject({ state: 'removing' });
    expect(await create(rancher, 'one')).not.toBe(id);
    await until(
      () => ask(rancher, 'GET', `/v3/clusters/${id}`),
      ({ status }) => status === 404,
    );
  });

  it('generates a kubeconfig with a token that works', async () => {
    const rancher = await start();
    const id = await create(rancher, 'one');
    const { json } = await ask(rancher, 'POST', `/v3/clusters/${id}?action=generateKubeconfig`);
    const config = parse(json.config as string);
    expect(config.clusters[0].cluster.server).toBe(`${rancher.url}/k8s/clusters/${id}`);
    const token = config.users[0].user.token as string;
    expect(token).not.toBe(rancher.token);
    // No agent yet: the request gets past authentication and no further.
    expect(await ask(rancher, 'GET', `/k8s/clusters/${id}/api`, { token })).toMatchObject({
      status: 503,
      json: { code: 'ClusterUnavailable' },
    });
    expect((await ask(rancher, 'POST', `/v3/clusters/${id}?action=explode`)).status).toBe(404);
  });
});

describe('/v1/provisioning.cattle.io.clusters', () => {
  const body = (name: string, namespace = 'fleet-default') => ({
    metadata: { namespace, name, annotations: { own: 'key' } },
    spec: {},
  });

  it('names the management cluster a moment later, with the annotations copied', async () => {
    const rancher = await start();
    const made = await ask(rancher, 'POST', provisioning, { body: body('one') });
    expect(made).toMatchObject({
      status: 201,
      json: { id: 'fleet-default/one', type: 'provisioning.cattle.io.cluster', status: {} },
    });
    expect((await ask(rancher, 'GET', '/v3/clusters?name=one')).json.data).toEqual([]);
    const { json } = await until(
      () => ask(rancher, 'GET', `${provisioning}/fleet-default/one`),
      (answer) => answer.json.status.clusterName !== undefined,
    );
    const id = json.status.clusterName as string;
    expect(id).toMatch(/^c-m-[a-z0-9]{8}$/);
    const [found] = (await ask(rancher, 'GET', '/v3/clusters?name=one')).json.data;
    expect(found).toMatchObject({ id, annotations: { own: 'key' } });
    const management = await ask(rancher, 'GET', `/v1/management.cattle.io.clusters/${id}`);
    expect(management.json).toMatchObject({
      id,
      spec: { displayName: 'one' },
      metadata: { state: { transitioning: true } },
    });
  });

  it('refuses duplicates and names that are none', async () => {
    const rancher = await start();
    await ask(rancher, 'POST', provisioning, { body: body('one') });
    expect(await ask(rancher, 'POST', provisioning, { body: body('one') })).toMatchObject({
      status: 409,
      json: { code: 'AlreadyExists', message: 'clusters.provisioning.cattle.io "one" already exists' },
    });
    expect(await ask(rancher, 'POST', provisioning, { body: body('No_Name') })).toMatchObject({
      status: 422,
      json: { code: 'Invalid' },
    });
    expect(await ask(rancher, 'POST', provisioning, { body: body('two', '') })).toMatchObject({
      status: 422,
      json: { code: 'MissingRequired' },
    });
    expect((await ask(rancher, 'GET', `${provisioning}/fleet-default/none`)).status).toBe(404);
  });

  it('lists by namespace', async () => {
    const rancher = await start();
    await ask(rancher, 'POST', provisioning, { body: body('one') });
    await ask(rancher, 'POST', provisioning, { body: body('two', 'other') });
    const names = async (path: string) =>
      (await ask(rancher, 'GET', path)).json.data.map(({ id }: { id: string }) => id);
    expect(await names(provisioning)).toEqual(['fleet-default/one', 'other/two']);
    expect(await names(`${provisioning}/other`)).toEqual(['other/two']);
  });

  it('deletes before the management cluster exists', async () => {
    const rancher = await start();
    await ask(rancher, 'POST', provisioning, { body: body('one') });
    await ask(rancher, 'DELETE', `${provisioning}/fleet-default/one`);
    await until(
      () => ask(rancher, 'GET', `${provisioning}/fleet-default/one`),
      ({ status }) => status === 404,
    );
    expect(rancher.clusters()).toEqual([]);
  });

  it('shows a cluster made through /v3 under its id', async () => {
    const rancher = await start();
    const id = await create(rancher, 'one');
    expect((await ask(rancher, 'GET', `${provisioning}/fleet-default/${id}`)).json.status.clusterName).toBe(
      id,
    );
  });
});

describe('registration tokens', () => {
  it('open the import manifest', async () => {
    const rancher = await startRancher();
    const id = await create(rancher, 'one');
    const { json } = await until(
      () => ask(rancher, 'GET', `/v3/clusterregistrationtokens?clusterId=${id}`),
      (answer) => answer.json.data.length > 0,
    );
    const [token] = json.data;
    expect(token).toMatchObject({
      id: `${id}:default-token`,
      clusterId: id,
      manifestUrl: `${rancher.url}/v3/import/${token.token}_${id}.yaml`,
    });
    const manifest = await ask(rancher, 'GET', new URL(token.manifestUrl as string).pathname, {
      token: null,
    });
    expect(manifest.status).toBe(200);
    const objects = (parseAllDocuments(manifest.text) as { toJS(): AnyJson }[]).map((document) =>
      document.toJS(),
    );
    expect(objects).toHaveLength(9);
    const secret = objects.find(({ kind }) => kind === 'Secret');
    expect(Buffer.from(secret.data.token as string, 'base64').toString()).toBe(token.token);
    expect(manifest.text).toContain(createHash('sha256').update(rancher.caCert).digest('hex'));
    expect(manifest.text).toContain(caChecksum(rancher.caCert));
  });

  it('do not open the manifest of another cluster, and nonsense opens none', async () => {
    const rancher = await start();
    const id = await create(rancher, 'one');
    const { json } = await ask(rancher, 'POST', '/v3/clusterregistrationtokens', {
      body: { type: 'clusterRegistrationToken', clusterId: id },
    });
    for (const file of [`${json.token}_c-other.yaml`, `nonsense_${id}.yaml`, 'nonsense'])
      expect(await ask(rancher, 'GET', `/v3/import/${file}`)).toMatchObject({
        status: 400,
        text: 'cluster not found or invalid token\n',
      });
  });

  it('are made on request, for clusters that exist', async () => {
    const rancher = await start();
    const id = await create(rancher, 'one');
    const post = (body: object) => ask(rancher, 'POST', '/v3/clusterregistrationtokens', { body });
    expect(await post({ clusterId: id })).toMatchObject({ status: 201, json: { clusterId: id } });
    expect(await post({ clusterId: 'c-none' })).toMatchObject({
      status: 422,
      json: { code: 'InvalidReference' },
    });
    expect(await post({})).toMatchObject({ status: 422, json: { code: 'MissingRequired' } });
  });
});

describe('/v3/connect', () => {
  it('answers as Rancher does when there is no good credential', async () => {
    const rancher = await start();
    const connect = (headers: Record<string, string>) =>
      ask(rancher, 'GET', '/v3/connect/register', { token: null, headers });
    expect(await connect({})).toMatchObject({ status: 401, text: 'failed authentication' });
    expect(await connect({ 'X-API-Tunnel-Token': 'none' })).toMatchObject({
      status: 400,
      text: 'cluster not found',
    });
    expect(await connect({ Authorization: 'Bearer stv-cluster-none' })).toMatchObject({ status: 401 });
  });
});

describe('/v3/subscribe', () => {
  function subscribe(rancher: FakeRancher, query = ''): Promise<{ events: AnyJson[]; socket: WebSocket }> {
    const socket = new WebSocket(`${rancher.url.replace('http', 'ws')}/v3/subscribe${query}`, {
      headers: { Authorization: `Bearer ${rancher.token}` },
    });
    const events: AnyJson[] = [];
    socket.on('message', (data: Buffer) => events.push(JSON.parse(data.toString('utf8'))));
    return new Promise((resolve, reject) => {
      socket.once('open', () => resolve({ events, socket }));
      socket.once('error', reject);
    });
  }

  it('tells of changes and of the end of a cluster, with the whole object', async () => {
    const rancher = await start();
    const { events, socket } = await subscribe(rancher, '?resourceTypes=cluster');
    const id = await create(rancher, 'one');
    await until(
      () => events,
      (list) => list.some(({ data }) => data.state === 'waiting'),
    );
    expect(events[0]).toMatchObject({
      name: 'resource.change',
      resourceType: 'cluster',
      data: { id, name: 'one' },
    });
    await ask(rancher, 'DELETE', `/v3/clusters/${id}`);
    await until(
      () => events.at(-1),
      ({ name }) => name === 'resource.remove',
    );
    expect(events.at(-1)).toMatchObject({ resourceType: 'cluster', data: { id } });
    socket.terminate();
  });

  it('refuses strangers', async () => {
    const rancher = await start();
    await expect(subscribe({ ...rancher, url: rancher.url, token: 'wrong' })).rejects.toThrow('401');
  });
});

describe('pause', () => {
  it('answers 503 for a while', async () => {
    const rancher = await start();
    const paused = rancher.pause(500);
    expect((await ask(rancher, 'GET', '/ping')).status).toBe(503);
    await paused;
    expect((await ask(rancher, 'GET', '/ping')).status).toBe(200);
  });

  it('can be ended early', async () => {
    const rancher = await start();
    const paused = rancher.pause(60_000);
    rancher.resume();
    await paused;
    expect((await ask(rancher, 'GET', '/ping')).status).toBe(200);
  });
});
