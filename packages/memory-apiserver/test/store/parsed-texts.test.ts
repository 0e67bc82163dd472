import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../src/object.js';
import { ParsedTexts } from '../../src/store/parsed-texts.js';
import { objectText } from '../../src/store/text.js';

const map = (name: string, value = ''): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { managedFields: 'form@time', name },
  data: { value },
});
const read = (parsed: ParsedTexts, text: string): KubeObject => parsed.get('v1', 'ConfigMap', text);

describe('objects by their texts', () => {
  it('are parsed once, and have no managedFields', () => {
    const parsed = new ParsedTexts();
    const text = objectText(map('a'));
    const object = read(parsed, text);
    expect(object).toEqual({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'a' },
      data: { value: '' },
    });
    expect(read(parsed, text)).toBe(object);
    expect(parsed.get('v1', 'Secret', text).kind).toBe('Secret');
  });

  it('are what was stored, without a parse', () => {
    const parsed = new ParsedTexts();
    const stored = map('a', 'x');
    parsed.stored(objectText(stored), stored, undefined);
    expect(read(parsed, objectText(stored))['data']).toBe(stored['data']);
    expect(read(parsed, objectText(stored))).toEqual(read(new ParsedTexts(), objectText(stored)));
  });

  it('are forgotten when others have come', () => {
    const parsed = new ParsedTexts(500);
    const first = read(parsed, objectText(map('first')));
    for (let index = 0; index < 30; index += 1) read(parsed, objectText(map(`other-${index}`)));
    const again = read(parsed, objectText(map('first')));
    expect(again).not.toBe(first);
    expect(again).toEqual(first);
  });

  it('stay however often another one is replaced', () => {
    const parsed = new ParsedTexts(500);
    const first = read(parsed, objectText(map('first')));
    let previous: string | undefined;
    for (let index = 0; index < 100; index += 1) {
      const text = objectText(map('busy', String(index)));
      parsed.stored(text, map('busy', String(index)), previous);
      previous = text;
    }
    expect(read(parsed, objectText(map('first')))).toBe(first);
  });
});
