import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { encodeProtobuf } from '../../src/kube/protobuf.js';

interface Vector {
  name: string;
  bodyBase64: string;
  json: Parameters<typeof encodeProtobuf>[0];
}

const vectors = JSON.parse(
  readFileSync(new URL('../fixtures/kubernetes-protobuf-vectors.json', import.meta.url), 'utf8'),
) as Vector[];
/** Kinds that Rancher's controllers, as imitated here, never send. */
const unused = /^(SubjectAccessReview|TokenRequest)/;

describe('encodeProtobuf', () => {
  for (const { name, bodyBase64, json } of vectors.filter((vector) => !unused.test(vector.name))) {
    it(`writes the same bytes as client-go for: ${name}`, () => {
      expect(encodeProtobuf(json).toString('hex')).toBe(Buffer.from(bodyBase64, 'base64').toString('hex'));
    });
  }

  it('writes creation times as seconds and nanoseconds', () => {
    const object = {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'a', creationTimestamp: '1970-01-01T00:02:08Z' },
    };
    // Field 8, 5 bytes: field 1 = 128 as a varint, field 2 = 0.
    expect(encodeProtobuf(object).toString('hex')).toContain('4205088001' + '1000');
  });

  it('refuses a kind that it has no table for', () => {
    expect(() => encodeProtobuf({ apiVersion: 'v1', kind: 'Pod', metadata: {} })).toThrow(
      /no protobuf table for v1 Pod/,
    );
  });
});
