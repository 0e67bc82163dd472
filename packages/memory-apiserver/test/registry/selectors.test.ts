import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ApiError } from '../../src/errors.js';
import { matchFields, parseFieldSelector } from '../../src/registry/field-selector.js';
import { matchLabels, parseLabelSelector } from '../../src/registry/label-selector.js';
import { Selection } from '../../src/registry/selection.js';
import { builtinCatalog } from '../../src/schema/catalog.js';

const selects = (selector: string, labels: Record<string, string>): boolean =>
  matchLabels(parseLabelSelector(selector), labels);

describe('label selectors', () => {
  it.each([
    ['a=b', { a: 'b' }, true],
    ['a==b', { a: 'c' }, false],
    ['a!=b', {}, true],
    ['a!=b', { a: 'b' }, false],
    ['a in (b, c)', { a: 'c' }, true],
    ['a in (b,c)', {}, false],
    ['a notin (b,c)', {}, true],
    ['a notin (b,c)', { a: 'b' }, false],
    ['a', { a: '' }, true],
    ['!a', { a: '' }, false],
    ['!a', {}, true],
    ['a=', { a: '' }, true],
    ['n>5', { n: '6' }, true],
    ['n<5', { n: '6' }, false],
    ['n>5', { n: 'x' }, false],
    ['a=b,c=d', { a: 'b' }, false],
    ['example.com/a=b , !c', { 'example.com/a': 'b' }, true],
    ['', { a: 'b' }, true],
    ['constructor', {}, false],
  ])('%s on %j is %s', (selector, labels, expected) => {
    expect(selects(selector, labels)).toBe(expected);
  });

  it.each(['a=b,,c', '=b', 'a in b', 'a in (b', 'a b', '(a)', 'a=b,', '!'])('refuses %s', (selector) => {
    expect(() => parseLabelSelector(selector)).toThrow(ApiError);
  });

  it('select the same objects whether these are parsed or not', () => {
    const configMaps = builtinCatalog().find('', 'v1', 'configmaps');
    if (configMaps === undefined) throw new Error('no configmaps');
    const key = fc.constantFrom('a', 'b', 'example.com/a');
    const value = fc.constantFrom('', '1', '2', 'a');
    const requirement = fc
      .tuple(key, value, value, fc.constantFrom('=', '!=', 'in', 'notin', '', '!', '>', '<'))
      .map(([name, first, second, operator]) => {
        if (operator === 'in' || operator === 'notin') return `${name} ${operator} (${first},${second})`;
        if (operator === '>' || operator === '<') return `${name}${operator}1`;
        return operator.length === 1 && operator !== '='
          ? `!${name}`
          : `${name}${operator}${operator && first}`;
      });
    fc.assert(
      fc.property(
        fc.array(requirement, { maxLength: 3 }),
        fc.dictionary(key, value),
        fc.dictionary(key, value),
        (requirements, labels, annotations) => {
          const selection = new Selection(configMaps, { labelSelector: requirements.join(',') });
          const body = { metadata: { name: 'x', annotations, labels } };
          expect(selection.matchesText(JSON.stringify(body))).toBe(selection.matchesBody(body));
        },
      ),
    );
  });

  it('never throws anything but ApiError', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ab=!,() <>in'.split('')) }), (text) => {
        try {
          parseLabelSelector(text);
        } catch (error) {
          expect(error).toBeInstanceOf(ApiError);
        }
      }),
    );
  });
});

describe('field selectors', () => {
  const body = { metadata: { name: 'x' }, spec: { nodeName: 'n,1' }, status: { phase: 'Running' } };

  it('compares values, with escapes', () => {
    expect(matchFields(parseFieldSelector('status.phase=Running,spec.nodeName=n\\,1'), body)).toBe(true);
    expect(matchFields(parseFieldSelector('status.phase!=Running'), body)).toBe(false);
    expect(matchFields(parseFieldSelector('spec.nodeName='), body)).toBe(false);
  });

  it('are limited to the fields of the kind', () => {
    const configMaps = builtinCatalog().find('', 'v1', 'configmaps');
    if (configMaps === undefined) throw new Error('no configmaps');
    expect(() => new Selection(configMaps, { fieldSelector: 'data.a=b' })).toThrow(
      '"data.a" is not a known field selector',
    );
  });

  it('decide by the key where they can', () => {
    const secrets = builtinCatalog().find('', 'v1', 'secrets');
    if (secrets === undefined) throw new Error('no secrets');
    const selection = new Selection(secrets, { fieldSelector: 'metadata.namespace=a,metadata.name=b' });
    expect(selection.byKey).toBe(true);
    expect(['a/b', 'a/bb', 'aa/b', 'a/c', 'x/b'].filter((key) => selection.matchesKey(key))).toEqual(['a/b']);
  });

  it('never throw anything but ApiError', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          parseFieldSelector(text);
        } catch (error) {
          expect(error).toBeInstanceOf(ApiError);
        }
      }),
    );
  });
});
