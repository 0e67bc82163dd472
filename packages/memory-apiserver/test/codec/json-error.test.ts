import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonError } from '../../src/codec/json-error.js';

describe('jsonError', () => {
  it.each([
    ['', 'unexpected end of JSON input'],
    ['{', 'unexpected end of JSON input'],
    ['{bad', "invalid character 'b' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 2}', "invalid character '2' after object key:value pair"],
    ['[1 2]', "invalid character '2' after array element"],
    ['{} x', "invalid character 'x' after top-level value"],
    ['"\n"', "invalid character '\\n' in string literal"],
    ['"\\x"', "invalid character 'x' in string escape code"],
    ['nul', "invalid character ' ' in literal null (expecting 'l')"],
    ["'a'", "invalid character '\\'' looking for beginning of value"],
  ])('says of %j what Go says', (text, message) => {
    expect(jsonError(text)).toBe(message);
  });

  it('has nothing to say of JSON', () => {
    fc.assert(fc.property(fc.json(), (text) => jsonError(text) === ''));
  });

  it('has something to say of what JSON.parse refuses', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), (text, at) => {
        const cut = text.slice(0, at % Math.max(text.length, 1));
        let fits = true;
        try {
          JSON.parse(cut);
        } catch {
          fits = false;
        }
        expect(jsonError(cut) === '').toBe(fits);
      }),
    );
  });
});
