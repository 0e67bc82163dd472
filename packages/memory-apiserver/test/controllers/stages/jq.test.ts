import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StageSyntaxError } from '../../../src/controllers/stages/errors.js';
import { compileJq } from '../../../src/controllers/stages/jq.js';

const pod = {
  metadata: {
    annotations: { 'a.b/c': '5s', empty: '' },
    finalizers: ['x', 'y'],
    ownerReferences: [{ kind: 'Job' }, { kind: 'Other' }],
  },
  spec: { replicas: 3, paused: false },
  status: {
    conditions: [
      { type: 'Ready', status: 'False' },
      { type: 'Initialized', status: 'True' },
    ],
  },
};

const query = (text: string, input: unknown = pod): unknown => compileJq(text)(input);

describe('a jq query', () => {
  it.each([
    ['.spec.replicas', [3]],
    ['.metadata.annotations["a.b/c"]', ['5s']],
    ['.metadata.annotations."a.b/c"', ['5s']],
    ['.metadata.ownerReferences.[].kind', ['Job', 'Other']],
    ['.metadata.ownerReferences[].kind', ['Job', 'Other']],
    ['.status.conditions.[] | select( .type == "Ready" ) | .status', ['False']],
    ['.status.conditions | map(.type)', [['Ready', 'Initialized']]],
    ['.metadata.finalizers[0], .metadata.finalizers[-1]', ['x', 'y']],
    ['.["spec"]["replicas"]', [3]],
    ['.spec.missing // "none"', ['none']],
    ['.spec.paused // true', [true]],
    ['(.spec.replicas + 1) * 2 - 10 / 4 % 3', [6]],
    ['-1 + .spec.replicas', [2]],
    ['.spec.replicas > 2 and (.spec.paused | not)', [true]],
    ['.spec.replicas <= 2 or .spec.paused', [false]],
    ['.metadata.finalizers | length', [2]],
    ['.metadata | has("labels"), has("finalizers")', [false, true]],
    ['any(.status.conditions[]; .status == "True")', 'syntax'],
    ['.status.conditions | any(.status == "True"), all(.status == "True")', [true, false]],
    ['.metadata.annotations["a.b/c"] | endswith("s"), startswith("s"), contains("5")', [true, false, true]],
    ['.spec.replicas | tostring', ['3']],
    ['"12" | tonumber | . + 1', [13]],
    ['.metadata | keys', [['annotations', 'finalizers', 'ownerReferences']]],
    ['.nothing?, .spec.replicas', [3]],
    ['.', [pod]],
  ])('%s', (text, expected) => {
    if (expected === 'syntax') expect(() => compileJq(text)).toThrow(StageSyntaxError);
    else expect(query(text)).toEqual(expected);
  });

  it('leaves out what is null and goes through what is missing', () => {
    expect(query('.spec.a.b.c')).toEqual([]);
    expect(query('.metadata.annotations.empty')).toEqual(['']);
  });

  it('has no outcome where jq would fail', () => {
    expect(query('.spec.missing[]')).toBeUndefined();
    expect(query('.spec.replicas.x')).toBeUndefined();
    expect(query('.spec.missing[]?')).toEqual([]);
    expect(query('.spec.replicas, .spec.missing[]')).toBeUndefined();
  });

  it.each([
    ['', 'unexpected end in ""'],
    ['.a |', 'unexpected end in ".a |"'],
    ['.a[', 'unexpected end in ".a["'],
    ['.a )', 'unexpected ")" in ".a )"'],
    ['$x', 'unexpected "$x" in "$x"'],
    ['"\\(.a)"', 'string interpolation in "\\(.a)" is not supported'],
    ['.a | frobnicate(1)', 'the jq function frobnicate/1 in ".a | frobnicate(1)" is not supported'],
    ['.a == .b == .c', 'unexpected "==" in ".a == .b == .c"'],
  ])('is refused: %s', (text, message) => {
    expect(() => compileJq(text)).toThrow(new StageSyntaxError(message));
  });

  it('is either compiled or refused, whatever the text, and then never throws', () => {
    const words = [
      '.',
      '.a',
      '[',
      ']',
      '|',
      ',',
      'select(',
      ')',
      '"x"',
      '1',
      '==',
      '//',
      'and',
      'not',
      '?',
      ' ',
      '-',
    ];
    const text = fc.array(fc.constantFrom(...words)).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, fc.jsonValue(), (source, input) => {
        let run;
        try {
          run = compileJq(source);
        } catch (error) {
          expect(error).toBeInstanceOf(StageSyntaxError);
          return;
        }
        const outcome = run(input);
        if (outcome !== undefined) expect(outcome).not.toContain(null);
      }),
    );
  });
});
