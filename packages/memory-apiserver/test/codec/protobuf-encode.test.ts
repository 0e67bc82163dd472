import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { decodeEntries, encodeEntries } from '../../src/codec/managed-fields.js';
import { encodeProtobuf } from '../../src/codec/protobuf-encode.js';
import { decodeProtobuf } from '../../src/codec/protobuf.js';
import { ApiError } from '../../src/errors.js';
import { applyDefaults } from '../../src/schema/defaults.js';
import { caseName, recorded } from '../fixtures/recorded.js';

const cases = recorded.map((record) => [caseName(record), record] as const);

describe('encodeProtobuf', () => {
  it.each(cases)('writes %s byte by byte as kube-apiserver does', (_name, { printed, protobuf }) => {
    expect(encodeProtobuf(printed).toString('base64')).toBe(protobuf);
  });

  it.each(cases)('is undone by decodeProtobuf: %s', (_name, { printed, protobuf }) => {
    const decoded = decodeProtobuf(Buffer.from(protobuf, 'base64'));
    applyDefaults(decoded);
    expect(decoded).toEqual(printed);
  });

  it.each(cases)(
    'writes managedFields as they are stored like those in full: %s',
    (_name, { printed, protobuf }) => {
      const entries = decodeEntries(printed.metadata.managedFields) ?? [];
      const managedFields = encodeEntries(entries);
      const stored = { ...printed, metadata: { ...printed.metadata, managedFields } } as typeof printed;
      expect(encodeProtobuf(stored).toString('base64')).toBe(protobuf);
    },
  );

  it('keeps any ConfigMap', () => {
    const key = fc.stringMatching(/^[a-z_]{1,12}$/);
    fc.assert(
      fc.property(
        fc.dictionary(key, fc.string(), { minKeys: 1 }),
        fc.dictionary(key, fc.string(), { minKeys: 1 }),
        (data, labels) => {
          const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', labels }, data };
          expect(decodeProtobuf(encodeProtobuf(object))).toEqual(object);
        },
      ),
    );
  });

  it('answers 406 for kinds that have no protobuf form', () => {
    const widget = { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'a' } };
    expect(() => encodeProtobuf(widget)).toThrow(ApiError);
  });
});
