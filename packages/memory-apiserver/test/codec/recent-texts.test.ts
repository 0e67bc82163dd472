import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecentTexts } from '../../src/codec/recent-texts.js';

describe('what was made of the texts used lately', () => {
  it('is kept by the text, until it is deleted or replaced', () => {
    const texts = new RecentTexts<string[]>(100);
    texts.set('a', ['first']);
    texts.set('b', ['b']);
    texts.set('a', ['second']);
    texts.delete('b');
    expect([texts.get('a'), texts.get('b'), texts.get('c')]).toEqual([['second'], undefined, undefined]);
    expect(texts.chars).toBe(1);
  });

  it('is forgotten when others have come, if it was not used meanwhile', () => {
    const texts = new RecentTexts<object>(10);
    const used = {};
    texts.set('used', used);
    texts.set('idle', {});
    for (const other of ['other-1', 'other-2', 'other-3']) {
      texts.set(other, {});
      expect(texts.get('used')).toBe(used);
    }
    expect(texts.get('idle')).toBeUndefined();
    expect(texts.chars).toBeLessThanOrEqual(20);
  });

  it('is not kept of a text longer than a generation', () => {
    const texts = new RecentTexts<object>(3);
    texts.set('long', {});
    expect(texts.get('long')).toBeUndefined();
    expect(texts.chars).toBe(0);
  });

  it('is what was last set or nothing, whatever is done, and of no more characters than two generations', () => {
    const text = fc.string({ maxLength: 14 });
    const doing = fc.tuple(fc.constantFrom('get', 'set', 'delete'), text);
    fc.assert(
      fc.property(fc.array(doing, { maxLength: 60 }), (doings) => {
        const texts = new RecentTexts<object>(12);
        const lastSet = new Map<string, object>();
        for (const [what, of] of doings) {
          if (what === 'get') expect([undefined, lastSet.get(of)]).toContain(texts.get(of));
          else if (what === 'delete') {
            texts.delete(of);
            lastSet.delete(of);
            expect(texts.get(of)).toBeUndefined();
          } else {
            const value = {};
            texts.set(of, value);
            lastSet.set(of, value);
            expect(texts.get(of)).toBe(of.length > 12 ? undefined : value);
          }
          expect(texts.chars).toBeGreaterThanOrEqual(0);
          expect(texts.chars).toBeLessThanOrEqual(24);
        }
      }),
    );
  });
});
