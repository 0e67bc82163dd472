import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatVersion, isOlder, parseVersion, type Version } from '../src/version.js';

const versions = fc.tuple(fc.nat(999), fc.nat(999), fc.nat(999));

it('a version is read back from any text around it', () => {
  fc.assert(
    fc.property(versions, fc.constantFrom('', '-rc.1', '+k3s1', ' go'), (version, ending) => {
      expect(parseVersion(`kwokctl version ${formatVersion(version)}${ending}`)).toEqual(version);
    }),
  );
});

it('any text is read without an exception', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect([undefined, 3]).toContain(parseVersion(text)?.length);
    }),
  );
});

it('of two different versions exactly one is older', () => {
  fc.assert(
    fc.property(versions, versions, (a, b) => {
      expect(Number(isOlder(a, b)) + Number(isOlder(b, a))).toBe(String(a) === String(b) ? 0 : 1);
    }),
  );
  const minimum: Version = [1, 24, 0];
  expect(isOlder([1, 9, 9], minimum)).toBe(true);
  expect(isOlder([2, 0, 0], minimum)).toBe(false);
});
