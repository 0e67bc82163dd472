import { describe, expect, it } from 'vitest';
import { parseQuantity } from '../../src/kube/quantity.js';

describe('parseQuantity', () => {
  it.each([
    ['4', 4],
    ['3800m', 3.8],
    ['7Gi', 7 * 2 ** 30],
    ['16384Ki', 2 ** 24],
    ['1.5k', 1500],
    ['2e3', 2000],
    ['.5', 0.5],
    ['-1M', -1e6],
    ['1E', 1e18],
  ])('reads %s', (text, value) => {
    expect(parseQuantity(text)).toBeCloseTo(value);
  });

  it.each(['', 'abc', '1x', '1 Gi', 'Gi', '1mi'])('says that "%s" is none', (text) => {
    expect(parseQuantity(text)).toBeNaN();
  });
});
