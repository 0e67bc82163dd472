import { describe, expect, it } from 'vitest';
import { goJson } from '../../src/apply/go-json.js';

describe('JSON as kubectl writes it', () => {
  it('is what kubectl v1.34.4 left in the annotation of a ConfigMap that it had applied', () => {
    const applied = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace: 'cattle-system', name: 'marks', annotations: {} },
      data: { text: 'a <b> & \'c\' "d" \u2028 é \b\t\n', 10: '1', 9: '2' },
    };
    expect(goJson(applied)).toBe(
      String.raw`{"apiVersion":"v1","data":{"10":"1","9":"2","text":"a \u003cb\u003e \u0026 'c' \"d\" \u2028 é \b\t\n"},"kind":"ConfigMap","metadata":{"annotations":{},"name":"marks","namespace":"cattle-system"}}`,
    );
  });

  it('leaves out what is undefined', () => {
    expect(goJson({ b: [1, null], a: undefined })).toBe('{"b":[1,null]}');
  });
});
