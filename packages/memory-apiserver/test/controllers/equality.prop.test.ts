import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sameJson, sameTemplate } from '../../src/controllers/equality.js';
import { canonicalJson, templateText } from '../../src/controllers/hash.js';

const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(null, undefined, '', 0, 1, 'a', true, {}, []),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'c', 'toString', 'constructor'), tie('value'), { maxKeys: 3 }),
  ),
}));

describe('comparing objects', () => {
  it('is the same as comparing their canonical texts', () => {
    const check = (a: unknown, b: unknown): void => {
      expect(sameJson(a, b)).toBe(canonicalJson(a ?? null) === canonicalJson(b ?? null));
    };
    fc.assert(fc.property(value, value, check), { numRuns: 1000 });
  });

  it('of templates is the same as comparing the texts that are hashed', () => {
    const check = (a: unknown, b: unknown): void => {
      expect(sameTemplate(a, b)).toBe(templateText(a) === templateText(b));
    };
    fc.assert(fc.property(value, value, check), { numRuns: 1000 });
  });

  it('finds a copy with its keys in another order the same', () => {
    const check = (a: unknown): void => {
      expect(sameJson(a, reversed(a))).toBe(true);
      expect(sameTemplate(a, reversed(a))).toBe(true);
    };
    fc.assert(fc.property(value, check));
  });
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, field]) => [key, reversed(field)]),
  );
}
