import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { goJson } from '../../src/agent-doings/go-json.js';

describe('JSON as Go writes it', () => {
  it('has keys in the order of their characters, numbers among them, at any depth', () => {
    expect(goJson({ b: 1, a: [{ 9: 'x', 10: 'y' }], c: undefined })).toBe('{"a":[{"10":"y","9":"x"}],"b":1}');
  });

  it('escapes what means something in HTML or JavaScript', () => {
    expect(goJson({ 'a&b': '<i> \u2028\u2029 é "' })).toBe(
      String.raw`{"a\u0026b":"\u003ci\u003e \u2028\u2029 é \""}`,
    );
  });

  it('says the same as JSON.stringify', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(goJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
