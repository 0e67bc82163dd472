import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Schema } from '../../src/codec/openapi-schemas.js';
import { schemaToV2 } from '../../src/codec/openapi-v2-convert.js';
import { encodeDefinitions, encodeOpenApiV2, encodePaths } from '../../src/codec/openapi-v2-protobuf.js';
import { openApiDocument } from '../../src/codec/openapi.js';
import { openApiV2Document, openApiV2Types } from '../../src/codec/openapi-v2.js';
import { builtinCatalog, OverlayCatalog } from '../../src/schema/catalog.js';
import type { ResourceCatalog, ResourceInfo } from '../../src/schema/resource.js';
import { decodeDocument } from './openapi-v2-decoder.js';

interface Swagger {
  swagger: string;
  info: { title: string; version: string };
  // Tests look deep into these.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  paths: Record<string, any>;
  definitions: Record<string, Schema>;
}

const fixture = JSON.parse(
  readFileSync(new URL('../fixtures/openapi-v2-1.34.json', import.meta.url), 'utf8'),
) as { crdSchema: Schema; document: Swagger; protobuf: string };

const [json, protobuf, olderName] = openApiV2Types;
const readJson = (catalog: ResourceCatalog): Swagger =>
  JSON.parse(openApiV2Document(catalog, json).body.toString()) as Swagger;

function gadgets(group = 'example.com', schema: Schema = fixture.crdSchema): ResourceCatalog {
  const verbs = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];
  const row: ResourceInfo = {
    group,
    version: 'v1',
    kind: 'Gadget',
    plural: 'gadgets',
    singular: 'gadget',
    listKind: 'GadgetList',
    namespaced: true,
    shortNames: [],
    categories: [],
    verbs,
    subresources: [],
    storage: `gadgets.${group}`,
    custom: { schema, printerColumns: [], selectableFields: [] },
  };
  const catalog = new OverlayCatalog();
  catalog.setCustom(row.storage, [row]);
  return catalog;
}

/** The fixture was recorded without its prose. */
function withoutDescriptions(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(withoutDescriptions);
  const kept = Object.entries(value).filter(([key, of]) => key !== 'description' || typeof of !== 'string');
  return Object.fromEntries(kept.map(([key, of]) => [key, withoutDescriptions(of)]));
}

describe('openApiV2Document', () => {
  it('defines kinds as kube-apiserver does, those of CRDs included', () => {
    const { definitions } = readJson(gadgets());
    const names = Object.keys(fixture.document.definitions);
    const ours = Object.fromEntries(names.map((name) => [name, definitions[name]]));
    expect(withoutDescriptions(ours)).toEqual(fixture.document.definitions);
  });

  it("describes what custom resources have in common, beside their authors' descriptions", () => {
    const schema = { type: 'object', description: 'A gadget.', properties: {} };
    const catalog = gadgets('described.example.com', schema);
    const gadget = {
      description: 'A gadget.',
      properties: { apiVersion: { description: expect.stringContaining('APIVersion defines') } },
    };
    expect(readJson(catalog).definitions['com.example.described.v1.Gadget']).toMatchObject(gadget);
    const v3 = openApiDocument(catalog, '/openapi/v3/apis/described.example.com/v1')?.body.toString() ?? '';
    const { schemas } = (JSON.parse(v3) as { components: { schemas: Record<string, Schema> } }).components;
    expect(schemas['com.example.described.v1.Gadget']).toMatchObject(gadget);
    const meta = schemas['io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta']?.['properties'];
    expect(meta).toHaveProperty('creationTimestamp.description');
  });

  it('refers to nothing that it does not define', () => {
    const { definitions } = readJson(gadgets());
    const text = openApiV2Document(gadgets(), json).body.toString();
    const references = [...text.matchAll(/"\$ref":"([^"]*)"/g)].map(([, to = '']) => to);
    expect(references.length).toBeGreaterThan(1000);
    const dangling = references.filter((to) => definitions[to.replace('#/definitions/', '')] === undefined);
    expect(dangling).toEqual([]);
  });

  it('tells in the operations that writes take fieldValidation', () => {
    const { paths } = readJson(gadgets());
    const patched = Object.values(paths).map((item) => item.patch);
    for (const [group, kind] of [
      ['apps', 'Deployment'],
      ['example.com', 'Gadget'],
    ]) {
      const gvk = { group, version: 'v1', kind };
      const patch = patched.find(
        (operation) => JSON.stringify(operation?.['x-kubernetes-group-version-kind']) === sorted(gvk),
      );
      expect(patch['x-kubernetes-action']).toBe('patch');
      expect(patch.parameters).toContainEqual({
        name: 'fieldValidation',
        in: 'query',
        type: 'string',
        uniqueItems: true,
      });
      expect(patch.consumes.includes('application/strategic-merge-patch+json')).toBe(group === 'apps');
    }
  });

  it('says the same in protobuf', () => {
    for (const catalog of [builtinCatalog(), gadgets()])
      expect(decodeDocument(openApiV2Document(catalog, protobuf).body)).toEqual(readJson(catalog));
  });

  it('keeps the definitions of a CRD whose group is below k8s.io', () => {
    expect(readJson(gadgets('tools.k8s.io')).definitions['io.k8s.tools.v1.Gadget']).toBeDefined();
  });

  it('is prepared once for all clusters that serve the same, and anew when it was given up', () => {
    const shared = openApiV2Document(new OverlayCatalog(), protobuf);
    expect(shared).toBe(openApiV2Document(builtinCatalog(), olderName));
    const catalog = gadgets();
    const first = openApiV2Document(catalog, json);
    expect(openApiV2Document(catalog, json)).toBe(first);
    for (let i = 0; i < 20; i += 1) openApiV2Document(gadgets(`g${i}.example.com`), json);
    const again = openApiV2Document(catalog, json);
    expect(again).not.toBe(first);
    expect(again.etag).toBe(first.etag);
  });
});

const sorted = ({ group, version, kind }: Record<string, string | undefined>): string =>
  JSON.stringify({ group, kind, version });

describe('encodeOpenApiV2', () => {
  const { document } = fixture;

  it('writes what gnostic writes', () => {
    expect(decodeDocument(Buffer.from(fixture.protobuf, 'base64'))).toEqual(document);
    const ours = encodeOpenApiV2(
      document.swagger,
      document.info,
      encodePaths(document.paths),
      encodeDefinitions(document.definitions),
    );
    expect(decodeDocument(ours)).toEqual(document);
  });

  const schemaOf = (depth: number): fc.Arbitrary<Schema> =>
    fc.record(
      {
        type: fc.constantFrom('string', 'object', 'array', 'integer'),
        $ref: fc.string(),
        description: fc.string({ unit: 'binary' }),
        minimum: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
        maxLength: fc.nat(),
        exclusiveMaximum: fc.boolean(),
        required: fc.array(fc.string(), { minLength: 1, maxLength: 2 }),
        enum: fc.array(fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null)), {
          minLength: 1,
          maxLength: 3,
        }),
        'x-kubernetes-validations': fc.array(fc.dictionary(fc.string(), fc.string(), { maxKeys: 2 }), {
          maxLength: 2,
        }),
        ...(depth === 0
          ? {}
          : {
              items: schemaOf(depth - 1),
              properties: fc.dictionary(fc.string(), schemaOf(depth - 1), { maxKeys: 2 }),
              additionalProperties: fc.oneof(fc.boolean(), schemaOf(depth - 1)),
            }),
      },
      { requiredKeys: [] },
    );

  it('loses nothing of any schema', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), schemaOf(2), { maxKeys: 2 }), (definitions) => {
        const bytes = encodeOpenApiV2('2.0', document.info, Buffer.alloc(0), encodeDefinitions(definitions));
        expect(decodeDocument(bytes)).toEqual({
          swagger: '2.0',
          info: document.info,
          paths: {},
          definitions,
        });
      }),
      { numRuns: 100 },
    );
  });
});

describe('schemaToV2', () => {
  it('leaves open what kubectl would take for complete', () => {
    const open = { 'x-kubernetes-preserve-unknown-fields': true };
    const properties = { a: { type: 'string' } };
    expect(schemaToV2({ type: 'object', properties, ...open })).toEqual(open);
    expect(schemaToV2({ type: 'object', properties, nullable: true })).toEqual({});
    expect(schemaToV2({ type: 'array', ...open })).toEqual(open);
    const kind = { 'x-kubernetes-group-version-kind': [{ group: 'g', kind: 'K', version: 'v1' }] };
    expect(schemaToV2({ type: 'object', properties, ...open, ...kind })).toEqual({ type: 'object', ...kind });
  });

  it('drops alternatives and defaults but no properties of these names', () => {
    const properties = {
      default: { type: 'string' },
      oneOf: { type: 'string' },
      nullable: { type: 'string' },
    };
    const junctors = { oneOf: [{ required: ['a'] }], anyOf: [], not: {}, allOf: [{}, {}], default: {} };
    expect(schemaToV2({ type: 'object', properties, ...junctors })).toEqual({ type: 'object', properties });
  });

  it('requires no property that may be null', () => {
    const schema = {
      type: 'object',
      required: ['a', 'b'],
      properties: { a: { type: 'string', nullable: true }, b: { type: 'string' } },
    };
    expect(schemaToV2(schema)['required']).toEqual(['b']);
    expect(schemaToV2({ ...schema, required: ['a'] })).not.toHaveProperty('required');
  });
});
