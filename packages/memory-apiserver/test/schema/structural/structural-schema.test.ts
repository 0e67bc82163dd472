import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../../src/index.js';
import { structuralSchema } from '../../../src/schema/structural/structural-schema.js';

const schema = structuralSchema({
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        a: { type: 'string', default: 'A' },
        b: { type: 'object', properties: { c: { type: 'integer' } } },
        m: {
          type: 'object',
          additionalProperties: { type: 'object', properties: { x: { type: 'string' } } },
        },
        l: { type: 'array', items: { type: 'object', properties: { y: { type: 'boolean' } } } },
        open: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      },
    },
  },
});

const objects = fc
  .record({
    spec: fc.dictionary(fc.constantFrom('a', 'b', 'm', 'l', 'open', 'z'), fc.jsonValue(), {
      noNullPrototype: true,
    }),
    extra: fc.jsonValue(),
  })
  .map((fields): KubeObject => ({ apiVersion: 'e/v1', kind: 'E', metadata: { name: 'n' }, ...fields }));

describe('a structural schema', () => {
  it('has nothing left to prune in what it has pruned', () => {
    fc.assert(
      fc.property(objects, (object) => {
        expect(schema.prune(object)).toContain('extra');
        expect(schema.prune(object)).toEqual([]);
      }),
    );
  });

  it('adds nothing more to what it has completed', () => {
    fc.assert(
      fc.property(objects, (object) => {
        schema.complete(object);
        const before = JSON.stringify(object);
        schema.complete(object);
        expect(JSON.stringify(object)).toBe(before);
      }),
    );
  });

  it('lets an unchanged object pass whatever it is', () => {
    fc.assert(
      fc.property(objects, (object) => {
        expect(schema.validateUpdate(object, structuredClone(object))).toEqual([]);
      }),
    );
  });

  it('is the same for the same value, and open without one', () => {
    const source = { type: 'object' };
    expect(structuralSchema(source)).toBe(structuralSchema(source));
    const object: KubeObject = { apiVersion: 'e/v1', kind: 'E', metadata: { name: 'n' }, any: { thing: 1 } };
    expect(structuralSchema(undefined).prune(object)).toEqual([]);
  });
});
