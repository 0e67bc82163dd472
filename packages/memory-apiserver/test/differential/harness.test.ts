import { describe, expect, it } from 'vitest';

import { compare } from './compare.js';
import { Normaliser } from './normalise.js';

const outcome = (body: unknown): { step: string; body: unknown } => ({ step: 'GET /x', body });

describe('comparing', () => {
  it('tells the place of a value that differs, is missing or is too much', () => {
    const found = compare('s', [outcome({ a: { b: 1, c: 2 } })], [outcome({ a: { b: 2, d: 3 } })]);
    expect(found.map(({ path, theirs, ours }) => [path, theirs, ours])).toEqual([
      ['body.a.b', 1, 2],
      ['body.a.c', 2, undefined],
      ['body.a.d', undefined, 3],
    ]);
  });

  it('tells which items lists have not in common', () => {
    const found = compare('s', [outcome([{ a: 1 }, { a: 2 }])], [outcome([{ a: 2 }, { a: 3 }, { a: 4 }])]);
    expect(found.map(({ path }) => path)).toEqual(['body.length', 'body.missing', 'body.surplus']);
  });

  it('tells of answers that one side has not given', () => {
    expect(compare('s', [outcome(1), outcome(2)], [outcome(1)])).not.toEqual([]);
  });
});

describe('normalising', () => {
  const now = Date.parse('2030-01-01T00:00:00Z');
  const object = (resourceVersion: string): object => ({
    metadata: { name: 'a', uid: '11111111-2222-4333-8444-555555555555', resourceVersion },
  });

  it('shows a write as a new version and none as the old one', () => {
    const normaliser = new Normaliser('', () => now);
    const versions = ['7', '9', '9', '7'].map((version) => {
      const plain = normaliser.json(object(version)) as { metadata: { resourceVersion: string } };
      return plain.metadata.resourceVersion;
    });
    expect(versions[1]).toBe(versions[2]);
    expect(versions[0]).toBe(versions[3]);
    expect(versions[0]).not.toBe(versions[1]);
  });

  it('leaves times of the past and values that a client has chosen', () => {
    const given = '10.43.0.7 99999999-2222-4333-8444-555555555555';
    const normaliser = new Normaliser(given, () => now);
    expect(normaliser.text(`${given} 2020-01-01T00:00:00Z`)).toBe(`${given} 2020-01-01T00:00:00Z`);
    expect(normaliser.text('10.43.0.8 at 2030-01-01T00:00:01.123456Z')).toBe('<address-1> at <time.000000>');
  });

  it('keeps which of the times that the client gave an age of years is of', () => {
    const given = '2024-01-01T00:00:00Z 2024-01-02T00:00:00Z';
    const later = Date.parse('2026-11-22T01:00:00Z');
    const normaliser = new Normaliser(given, () => later);
    expect(normaliser.json({ cells: ['2y326d', '2y325d', '2y1d', '5m'] })).toEqual({
      cells: ['<age since 2024-01-01T00:00:00Z>', '<age since 2024-01-02T00:00:00Z>', '2y1d', '<age>'],
    });
  });

  it('replaces the present day, and leaves others', () => {
    const normaliser = new Normaliser('', () => now);
    expect(normaliser.json(['2029-12-31', '2030-01-01', '2024-01-01'])).toEqual([
      '<day>',
      '<day>',
      '2024-01-01',
    ]);
  });

  it('replaces the random end of a generated name wherever the name stands', () => {
    const normaliser = new Normaliser('', () => now);
    const plain = normaliser.json({
      metadata: { generateName: 'web-', name: 'web-x7k2p' },
      message: 'web-x7k2p is up',
    });
    expect(plain).toEqual({
      metadata: { generateName: 'web-', name: 'web-<random-1>' },
      message: 'web-<random-1> is up',
    });
  });
});
