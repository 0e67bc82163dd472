import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { duplicateJsonKeys, duplicateYamlKeys } from '../../src/codec/duplicate-keys.js';

const inJson = (text: string): string[] => duplicateJsonKeys(text, JSON.parse(text));
const inYaml = (text: string): string[] => duplicateYamlKeys(text, parse(text, { uniqueKeys: false }));

describe('duplicateJsonKeys', () => {
  it('tells where keys come twice, each once and in their order', () => {
    const text = `{"b": 1, "a": {"c": [{"d": 1}, {"d": 2, "d": [{}], "d": -1.5e3}]}, "b": "\\"b\\":", "a": null}`;
    expect(inJson(text)).toEqual(['a.c[1].d', 'b', 'a']);
  });

  it('knows a key by what it stands for', () => {
    expect(inJson(String.raw`{"a":1,"a":2}`)).toEqual(['a']);
  });

  it('finds nothing in what has no duplicates, however it is written', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(undefined, 2, '\t'), (value, indent) => {
        expect(inJson(JSON.stringify(value, null, indent))).toEqual([]);
        expect(inJson(`${JSON.stringify(value)}\n`)).toEqual([]);
      }),
    );
  });

  it('finds a key wherever it is put in twice', () => {
    const key = fc.string();
    fc.assert(
      fc.property(key, fc.jsonValue(), fc.jsonValue(), (name, one, other) => {
        const [a, b, k] = [one, other, name].map((value) => JSON.stringify(value));
        expect(inJson(`[{"deep":{${k}:${a},${k}:${b}}}]`)).toEqual([`[0].deep.${name}`]);
      }),
    );
  });
});

describe('duplicateYamlKeys', () => {
  it("words it as Go's decoder, with lines counted from the first", () => {
    const text = '\nspec:\n  foo: 1\n  "foo": 2\n  bar:\n  - {x: 1, x: 2}\nspec: {}\n';
    expect(inYaml(text)).toEqual([
      'line 4: key "foo" already set in map',
      'line 6: key "x" already set in map',
      'line 7: key "spec" already set in map',
    ]);
  });

  it('finds nothing in what has no duplicates', () => {
    expect(inYaml('a: 1\nb:\n- a: 2\n- a: 3\n')).toEqual([]);
  });

  it('understands JSON too, as that is YAML', () => {
    expect(inYaml('{"a":1,"b":{"c":1,"c":2}}')).toEqual(['line 1: key "c" already set in map']);
  });
});
