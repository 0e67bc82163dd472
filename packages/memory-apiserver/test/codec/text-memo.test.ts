import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TextMemo } from '../../src/codec/text-memo.js';

function recorded(maxChars: number): { memo: TextMemo<{ text: string }>; made: string[] } {
  const made: string[] = [];
  const memo = new TextMemo(maxChars, (text) => {
    made.push(text);
    return { text };
  });
  return { memo, made };
}

describe('a memo of what was made of texts', () => {
  it('makes it of each text once', () => {
    const { memo, made } = recorded(100);
    const first = memo.of('a');
    memo.of('b');
    expect(memo.of('a')).toBe(first);
    expect(made).toEqual(['a', 'b']);
  });

  it('forgets all of them when one more would be too many characters', () => {
    const { memo, made } = recorded(10);
    for (const text of ['aaaaa', 'bbbbb', 'c', 'aaaaa', 'c']) memo.of(text);
    expect(made).toEqual(['aaaaa', 'bbbbb', 'c', 'aaaaa']);
    expect(memo.chars).toBe(6);
  });

  it('keeps no more characters than it may, whatever it is asked for, and answers right', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 14 })), (texts) => {
        const { memo } = recorded(12);
        for (const text of texts) {
          expect(memo.of(text)).toEqual({ text });
          expect(memo.chars).toBeLessThanOrEqual(12);
        }
      }),
    );
  });

  it('keeps nothing of a text it fails on', () => {
    const memo = new TextMemo(10, (text) => JSON.parse(text) as object);
    expect(() => memo.of('{')).toThrow(SyntaxError);
    expect(memo.chars).toBe(0);
  });
});
