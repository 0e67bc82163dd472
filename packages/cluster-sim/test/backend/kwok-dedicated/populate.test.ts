import { createApiServer, type Cluster, type LocalServer } from '@scale-cluster/memory-apiserver';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ApiConnection } from '../../../src/backend/http-objects/api-connection.js';
import { HttpObjects } from '../../../src/backend/http-objects/http-objects.js';
import { populate, renderObjects } from '../../../src/backend/kwok-dedicated/populate.js';

const stage = { apiVersion: 'kwok.x-k8s.io/v1alpha1', kind: 'Stage', metadata: { name: 's' }, spec: {} };
const widget = {
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  metadata: { name: 'w', namespace: 'team' },
  spec: { of: '{{cluster-name}}' },
};
const node = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: '{{cluster-name}}-n1', uid: 'u', resourceVersion: '7', labels: { a: 'b' } },
};
const team = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team' } };
const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'widgets', kind: 'Widget', singular: 'widget', listKind: 'WidgetList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
};
const invalid = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'Not A Name', namespace: 'team' },
  spec: {},
};
// In the wrong order on purpose.
const template = [stage, widget, node, invalid, definition, team];

const server = createApiServer();
let cluster: Cluster;
let local: LocalServer;
let connection: ApiConnection;
let objects: HttpObjects;

beforeEach(async () => {
  cluster = server.createCluster({ name: 'c', uid: 'uid' });
  local = await cluster.listen();
  connection = new ApiConnection({ server: local.url, caCert: local.caCert, token: local.token });
  objects = new HttpObjects({ connection, random: () => 0 });
});

afterEach(async () => {
  await connection.close();
  await local.close();
  cluster.close();
});

it('renders what a server may be given: the name put in, nodes marked for KWOK, no Stages', () => {
  const rendered = renderObjects(template, 'edge');
  expect(rendered.find(({ kind }) => kind === 'Node')).toEqual({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: 'edge-n1',
      labels: { a: 'b', type: 'kwok' },
      annotations: { 'kwok.x-k8s.io/node': 'fake' },
    },
  });
  expect(rendered.map(({ kind }) => kind)).not.toContain('Stage');
  expect(node.metadata.uid).toBe('u');
});

it("leaves out the server's own Service with its endpoints, and no other of that name", () => {
  const of = (apiVersion: string, kind: string, namespace: string) => ({
    apiVersion,
    kind,
    metadata: { name: 'kubernetes', namespace },
  });
  const other = of('v1', 'Service', 'team');
  const own = [
    of('v1', 'Service', 'default'),
    of('v1', 'Endpoints', 'default'),
    of('discovery.k8s.io/v1', 'EndpointSlice', 'default'),
  ];
  expect(renderObjects([...own, other, of('v1', 'ConfigMap', 'default')], 'edge')).toEqual([
    other,
    of('v1', 'ConfigMap', 'default'),
  ]);
});

it('creates each thing after what it needs, and reports what is refused', async () => {
  const refusals = await populate(objects, renderObjects(template, 'edge'));
  expect(refusals.map(({ object }) => object)).toEqual(['Service team/Not A Name']);
  expect(await objects.get('widgets.example.com', 'team', 'w')).toMatchObject({ spec: { of: 'edge' } });
  expect(await objects.find('nodes', undefined, 'edge-n1')).toBeDefined();
  expect(await objects.find('serviceaccounts', 'team', 'default')).toBeDefined();
});

it('may be done again, and leaves alone what was changed since', async () => {
  const rendered = renderObjects(template, 'edge');
  await populate(objects, rendered);
  await objects.patch('nodes', undefined, 'edge-n1', 'merge', { metadata: { labels: { a: 'mine' } } });
  await populate(objects, rendered);
  expect((await objects.get('nodes', undefined, 'edge-n1')).metadata.labels).toMatchObject({ a: 'mine' });
});

it('throws when the server does not answer, so that it is done again', async () => {
  const rendered = renderObjects(template, 'edge');
  await objects.refreshCatalog();
  await local.close();
  await expect(populate(objects, rendered)).rejects.toMatchObject({ code: 503 });
});
