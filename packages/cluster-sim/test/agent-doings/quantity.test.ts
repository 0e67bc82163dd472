import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addQuantities,
  formatQuantity,
  maxQuantities,
  parseQuantity,
} from '../../src/agent-doings/quantity.js';

describe('quantities', () => {
  it.each([
    [['100m', '250m'], '350m'],
    [['1', '500m'], '1500m'],
    [['500m', '500m'], '1'],
    [['64Mi', '64Mi'], '128Mi'],
    [['1Gi', '512Mi'], '1536Mi'],
    [['1e3', '1k'], '2k'],
    [['0.5', '.25'], '750m'],
  ])('the sum of %j is %s', (texts, sum) => {
    expect(addQuantities(texts.map((text) => ({ r: text })))).toEqual({ r: sum });
  });

  it('takes the largest key by key, and leaves out what is no quantity', () => {
    expect(
      maxQuantities([{ cpu: '1', memory: '1Gi' }, { cpu: '1500m' }, undefined, { memory: 'lots' }]),
    ).toEqual({ cpu: '1500m', memory: '1Gi' });
  });

  it.each(['', 'm', '1.2.3', '5 Gi', '1e99', 'Gi'])('%j is none', (text) =>
    expect(parseQuantity(text)).toBeUndefined(),
  );

  it('reads every value that it writes', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 10n ** 24n }),
        fc.constantFrom('binary' as const, 'decimal' as const),
        (value, style) => {
          expect(parseQuantity(formatQuantity(value, style))).toBe(value);
        },
      ),
    );
  });
});
