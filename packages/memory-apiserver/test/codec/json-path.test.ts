import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { findByJsonPath } from '../../src/codec/json-path.js';

const object = {
  spec: {
    replicas: 3,
    'a.b': 'dotted',
    items: [
      { name: 'x', size: 1 },
      { name: 'y', size: 5 },
    ],
  },
  status: {
    conditions: [
      { type: 'Ready', status: 'True' },
      { type: 'Other', status: 'False' },
    ],
  },
};

describe('findByJsonPath', () => {
  it.each([
    ['.spec.replicas', [3]],
    ['{.spec.replicas}', [3]],
    ['$.spec.replicas', [3]],
    ['spec.replicas', [3]],
    ['.spec.missing.deeper', []],
    ['.spec.items[0].name', ['x']],
    ['.spec.items[-1].name', ['y']],
    ['.spec.items[*].name', ['x', 'y']],
    ['.spec.items.*.name', ['x', 'y']],
    ['.status.conditions[?(@.type=="Ready")].status', ['True']],
    [".status.conditions[?(@.type == 'Other')].status", ['False']],
    ['.spec.items[?(@.size>2)].name', ['y']],
    ['.spec.items[?(@.size)].name', ['x', 'y']],
    ['.spec.a\\.b', ['dotted']],
    ["['spec']['a.b']", ['dotted']],
    ['.spec[', []],
  ])('finds %s', (path, expected) => {
    expect(findByJsonPath(object, path)).toEqual(expected);
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.string(), (path) => void findByJsonPath(object, path)));
  });
});
