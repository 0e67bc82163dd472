import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { parse as parseYaml } from 'yaml';
import { discoveryDocument } from '../../src/codec/discovery.js';
import { openApiDocument } from '../../src/codec/openapi.js';
import { decodeProtobuf } from '../../src/codec/protobuf.js';
import type { KubeObject } from '../../src/object.js';
import { builtinCatalog, OverlayCatalog } from '../../src/schema/catalog.js';
import type { ResourceInfo } from '../../src/schema/resource.js';
import { publishedEnums } from './published-enums.js';

const fixture = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8')) as T;

const aggregated = (version: string): string =>
  `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;

const widgets: ResourceInfo = {
  group: 'example.com',
  version: 'v1',
  kind: 'Widget',
  plural: 'widgets',
  singular: 'widget',
  listKind: 'WidgetList',
  namespaced: true,
  shortNames: ['wd'],
  categories: [],
  verbs: ['create', 'get', 'list', 'patch', 'watch'],
  subresources: [{ name: 'status', kind: 'Widget', verbs: ['get', 'patch', 'update'] }],
  storage: 'widgets.example.com',
  custom: {
    schema: {
      type: 'object',
      properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } },
    },
    printerColumns: [],
    selectableFields: [],
  },
};

function catalogWithWidgets(): OverlayCatalog {
  const catalog = new OverlayCatalog();
  catalog.setCustom('widgets.example.com', [widgets]);
  return catalog;
}

// The shape of documents is what the tests are about.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
const read = (document: { body: Buffer } | undefined): any => JSON.parse(document?.body.toString() ?? 'null');

describe('discoveryDocument', () => {
  it.each(Object.entries(fixture<Record<string, unknown>>('discovery-1.34.json')))(
    'answers %s as kube-apiserver does',
    (key, expected) => {
      const [path = '', version] = key.split(' ');
      const document = discoveryDocument(
        builtinCatalog(),
        path,
        version === undefined ? undefined : aggregated(version),
      );
      const { serverAddressByClientCIDRs: _, ...actual } = read(document);
      expect(actual).toEqual(expected);
    },
  );

  it('is aggregated for whoever asks for that, wherever in the Accept header', () => {
    const accept = `${aggregated('v2')},${aggregated('v2beta1')},application/json`;
    expect(discoveryDocument(builtinCatalog(), '/apis', accept)?.contentType).toBe(aggregated('v2'));
    expect(discoveryDocument(builtinCatalog(), '/apis', `${aggregated('v2beta1')},*/*`)?.contentType).toBe(
      aggregated('v2beta1'),
    );
    expect(
      discoveryDocument(builtinCatalog(), '/apis', `application/json,${aggregated('v2')}`)?.contentType,
    ).toBe(aggregated('v2'));
    expect(discoveryDocument(builtinCatalog(), '/apis', 'application/json')?.contentType).toBe(
      'application/json',
    );
    expect(discoveryDocument(builtinCatalog(), '/apis/apps', accept)?.contentType).toBe('application/json');
  });

  it('can be had in protobuf and YAML, with one validator for all', () => {
    const accept = (type: string): string => aggregated('v2').replace('application/json', type);
    const json = discoveryDocument(builtinCatalog(), '/apis', aggregated('v2'));
    const protobuf = discoveryDocument(
      builtinCatalog(),
      '/apis',
      accept('application/vnd.kubernetes.protobuf'),
    );
    const yaml = discoveryDocument(builtinCatalog(), '/apis', accept('application/yaml'));
    expect(protobuf?.contentType).toBe(accept('application/vnd.kubernetes.protobuf'));
    const decoded = decodeProtobuf(protobuf?.body ?? Buffer.alloc(0));
    expect(decoded.items.map((item: KubeObject) => item.metadata.name)).toEqual(
      read(json).items.map((item: KubeObject) => item.metadata.name),
    );
    expect(parseYaml(yaml?.body.toString() ?? '')).toEqual(read(json));
    expect([protobuf?.etag, yaml?.etag]).toEqual([json?.etag, json?.etag]);
  });

  it('knows nothing at other paths', () => {
    for (const path of [
      '/',
      '/api/v2',
      '/api/v1/pods',
      '/apis/nope',
      '/apis/apps/v2',
      '/apis/apps/v1/deployments',
    ])
      expect(discoveryDocument(builtinCatalog(), path, undefined)).toBeUndefined();
  });

  it('is shared by catalogs that serve the same', () => {
    const [a, b] = [new OverlayCatalog(), new OverlayCatalog()];
    expect(discoveryDocument(a, '/apis', undefined)).toBe(discoveryDocument(b, '/apis', undefined));
  });

  it('shows custom resources with their full kind', () => {
    const catalog = catalogWithWidgets();
    expect(
      read(discoveryDocument(catalog, '/apis/example.com/v1', undefined)).resources.map(
        (row: ResourceInfo & { name: string }) => row.name,
      ),
    ).toEqual(['widgets', 'widgets/status']);
    const group = read(discoveryDocument(catalog, '/apis', aggregated('v2'))).items.at(-1);
    expect(group.versions[0].resources[0].responseKind).toEqual({
      group: 'example.com',
      version: 'v1',
      kind: 'Widget',
    });
  });
});

describe('openApiDocument', () => {
  it('publishes the schemas of kube-apiserver, but for the prose', () => {
    const { schemas } = read(openApiDocument(builtinCatalog(), '/openapi/v3/apis/apps/v1')).components;
    expect(schemas).toMatchObject(fixture<object>('openapi-schemas-1.34.json'));
  });

  it('publishes the enums of kube-apiserver, also those of other groups', () => {
    const schemas = {};
    for (const name of Object.keys(read(openApiDocument(builtinCatalog(), '/openapi/v3')).paths))
      Object.assign(
        schemas,
        read(openApiDocument(builtinCatalog(), `/openapi/v3/${name}`)).components?.schemas,
      );
    expect(publishedEnums(schemas)).toEqual(fixture<object>('enums-1.34.json'));
  });

  it('lists every group version with the hash of its document', () => {
    const { paths } = read(openApiDocument(builtinCatalog(), '/openapi/v3'));
    expect(Object.keys(paths)).toContain('api/v1');
    const [path = '', hash] = paths['apis/apps/v1'].serverRelativeURL.split('?hash=');
    expect(openApiDocument(builtinCatalog(), path)?.hash).toBe(hash);
  });

  it('refers only to schemas that it has', () => {
    for (const name of Object.keys(read(openApiDocument(builtinCatalog(), '/openapi/v3')).paths)) {
      const text = openApiDocument(builtinCatalog(), `/openapi/v3/${name}`)?.body.toString() ?? '';
      const { schemas } = JSON.parse(text).components;
      for (const [, reference = ''] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g))
        expect(schemas, `${name}: ${reference}`).toHaveProperty([reference]);
    }
  });

  it('tells kubectl that fields are validated by the server', () => {
    const { paths } = read(openApiDocument(builtinCatalog(), '/openapi/v3/apis/apps/v1'));
    const patch = paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}'].patch;
    expect(patch.parameters.map(({ name }: { name: string }) => name)).toContain('fieldValidation');
    expect(patch['x-kubernetes-group-version-kind']).toEqual({
      group: 'apps',
      kind: 'Deployment',
      version: 'v1',
    });
  });

  it('publishes custom resources and shares all other documents', () => {
    const catalog = catalogWithWidgets();
    const { components, paths } = read(openApiDocument(catalog, '/openapi/v3/apis/example.com/v1'));
    expect(components.schemas['com.example.v1.Widget'].properties.spec.properties.size).toEqual({
      type: 'integer',
    });
    expect(Object.keys(paths)).toContain('/apis/example.com/v1/namespaces/{namespace}/widgets/{name}/status');
    expect(openApiDocument(catalog, '/openapi/v3/api/v1')).toBe(
      openApiDocument(builtinCatalog(), '/openapi/v3/api/v1'),
    );
    expect(openApiDocument(builtinCatalog(), '/openapi/v3/apis/example.com/v1')).toBeUndefined();
  });
});
