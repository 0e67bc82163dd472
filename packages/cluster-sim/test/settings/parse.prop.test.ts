import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SettingsError } from '../../src/errors.js';
import { editDistance, nearest } from '../../src/settings/nearest.js';
import { parseSettings } from '../../src/settings/parse.js';

describe('parseSettings', () => {
  it('never fails in another way than by SettingsError', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        try {
          parseSettings(text, 'config');
        } catch (error) {
          expect(error).toBeInstanceOf(SettingsError);
        }
      }),
    );
  });

  it('gives back every pair of plain lines, whatever stands between key and value', () => {
    const key = fc.stringMatching(/^[A-Z][a-zA-Z]{0,20}$/);
    const value = fc.stringMatching(/^[a-z0-9/.-]{1,30}$/);
    fc.assert(
      fc.property(
        fc.dictionary(key, value, { minKeys: 1 }),
        fc.constantFrom(':', ': ', ' : ', '='),
        (pairs, separator) => {
          const text = Object.entries(pairs)
            .map(([name, one]) => `${name}${separator}${one}`)
            .join('\n');
          expect(parseSettings(text, 'config')).toEqual({ ...pairs });
        },
      ),
    );
  });
});

describe('nearest', () => {
  it('counts edits, swapped neighbours as one', () => {
    expect(editDistance('ListenPrt', 'ListenPort')).toBe(1);
    expect(editDistance('abc', 'acb')).toBe(1);
    expect(editDistance('', 'abc')).toBe(3);
  });

  it('offers nothing when nothing is close', () => {
    expect(nearest('Colour', ['ListenPort', 'RancherURL'])).toBeUndefined();
    expect(nearest('rancherurl', ['ListenPort', 'RancherURL'])).toBe('RancherURL');
  });
});
