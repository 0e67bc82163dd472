import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAccept, preferredType } from '../../src/codec/accept.js';

const types = (accept: string): string[] => parseAccept(accept).map(({ type }) => type);

describe('parseAccept', () => {
  it('puts better qualities first and wildcards last', () => {
    expect(types('application/yaml;q=0.2, application/json;q=0.8')).toEqual([
      'application/json',
      'application/yaml',
    ]);
    expect(types('*/*, application/json')).toEqual(['application/json', '*/*']);
    expect(types('application/json, text/html')).toEqual(['application/json', 'text/html']);
  });

  it('reads parameters, and leaves out what is malformed', () => {
    const [range] = parseAccept('json, application/json ; as = Table;v=v1;x;y=1=2');
    expect(range?.type).toBe('application/json');
    expect([...(range?.parameters ?? [])]).toEqual([
      ['as', 'Table'],
      ['v', 'v1'],
    ]);
    expect(types('*')).toEqual(['*/*']);
  });

  it('takes any header', () => {
    fc.assert(
      fc.property(fc.string(), (accept) => {
        for (const { type } of parseAccept(accept)) expect(type).toContain('/');
      }),
    );
  });
});

describe('preferredType', () => {
  it('is the first that the client takes, by its own order', () => {
    const offered = ['application/json', 'application/yaml'];
    expect(preferredType(undefined, offered)).toBe('application/json');
    expect(preferredType('application/yaml, */*', offered)).toBe('application/yaml');
    expect(preferredType('application/*', offered)).toBe('application/json');
    expect(preferredType('text/html', offered)).toBeUndefined();
  });
});
