import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FieldSet } from '../../src/codec/field-set.js';

const step = fc.constantFrom('f:a', 'f:b', 'f:c', 'v:1', 'v:"x"', 'k:{"name":"x"}', 'k:{"port":80}');
const path = fc.array(step, { minLength: 1, maxLength: 4 });
const paths = fc.array(path, { maxLength: 8 });

type Paths = readonly (readonly string[])[];

const setOf = (all: Paths): FieldSet =>
  all.reduce<FieldSet>(
    (set, one) => set.union(one.reduceRight((below, name) => below.under(name), FieldSet.leaf)),
    FieldSet.empty,
  );

const names = (all: Iterable<readonly string[]>): string[] =>
  [...new Set([...all].map((one) => one.join(' ')))].sort();

/** A set of paths as a plain set of texts: what the operations must agree with. */
const plain = (all: Paths): Set<string> => new Set(names(all));

const below = (one: string, other: string): boolean => one === other || one.startsWith(`${other} `);

describe('FieldSet', () => {
  it('reads what it writes', () => {
    fc.assert(
      fc.property(paths, (all) => {
        const set = setOf(all);
        const read = FieldSet.fromFieldsV1(JSON.parse(set.toFieldsV1()));
        expect(names(read.paths())).toEqual(names(all));
        expect(read.toFieldsV1()).toBe(set.toFieldsV1());
      }),
    );
  });

  it('does with trees what sets of paths do', () => {
    fc.assert(
      fc.property(paths, paths, (one, other) => {
        const [a, b] = [setOf(one), setOf(other)];
        const [x, y] = [plain(one), plain(other)];
        expect(names(a.union(b).paths())).toEqual(names([...one, ...other]));
        expect(names(a.difference(b).paths())).toEqual([...x].filter((name) => !y.has(name)).sort());
        expect(names(a.intersection(b).paths())).toEqual([...x].filter((name) => y.has(name)).sort());
        expect(names(a.without(b).paths())).toEqual(
          [...x].filter((name) => ![...y].some((cut) => below(name, cut))).sort(),
        );
      }),
    );
  });

  it('answers itself where an operation changes nothing', () => {
    fc.assert(
      fc.property(paths, paths, (one, other) => {
        const [a, b] = [setOf(one), setOf(other)];
        const both = a.union(b);
        expect(both.union(b)).toBe(both);
        const [difference, rest] = [a.difference(b), a.without(b)];
        expect(difference.difference(b)).toBe(difference);
        expect(rest.without(b)).toBe(rest);
      }),
    );
  });

  it('is empty only without paths', () => {
    fc.assert(
      fc.property(paths, (all) => {
        const set = setOf(all);
        expect(set.isEmpty).toBe(all.length === 0);
        expect(set.difference(set).isEmpty).toBe(true);
        for (const one of all) expect(set.has(one)).toBe(true);
      }),
    );
  });

  it('reads any JSON, or says that it is no set of fields', () => {
    const odd = fc.dictionary(
      fc.oneof(
        step,
        fc.string().map((text) => `k:${text}`),
        fc.string(),
      ),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), odd), (value) => {
        try {
          const text = FieldSet.fromFieldsV1(value).toFieldsV1();
          expect(FieldSet.fromFieldsV1(JSON.parse(text)).toFieldsV1()).toBe(text);
        } catch (error) {
          expect(error).toBeInstanceOf(SyntaxError);
        }
      }),
    );
  });
});
