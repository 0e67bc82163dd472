import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CLUSTER_NAME_PLACEHOLDER,
  fillPlaceholders,
  findPlaceholder,
  restorePlaceholders,
  variablePlaceholder,
  variableValues,
} from '../../src/store/placeholders.js';

const label = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?$/);

describe('placeholders', () => {
  it('are told apart by the name of their variable, and can be part of any name', () => {
    const placeholder = variablePlaceholder('credentials');
    expect(placeholder).toBe(variablePlaceholder('credentials'));
    expect(placeholder).not.toBe(variablePlaceholder('credential'));
    expect(placeholder).toMatch(/^[a-z][a-z0-9]{1,30}$/);
  });

  it('are found where they are', () => {
    const placeholder = variablePlaceholder('a');
    expect(findPlaceholder(`x-${placeholder}-{{cluster-name}}`)).toEqual({ placeholder, at: 2 });
    expect(findPlaceholder('{{cluster-name}}')).toEqual({ placeholder: '{{cluster-name}}', at: 0 });
    expect(findPlaceholder('{{ .Values.name }} {{credentials}}')).toBeUndefined();
  });

  it('are replaced by what the cluster has, and come back from that', () => {
    const placeholders = [CLUSTER_NAME_PLACEHOLDER, variablePlaceholder('a'), variablePlaceholder('b')];
    const values = fc.uniqueArray(label, { minLength: 3, maxLength: 3 });
    // Digits in capital letters: nothing that is among the values.
    const parts = fc.array(fc.oneof(fc.constantFrom(...placeholders), fc.stringMatching(/^[ A-Z{}\\]*$/)));
    fc.assert(
      fc.property(values, parts, ([name = '', a = '', b = ''], texts) => {
        const all = [name, a, b];
        fc.pre(all.every((one) => all.every((other) => one === other || !one.includes(other))));
        fc.pre(all.every((one) => placeholders.every((placeholder) => !placeholder.includes(one))));
        const names = { name, variables: variableValues(['a', 'b'], { a, b }) };
        const template = texts.join('|');
        const filled = fillPlaceholders(template, names);
        expect(filled).toBe(texts.map((text) => all[placeholders.indexOf(text)] ?? text).join('|'));
        expect(restorePlaceholders(filled, names)).toBe(template);
      }),
    );
  });

  it('stay where the cluster knows nothing of them', () => {
    const placeholder = variablePlaceholder('unknown');
    expect(fillPlaceholders(placeholder, { name: 'x' })).toBe(placeholder);
  });
});

describe('values of variables', () => {
  it('are undefined for a base without variables', () => {
    expect(variableValues([], {})).toBeUndefined();
    expect(variableValues([])).toBeUndefined();
  });

  it.each([
    [['a'], {}, /needs a value of the variable a/],
    [['a'], { a: 'x', b: 'y' }, /has no variable b/],
    [[], { a: 'x' }, /has no variable a/],
    [['a'], { a: '' }, /not valid in names/],
    [['a'], { a: 'Upper' }, /not valid in names/],
    [['a'], { a: '-x' }, /not valid in names/],
    [['a'], { a: 'x"y' }, /not valid in names/],
    [['a'], { a: 'x'.repeat(64) }, /not valid in names/],
  ] as [string[], Record<string, string>, RegExp][])('are refused: %j given %j', (wanted, given, message) => {
    expect(() => variableValues(wanted, given)).toThrow(RangeError);
    expect(() => variableValues(wanted, given)).toThrow(message);
  });
});
