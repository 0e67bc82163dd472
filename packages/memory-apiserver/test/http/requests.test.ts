import { gunzipSync } from 'node:zlib';
import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { decodeProtobuf } from '../../src/codec/protobuf.js';
import { applyDefaults } from '../../src/schema/defaults.js';
import { configMap, MAPS, TestCluster } from './test-cluster.js';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await TestCluster.start();
});
afterAll(async () => {
  await cluster.close();
});

const status = (code: number, reason: string, message?: unknown): object => ({
  code,
  body: {
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    code,
    reason,
    ...(message ? { message } : {}),
  },
});

describe('every answer', () => {
  it.each([
    '/api/v2',
    '/api/v1/unicorns',
    '/apis/apps/v9',
    '/apis/apps/v1/unicorns',
    '/api/v1/namespaces/default/pods/x/nothing',
    '/api/v1/namespaces/default/nodes',
  ])('to an unknown path is a Status: %s', async (path) => {
    expect(await cluster.send('GET', path)).toMatchObject(
      status(404, 'NotFound', 'the server could not find the requested resource'),
    );
  });

  it.each(['/nowhere', '/apis/example.com/v1', '/apis/example.com/v1/things', '/%zz'])(
    'to a path that is no API is plain text: %s',
    async (path) => {
      const { code, text } = await cluster.send('GET', path);
      expect([code, text]).toEqual([404, '404 page not found\n']);
    },
  );

  it('to an unknown or missing token is 401', async () => {
    expect(await cluster.send('GET', '/api', { token: 'wrong' })).toMatchObject(status(401, 'Unauthorized'));
    expect(await cluster.send('GET', '/api', { token: null })).toMatchObject(status(401, 'Unauthorized'));
    expect(await cluster.send('GET', '/healthz', { token: 'wrong' })).toMatchObject(
      status(401, 'Unauthorized'),
    );
  });

  it('about health and version needs no token', async () => {
    for (const path of ['/healthz', '/livez', '/readyz']) {
      expect(await cluster.send('GET', path, { token: null })).toMatchObject({ code: 200, text: 'ok' });
    }
    expect(await cluster.send('GET', '/readyz/ping', { token: null })).toMatchObject({ code: 403 });
    expect((await cluster.send('GET', '/readyz?verbose')).text).toContain('readyz check passed');
    expect((await cluster.send('GET', '/version', { token: null })).body).toMatchObject({
      major: '1',
      minor: '34',
    });
  });

  it('to a method that means nothing is 405', async () => {
    expect(await cluster.send('DELETE', '/api/v1/componentstatuses/x')).toMatchObject(
      status(405, 'MethodNotAllowed'),
    );
    expect(await cluster.send('OPTIONS', MAPS)).toMatchObject(status(405, 'MethodNotAllowed'));
    const body = configMap('x');
    expect(await cluster.send('POST', `${MAPS}/x`, { body })).toMatchObject(status(405, 'MethodNotAllowed'));
    expect(await cluster.send('PUT', MAPS, { body })).toMatchObject(status(405, 'MethodNotAllowed'));
    expect(await cluster.send('POST', '/api/v1/configmaps', { body })).toMatchObject(
      status(405, 'MethodNotAllowed'),
    );
  });

  it('to HEAD has headers alone', async () => {
    expect(await cluster.send('HEAD', '/readyz')).toMatchObject({ code: 200, text: '' });
    expect(await cluster.send('HEAD', '/api/v1/namespaces/default')).toMatchObject({ code: 405, text: '' });
  });
});

describe('request bodies', () => {
  it('may be YAML', async () => {
    const body = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: yaml\ndata: {a: b}\n';
    const headers = { 'Content-Type': 'application/yaml' };
    expect(await cluster.send('POST', MAPS, { body, headers })).toMatchObject({
      code: 201,
      body: { data: { a: 'b' } },
    });
  });

  it.each([
    ['no JSON', '{', 400, 'BadRequest', 'application/json'],
    ['no object', '[]', 400, 'BadRequest', 'application/json'],
    ['of another kind', '{"kind":"Pod","apiVersion":"v1"}', 400, 'BadRequest', 'application/json'],
    ['of another version', '{"kind":"ConfigMap","apiVersion":"v2"}', 400, 'BadRequest', 'application/json'],
    ['of another shape', '{"metadata":{"name":"x","labels":{"a":1}}}', 400, 'BadRequest', 'application/json'],
    ['of other field types', '{"metadata":{"name":"x"},"data":"x"}', 400, 'BadRequest', 'application/json'],
    ['bad YAML', 'a: [', 400, 'BadRequest', 'application/yaml'],
    ['bad protobuf', 'k8s', 400, 'BadRequest', 'application/vnd.kubernetes.protobuf'],
    ['of unknown type', 'x', 415, 'UnsupportedMediaType', 'text/plain'],
    ['without a name', '{"metadata":{}}', 422, 'Invalid', 'application/json'],
    ['with a bad name', '{"metadata":{"name":"Not Valid"}}', 422, 'Invalid', 'application/json'],
  ])('that are %s are refused', async (_what, body, code, reason, type) => {
    const answer = await cluster.send('POST', MAPS, { body, headers: { 'Content-Type': type } });
    expect(answer).toMatchObject(status(code, reason));
  });

  it('of more than 3 MiB are refused, announced or not', async () => {
    const body = JSON.stringify(configMap('large', { data: { a: 'x'.repeat(3 << 20) } }));
    expect(await cluster.send('POST', MAPS, { body })).toMatchObject(status(413, 'RequestEntityTooLarge'));
    const code = await new Promise((resolve, reject) => {
      const headers = { Authorization: 'Bearer admin', 'Content-Type': 'application/json' };
      const request = httpRequest(cluster.url + MAPS, { method: 'POST', headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      request.on('error', reject);
      request.write(body.slice(0, 2 << 20));
      request.end(body.slice(2 << 20));
    });
    expect(code).toBe(413);
  });
});

describe('answers take the form that is asked for', () => {
  it('a Table', async () => {
    const headers = { Accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' };
    const { body } = await cluster.send('GET', '/api/v1/namespaces', { headers });
    expect(body).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1' });
    expect(body.columnDefinitions.map(({ name }: { name: string }) => name)).toEqual([
      'Name',
      'Status',
      'Age',
    ]);
    expect(body.rows[0]).toMatchObject({
      cells: ['default', 'Active', expect.any(String)],
      object: { kind: 'PartialObjectMetadata' },
    });
  });

  it('metadata alone', async () => {
    const headers = { Accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io' };
    const { body } = await cluster.send('GET', '/api/v1/namespaces', { headers });
    expect(body).toMatchObject({ kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1' });
    expect(Object.keys(body.items[0])).toEqual(['kind', 'apiVersion', 'metadata']);
  });

  it('YAML', async () => {
    const { text, headers } = await cluster.send('GET', '/api/v1/namespaces/default', {
      headers: { Accept: 'application/yaml' },
    });
    expect(headers.get('content-type')).toBe('application/yaml');
    expect(text).toMatch(/^apiVersion: v1\nkind: Namespace\n/);
  });

  it('YAML that readers of YAML 1.1, as Go’s is, don’t take for something else', async () => {
    const data = {
      a: 'yes',
      b: '0123',
      c: '1:30',
      d: 'null',
      e: `${'long '.repeat(40)}line`,
      f: 'one\ntwo\n',
    };
    await cluster.send('POST', MAPS, { body: configMap('tricky', { data }) });
    const headers = { Accept: 'application/yaml' };
    const { text } = await cluster.send('GET', `${MAPS}/tricky`, { headers });
    expect(parseYaml(text, { version: '1.1' })).toMatchObject({ kind: 'ConfigMap', data });
    expect(text).toContain('line');
    expect(text.split('\n').some((line) => line.length > 200)).toBe(true);
    const list = await cluster.send('GET', MAPS, { headers });
    expect(parseYaml(list.text, { version: '1.1' })).toMatchObject({ kind: 'ConfigMapList' });
  });

  it('no Table of what has no columns', async () => {
    const headers = { Accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };
    const body = { spec: { resourceAttributes: { verb: 'get', resource: 'pods' } } };
    const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
    expect(await cluster.send('POST', path, { headers, body })).toMatchObject(status(406, 'NotAcceptable'));
  });

  it('JSON for people, who read it with such programs', async () => {
    const headers = { 'User-Agent': 'curl/8.0' };
    const { text } = await cluster.send('GET', '/api/v1/namespaces/default', { headers });
    expect(text).toMatch(/^{\n {2}"kind": "Namespace",\n/);
  });

  it('errors in YAML too', async () => {
    const answer = await cluster.send('GET', `${MAPS}/none`, { headers: { Accept: 'application/yaml' } });
    expect(answer.code).toBe(404);
    expect(answer.headers.get('content-type')).toBe('application/yaml');
    expect(parseYaml(answer.text)).toMatchObject({ kind: 'Status', reason: 'NotFound' });
  });

  it('protobuf', async () => {
    const Accept = 'application/vnd.kubernetes.protobuf, application/json';
    const response = await cluster.fetch('GET', '/api/v1/namespaces/default', { headers: { Accept } });
    expect(response.headers.get('content-type')).toBe('application/vnd.kubernetes.protobuf');
    const { body } = await cluster.send('GET', '/api/v1/namespaces/default');
    const decoded = decodeProtobuf(Buffer.from(await response.arrayBuffer()));
    applyDefaults(decoded);
    expect(decoded).toEqual(body);
  });

  it('nothing else', async () => {
    const answer = await cluster.send('GET', '/api/v1/namespaces', { headers: { Accept: 'text/html' } });
    expect(answer).toMatchObject(status(406, 'NotAcceptable'));
  });

  it('compressed, if it is large', async () => {
    for (let i = 0; i < 3; i += 1) {
      await cluster.send('POST', MAPS, { body: configMap(`big-${i}`, { data: { a: 'x'.repeat(60_000) } }) });
    }
    const headers = { 'Accept-Encoding': 'gzip', Authorization: 'Bearer admin' };
    const [encoding, body] = await new Promise<[unknown, Buffer]>((resolve) => {
      httpRequest(cluster.url + MAPS, { headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => resolve([response.headers['content-encoding'], Buffer.concat(chunks)]));
      }).end();
    });
    expect(encoding).toBe('gzip');
    expect(body.length).toBeLessThan(20_000);
    expect(JSON.parse(gunzipSync(body).toString()).items.length).toBeGreaterThanOrEqual(3);
  });

  it('with a warning where a resource is deprecated, and one for each other thing', async () => {
    const path = '/api/v1/namespaces/default/endpoints';
    const { headers } = await cluster.send('GET', path);
    expect(headers.get('warning')).toBe(
      '299 - "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"',
    );
    const body = { metadata: { name: 'warned' }, foo: 1 };
    const written = await cluster.send('POST', path, { body });
    expect(written.headers.get('warning')).toContain('deprecated');
    expect(written.headers.get('warning')).toContain('unknown field');
    const older = await TestCluster.start({ controllers: [], version: 'v1.28.5' });
    expect((await older.send('GET', path)).headers.get('warning')).toBeNull();
    await older.close();
  });

  it('with an ETag for documents that hardly ever change', async () => {
    const first = await cluster.send('GET', '/openapi/v3');
    const etag = first.headers.get('etag') ?? '';
    expect(first.body.paths['apis/apps/v1'].serverRelativeURL).toMatch(
      /^\/openapi\/v3\/apis\/apps\/v1\?hash=/,
    );
    const again = await cluster.send('GET', '/openapi/v3', { headers: { 'If-None-Match': etag } });
    expect(again).toMatchObject({ code: 304, text: '' });
  });
});

describe('a list', () => {
  it('has items without kind and apiVersion, and the version of the moment', async () => {
    const { body } = await cluster.send('GET', '/api/v1/namespaces');
    expect(body).toMatchObject({ kind: 'NamespaceList', apiVersion: 'v1' });
    expect(Number(body.metadata.resourceVersion)).toBeGreaterThan(0);
    expect(body.items[0].kind).toBeUndefined();
  });

  it('can be asked for by labels and fields', async () => {
    await cluster.send('POST', MAPS, { body: { metadata: { name: 'red', labels: { colour: 'red' } } } });
    await cluster.send('POST', MAPS, { body: { metadata: { name: 'blue', labels: { colour: 'blue' } } } });
    const names = async (query: string): Promise<string[]> =>
      (await cluster.send('GET', `/api/v1/configmaps?${query}`)).body.items.map(
        (item: { metadata: { name: string } }) => item.metadata.name,
      );
    expect(await names('labelSelector=colour+in+(red,green)')).toEqual(['red']);
    expect(await names('labelSelector=colour!%3Dred,colour')).toEqual(['blue']);
    expect(await names('fieldSelector=metadata.name%3Dblue')).toEqual(['blue']);
    expect(await cluster.send('GET', '/api/v1/configmaps?fieldSelector=data.a%3Db')).toMatchObject(
      status(400, 'BadRequest'),
    );
  });

  it('refuses options that contradict each other', async () => {
    for (const query of [
      'resourceVersionMatch=Exact',
      'sendInitialEvents=true',
      'resourceVersionMatch=Exact&resourceVersion=0',
    ]) {
      expect(await cluster.send('GET', `${MAPS}?${query}`)).toMatchObject(status(422, 'Invalid'));
    }
  });

  it('can be had as it was at a version', async () => {
    const { body } = await cluster.send('POST', MAPS, { body: configMap('later') });
    await cluster.send('DELETE', `${MAPS}/later`);
    const at = `resourceVersion=${body.metadata.resourceVersion}&resourceVersionMatch=Exact`;
    const { text } = await cluster.send('GET', `${MAPS}?${at}`);
    expect(text).toContain('"later"');
    expect((await cluster.send('GET', MAPS)).text).not.toContain('"later"');
  });
});

describe('a write', () => {
  it('answers with the object, or says what is gone', async () => {
    const created = await cluster.send('POST', MAPS, { body: configMap('one', { data: { a: 'b' } }) });
    expect(created).toMatchObject({
      code: 201,
      body: { kind: 'ConfigMap', metadata: { namespace: 'default' } },
    });
    const { uid } = created.body.metadata;
    expect(
      await cluster.send('PUT', `${MAPS}/one`, { body: configMap('one', { data: { a: 'c' } }) }),
    ).toMatchObject({
      code: 200,
      body: { metadata: { uid }, data: { a: 'c' } },
    });
    expect(await cluster.send('DELETE', `${MAPS}/one`)).toMatchObject({
      code: 200,
      body: { kind: 'Status', status: 'Success', details: { name: 'one', kind: 'configmaps', uid } },
    });
    expect(await cluster.send('GET', `${MAPS}/one`)).toMatchObject(
      status(404, 'NotFound', 'configmaps "one" not found'),
    );
  });

  it('ignores a namespace on a cluster-scoped object, as in the import manifest of Rancher', async () => {
    const body = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'cattle-admin-binding', namespace: 'cattle-system' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cattle-admin' },
    };
    const created = await cluster.send('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
      body,
    });
    expect(created.code).toBe(201);
    expect(created.body.metadata.namespace).toBeUndefined();
  });

  it('is not done when it is a dry run', async () => {
    expect(await cluster.send('POST', `${MAPS}?dryRun=All`, { body: configMap('dry') })).toMatchObject({
      code: 201,
    });
    expect(await cluster.send('GET', `${MAPS}/dry`)).toMatchObject({ code: 404 });
    expect(await cluster.send('POST', `${MAPS}?dryRun=Some`, { body: configMap('dry') })).toMatchObject({
      code: 422,
    });
  });

  it('warns of unknown fields, refuses or ignores them, and never stores them', async () => {
    const send = (query: string): Promise<{ code: number; headers: Headers; body: { wrong?: unknown } }> =>
      cluster.send('POST', `${MAPS}?dryRun=All&${query}`, { body: configMap('odd', { wrong: 1 }) });
    const warned = await send('');
    expect(warned.headers.get('warning')).toBe('299 - "unknown field \\"wrong\\""');
    expect(warned.body.wrong).toBeUndefined();
    expect(await send('fieldValidation=Strict')).toMatchObject(status(400, 'BadRequest'));
    expect((await send('fieldValidation=Ignore')).headers.get('warning')).toBeNull();
  });

  it('is known by its patch type', async () => {
    await cluster.send('POST', MAPS, { body: configMap('patched', { data: { a: 'b' } }) });
    const patch = (type: string, body: unknown): Promise<unknown> =>
      cluster.send('PATCH', `${MAPS}/patched`, { body, headers: { 'Content-Type': type } });
    expect(await patch('application/merge-patch+json', { data: { a: null, b: 'c' } })).toMatchObject({
      body: { data: { b: 'c' } },
    });
    expect(
      await patch('application/json-patch+json', [{ op: 'add', path: '/data/d', value: 'e' }]),
    ).toMatchObject({
      body: { data: { b: 'c', d: 'e' } },
    });
    expect(await patch('application/strategic-merge-patch+json', { data: { d: 'f' } })).toMatchObject({
      body: { data: { d: 'f' } },
    });
    expect(await patch('application/json', {})).toMatchObject(status(415, 'UnsupportedMediaType'));
    expect(await patch('application/apply-patch+yaml', 'data: {}')).toMatchObject(status(422, 'Invalid'));
  });
});

describe('subresources', () => {
  const ACCOUNTS = '/api/v1/namespaces/default/serviceaccounts';
  const PODS = '/api/v1/namespaces/default/pods';

  it('give tokens to clients that write null for what they leave out, as Go’s do', async () => {
    await cluster.send('POST', ACCOUNTS, { body: { metadata: { name: 'nulls' } } });
    const body = {
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: { creationTimestamp: null },
      spec: { audiences: null, expirationSeconds: null, boundObjectRef: null },
      status: { token: '', expirationTimestamp: null },
    };
    const answer = await cluster.send('POST', `${ACCOUNTS}/nulls/token`, { body });
    expect(answer).toMatchObject({ code: 201, body: { spec: { boundObjectRef: null } } });
    expect(await cluster.send('GET', '/api', { token: answer.body.status.token })).toMatchObject({
      code: 200,
    });
  });

  it('refuse values of the wrong type', async () => {
    const body = { spec: { audiences: 'all' } };
    await cluster.send('POST', ACCOUNTS, { body: { metadata: { name: 'wrong' } } });
    expect(await cluster.send('POST', `${ACCOUNTS}/wrong/token`, { body })).toMatchObject(
      status(400, 'BadRequest', expect.stringContaining('cannot unmarshal string into Go struct field')),
    );
  });

  it('bind pods, by the collection of Bindings too', async () => {
    for (const [name, path] of [
      ['bound', `${PODS}/bound/binding`],
      ['bound-too', '/api/v1/namespaces/default/bindings'],
    ] as const) {
      const spec = { containers: [{ name: 'main', image: 'nginx' }] };
      await cluster.send('POST', PODS, { body: { metadata: { name }, spec } });
      const body = { metadata: { name }, target: { kind: 'Node', name: 'n1' } };
      expect(await cluster.send('POST', path, { body })).toMatchObject({
        code: 201,
        body: { kind: 'Status', status: 'Success' },
      });
      expect((await cluster.send('GET', `${PODS}/${name}`)).body).toMatchObject({
        metadata: { generation: 1 },
        spec: { nodeName: 'n1' },
      });
    }
  });
});
