import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestCluster } from './test-cluster.js';

const answered = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

describe('/openapi/v2', () => {
  let cluster: TestCluster;

  beforeAll(async () => {
    cluster = await TestCluster.start();
  });

  afterAll(async () => {
    await cluster.close();
  });

  const get = (accept: string, headers: Record<string, string> = {}): Promise<Response> =>
    cluster.fetch('GET', '/openapi/v2', { headers: { Accept: accept, ...headers } });

  it('is JSON or protobuf, as the client asks', async () => {
    for (const [accept, type] of [
      ['*/*', 'application/json'],
      ['application/json', 'application/json'],
      ['application/com.github.proto-openapi.spec.v2@v1.0+protobuf', answered],
      [`application/json;q=0.5, ${answered}`, answered],
      ['text/html, application/*;q=0.1', 'application/json'],
    ] as const) {
      const response = await get(accept);
      expect({ accept, type: response.headers.get('content-type') }).toEqual({ accept, type });
      const body = Buffer.from(await response.arrayBuffer());
      expect(body[0]).toBe(type === answered ? 0x0a : 0x7b);
    }
  });

  it('is refused in any other type', async () => {
    const response = await get('text/html');
    expect(response.status).toBe(406);
    expect(await response.text()).toBe('');
  });

  it('is not sent again to who has it', async () => {
    const etag = (await get('*/*')).headers.get('etag') ?? '';
    expect((await get('*/*', { 'If-None-Match': etag })).status).toBe(304);
    expect((await get(answered, { 'If-None-Match': etag })).status).toBe(200);
  });

  it('knows a CRD as soon as that is served, and nothing below its path', async () => {
    const definition = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'gadgets.example.com' },
      spec: {
        group: 'example.com',
        scope: 'Cluster',
        names: { kind: 'Gadget', plural: 'gadgets' },
        versions: [
          { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } },
        ],
      },
    };
    const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
    expect((await cluster.send('POST', path, { body: definition })).code).toBe(201);
    const { body } = await cluster.send('GET', '/openapi/v2');
    expect(body.definitions['com.example.v1.Gadget']).toMatchObject({ type: 'object' });
    expect((await cluster.send('GET', '/openapi/v2/')).code).toBe(404);
  });
});
