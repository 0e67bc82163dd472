import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeWatchEvent } from '../../src/codec/protobuf-encode.js';
import { encodeSharedEvent } from '../../src/codec/shared-event.js';
import { ApiError } from '../../src/errors.js';
import type { KubeObject } from '../../src/object.js';
import { caseName, recorded } from '../fixtures/recorded.js';

const cases = recorded.map((record) => [caseName(record), record] as const);

/** As renderers write it: what kind it is, then metadata, then the rest. */
const textOf = ({ kind, apiVersion, metadata, ...rest }: KubeObject): string =>
  JSON.stringify({ kind, apiVersion, metadata, ...rest });

describe('an event of an object whose fields others share', () => {
  it.each(cases)('has the same bytes as of the object alone: %s', (_name, { printed }) => {
    const other = { ...printed, metadata: { ...printed.metadata, name: 'other', uid: 'another' } };
    for (const object of [printed, other, printed])
      expect(encodeSharedEvent('ADDED', textOf(object))).toEqual(encodeWatchEvent('ADDED', object));
  });

  it('has them whatever stands in its metadata', () => {
    const texts = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }));
    const awkward = fc.stringMatching(/^[\\"{},:[\]]{0,8}$/);
    fc.assert(
      fc.property(texts, fc.dictionary(awkward, awkward), texts, (labels, annotations, data) => {
        const metadata = { name: 'a', labels, annotations };
        const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data };
        expect(encodeSharedEvent('ADDED', textOf(object))).toEqual(encodeWatchEvent('ADDED', object));
      }),
    );
  });

  it('has them wherever the metadata stands', () => {
    const metadata = { name: 'a' };
    const data = { x: 'y', '"metadata":{': '' };
    const object = { apiVersion: 'v1', kind: 'ConfigMap', data, metadata };
    expect(encodeSharedEvent('ADDED', JSON.stringify(object))).toEqual(encodeWatchEvent('ADDED', object));
  });

  it('is none for kinds that have no protobuf form', () => {
    const widget = { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'a' } };
    expect(() => encodeSharedEvent('ADDED', textOf(widget))).toThrow(ApiError);
  });
});
