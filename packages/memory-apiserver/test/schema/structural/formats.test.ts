import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatCheck } from '../../../src/schema/structural/formats.js';
import { goRegExp, goRegExpFault } from '../../../src/schema/structural/patterns.js';

const cases: [format: string, good: string[], bad: string[]][] = [
  ['ipv4', ['1.2.3.4'], ['1.2.3', '::1']],
  ['ipv6', ['::1', 'fe80::1'], ['1.2.3.4', 'fe80::1%eth0']],
  ['cidr', ['10.0.0.0/8', '::/0'], ['10.0.0.0', '10.0.0.0/33', '10.0.0.0/08']],
  ['date', ['2024-02-29'], ['2023-02-29', '2024-2-1', 'x']],
  [
    'date-time',
    ['2024-02-29T10:00:00Z', '2024-02-29t10:00:00.5+02:00'],
    ['2024-02-29', '2024-02-29T25:00:00Z'],
  ],
  ['duration', ['1h30m', '-1.5s', '22 ns', '3 days'], ['', 'soon']],
  ['uri', ['https://a.example/b?c', '/path', 'mailto:x@y'], ['', 'a b', 'no-scheme', 'http://[::1']],
  ['hostname', ['a', 'a.example.com'], ['-a', 'a..b', `${'a'.repeat(64)}.example`]],
  ['email', ['a@b.example', 'Name <a@b.example>'], ['a', 'a@']],
  ['uuid', ['123e4567-e89b-12d3-a456-426614174000'], ['123']],
  ['uuid4', ['123e4567-e89b-42d3-a456-426614174000'], ['123e4567-e89b-12d3-a456-426614174000']],
  ['byte', ['aGVsbG8='], ['%', 'aGVsbG8']],
  ['mac', ['00:00:5e:00:53:01', '0000.5e00.5301'], ['00:00:5e']],
  ['hexcolor', ['#fff', 'A0b1C2'], ['#ff']],
  ['rgbcolor', ['rgb(1, 2,255)'], ['rgb(1,2,256)']],
  ['isbn', ['0321751043', '978-0321751041'], ['0321751044']],
  ['creditcard', ['4111 1111 1111 1111'], ['4111 1111 1111 1112']],
  ['k8s-short-name', ['a-b'], ['A', 'a.b']],
];

describe('formats', () => {
  it.each(cases)('%s are told from other texts', (format, good, bad) => {
    const check = formatCheck(format);
    expect(good.filter((text) => check?.(text) !== true)).toEqual([]);
    expect(bad.filter((text) => check?.(text) !== false)).toEqual([]);
  });

  it('take any text without failing', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom(...cases.map(([format]) => format)), (text, format) => {
        expect(typeof formatCheck(format)?.(text)).toBe('boolean');
      }),
    );
  });

  it('that are unknown are not looked at', () => {
    expect(formatCheck('whatever')).toBeUndefined();
  });
});

describe('patterns of Go', () => {
  it.each([
    ['(?i)^abc$', 'ABC', true],
    ['^[[:alpha:]]+$', 'abc', true],
    ['^[[:digit:]]+$', 'abc', false],
    ['\\Aa.c\\z', 'abc', true],
    ['(?P<name>a)b', 'ab', true],
    ['^\\Q.*\\E$', '.*', true],
    ['^\\Q.*\\E$', 'ab', false],
    ['^\\p{Lu}$', 'Ä', true],
    ['^[\\w-]+$', 'a-b', true],
  ])('%s on %s: %s', (pattern, text, matches) => {
    expect(goRegExp(pattern)?.test(text)).toBe(matches);
  });

  it.each([
    ['(', 'missing closing ): `(`'],
    ['a[b', 'missing closing ]: `[b`'],
    ['*a', 'missing argument to repetition operator: `*`'],
  ])('%s is refused as Go would', (pattern, fault) => {
    expect(goRegExpFault(pattern)).toBe(fault);
  });

  it('are compiled or refused, whatever they are', () => {
    fc.assert(
      fc.property(fc.string(), (pattern) => {
        expect(goRegExp(pattern) === undefined).toBe(goRegExpFault(pattern) !== undefined);
      }),
    );
  });
});
