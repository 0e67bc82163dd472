import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { encodeOpenApiV3 } from '../../src/codec/openapi-v3-protobuf.js';
import { openApiDocument, openApiTypes } from '../../src/codec/openapi.js';
import { builtinCatalog } from '../../src/schema/catalog.js';

const vector = JSON.parse(
  readFileSync(new URL('../fixtures/openapi-v3-vector.json', import.meta.url), 'utf8'),
) as { document: Record<string, unknown>; protobuf: string };

describe('encodeOpenApiV3', () => {
  it('writes the bytes that gnostic, which kube-apiserver uses, makes of a document', () => {
    expect(encodeOpenApiV3(vector.document).toString('base64')).toBe(vector.protobuf);
  });
});

describe('openApiDocument', () => {
  it('has one validator for both encodings, so that a hash leads to either', () => {
    const path = '/openapi/v3/apis/apps/v1';
    const json = openApiDocument(builtinCatalog(), path);
    const protobuf = openApiDocument(builtinCatalog(), path, openApiTypes[1]);
    expect(protobuf?.contentType).toBe('application/com.github.proto-openapi.spec.v3.v1.0+protobuf');
    expect(protobuf?.hash).toBe(json?.hash);
    expect(openApiDocument(builtinCatalog(), path, openApiTypes[2])).toBe(protobuf);
  });
});
