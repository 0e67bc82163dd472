import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePath, putAt, removeAt, valuesAt } from '../../src/steve/field-path.js';
import { parseFilter, parseSort } from '../../src/steve/filter.js';
import { linkBase } from '../../src/steve/links.js';
import { compareRevisions } from '../../src/revision.js';

const step = fc.stringMatching(/^[a-z][a-zA-Z]{0,8}$/);
const key = fc.stringMatching(/^[a-z][a-z.\-/]{0,12}$/);

describe('parsePath', () => {
  it('reads back steps written with dots and brackets', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(step, key), { minLength: 1, maxLength: 5 }), (steps) => {
        const text = steps
          .map((one, index) =>
            one.includes('.') || one.includes('/') ? `[${one}]` : `${index === 0 ? '' : '.'}${one}`,
          )
          .join('');
        expect(parsePath(text)).toEqual(steps);
      }),
    );
  });
});

describe('valuesAt, putAt, removeAt', () => {
  it('find what was put and nothing after removal', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 5 }), fc.integer(), (path, leaf) => {
        const target = {};
        putAt(target, path, leaf);
        expect(valuesAt(target, path)).toEqual([leaf]);
        removeAt(target, path);
        expect(valuesAt(target, path)).toEqual([]);
      }),
    );
  });

  it('never reach what is not the object itself', () => {
    expect(valuesAt({}, ['__proto__', 'toString'])).toEqual([]);
    putAt({}, ['__proto__', 'polluted'], true);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});

describe('parseFilter', () => {
  it('never throws, whatever is asked', () => {
    fc.assert(
      fc.property(fc.string(), fc.jsonValue(), (text, value) => {
        expect(typeof parseFilter(text)(value)).toBe('boolean');
      }),
    );
  });

  it('finds exactly the quoted value, commas and parentheses included', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z,() =]{1,12}$/), (value) => {
        const exact = parseFilter(`metadata.name='${value}'`);
        expect(exact({ metadata: { name: value } })).toBe(true);
        expect(exact({ metadata: { name: `${value}x` } })).toBe(false);
      }),
    );
  });

  it('negation is the opposite', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{0,4}$/), fc.stringMatching(/^[a-z]{0,4}$/), (wanted, value) => {
        const target = { a: value };
        expect(parseFilter(`a!=${wanted}`)(target)).toBe(!parseFilter(`a=${wanted}`)(target));
      }),
    );
  });
});

describe('parseSort', () => {
  it('is a total order, turned round by a minus', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ n: fc.oneof(fc.integer(), fc.constant(undefined)), s: fc.string() })),
        (items) => {
          const up = [...items].sort(parseSort('n,s'));
          const order = parseSort('n,s');
          for (let i = 1; i < up.length; i++) expect(order(up[i - 1], up[i])).toBeLessThanOrEqual(0);
          for (const a of items)
            for (const b of items)
              expect(Math.sign(parseSort('-n')(a, b)) + Math.sign(parseSort('n')(a, b))).toBe(0);
        },
      ),
    );
  });
});

describe('compareRevisions', () => {
  it('orders decimal strings of any length as numbers', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n }), fc.bigInt({ min: 0n }), (a, b) => {
        expect(Math.sign(compareRevisions(String(a), String(b)))).toBe(a < b ? -1 : a > b ? 1 : 0);
      }),
    );
  });
});

describe('linkBase', () => {
  it.each([
    [{ host: '127.0.0.1:6080' }, 'http://127.0.0.1:6080'],
    [{ host: 'x', 'x-api-url-prefix': '/k8s/clusters/c-1/' }, 'https://x/k8s/clusters/c-1'],
    [
      { host: 'x', 'x-forwarded-host': 'r.example, inner', 'x-forwarded-proto': 'https' },
      'https://r.example',
    ],
    [
      { host: 'x', 'x-forwarded-host': 'r', 'x-forwarded-proto': 'http', 'x-api-url-prefix': 'p' },
      'http://r/p',
    ],
    [
      { host: 'x', 'x-api-host': 'api', 'x-forwarded-host': 'r', 'x-forwarded-proto': 'https' },
      'https://api',
    ],
    [
      { host: 'x', 'x-api-url-prefix': 'https://r.example/k8s/clusters/c-1' },
      'https://r.example/k8s/clusters/c-1',
    ],
  ])('of %j is %s', (headers, base) => {
    expect(linkBase(headers)).toBe(base);
  });
});
