import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { canonicalQuantity, formatQuantity, parseQuantity } from '../../src/schema/quantity.js';

describe('canonicalQuantity', () => {
  it.each([
    ['100m', '100m'],
    ['0.1', '100m'],
    ['1.5', '1500m'],
    ['1000m', '1'],
    ['1024Mi', '1Gi'],
    ['0.5Gi', '512Mi'],
    ['1000Ki', '1000Ki'],
    ['1000k', '1M'],
    ['1e3', '1e3'],
    ['12E2', '1200'],
    ['0', '0'],
    ['-1', '-1'],
    ['.5', '500m'],
    ['5.', '5'],
    ['1n', '1n'],
    ['0.1n', '1n'],
    ['512', '512'],
  ])('writes %s as %s', (given, expected) => {
    expect(canonicalQuantity(given)).toBe(expected);
  });

  it('leaves alone what is no quantity', () => {
    for (const value of ['', 'abc', '1x', '--1', '1Kii', 'Ki', {}, true])
      expect(canonicalQuantity(value)).toBe(value);
  });

  it('keeps the amount', () => {
    const suffix = fc.constantFrom(
      '',
      'n',
      'u',
      'm',
      'k',
      'M',
      'G',
      'T',
      'P',
      'E',
      'Ki',
      'Mi',
      'Gi',
      'Ti',
      'e3',
      'E-2',
    );
    fc.assert(
      fc.property(fc.integer({ min: -1e6, max: 1e6 }), suffix, (number, unit) => {
        const quantity = parseQuantity(`${number}${unit}`);
        if (quantity === undefined) throw new Error('not read');
        const again = parseQuantity(formatQuantity(quantity));
        expect(again?.nano).toBe(quantity.nano);
        expect(formatQuantity(again ?? quantity)).toBe(formatQuantity(quantity));
      }),
    );
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.string(), (text) => void canonicalQuantity(text)));
  });
});
