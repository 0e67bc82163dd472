import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { missing, threeWayPatch } from '../../src/apply/strategic-merge.js';

const names = ['a', 'b', 'c', 'containers', 'env', 'rules'];
const { json } = fc.letrec<{ json: never; object: never }>((tie) => ({
  object: fc.dictionary(fc.constantFrom(...names), tie('json'), { maxKeys: 3 }) as never,
  json: fc.oneof({ depthSize: 'small' }, fc.integer(), fc.string(), fc.boolean(), tie('object')) as never,
}));
const object = fc.dictionary(fc.constantFrom(...names), json, { maxKeys: 4 });

describe('threeWayPatch', () => {
  it('is empty when the current object carries all that is wanted', () => {
    fc.assert(
      fc.property(object, (wanted) => void expect(threeWayPatch(wanted, wanted, wanted)).toEqual({})),
    );
  });

  it('leaves alone what others have added', () => {
    const wanted = { spec: { replicas: 1 } };
    expect(threeWayPatch(wanted, wanted, { spec: { replicas: 1, paused: false }, status: { x: 1 } })).toEqual(
      {},
    );
  });

  it('changes single fields deep inside', () => {
    const patch = threeWayPatch(
      { spec: { a: 1, b: 2 } },
      { spec: { a: 3, b: 2 } },
      { spec: { a: 1, b: 2, c: 5 } },
    );
    expect(patch).toEqual({ spec: { a: 3 } });
  });

  it('deletes what was applied before and is not wanted any more', () => {
    expect(
      threeWayPatch(
        { data: { old: 'x', kept: 'y' } },
        { data: { kept: 'y' } },
        { data: { old: 'x', kept: 'y' } },
      ),
    ).toEqual({
      data: { old: null },
    });
  });

  it('merges containers and their env by name', () => {
    const container = (image: string, env: { name: string; value: string }[]) => ({
      containers: [{ name: 'one', image, env }],
    });
    const before = container('v1', [
      { name: 'A', value: '1' },
      { name: 'B', value: '2' },
    ]);
    const after = container('v2', [{ name: 'A', value: '9' }]);
    expect(threeWayPatch(before, after, before)).toEqual({
      '$setElementOrder/containers': [{ name: 'one' }],
      containers: [
        {
          name: 'one',
          image: 'v2',
          '$setElementOrder/env': [{ name: 'A' }],
          env: [
            { value: '9', name: 'A' },
            { $patch: 'delete', name: 'B' },
          ],
        },
      ],
    });
  });

  it('tells service ports and container ports apart', () => {
    const service = threeWayPatch(
      {},
      { ports: [{ port: 80, name: 'x' }] },
      { ports: [{ port: 80, name: 'y' }] },
    );
    expect(service['ports']).toEqual([{ name: 'x', port: 80 }]);
    const container = threeWayPatch(
      {},
      { ports: [{ containerPort: 80, name: 'x' }] },
      { ports: [{ containerPort: 80, name: 'y' }] },
    );
    expect(container['ports']).toEqual([{ name: 'x', containerPort: 80 }]);
  });

  it('replaces other lists as a whole', () => {
    expect(
      threeWayPatch(
        {},
        { rules: [{ verbs: ['get'] }] },
        { rules: [{ verbs: ['get'] }, { verbs: ['list'] }] },
      ),
    ).toEqual({
      rules: [{ verbs: ['get'] }],
    });
  });
});

describe('missing', () => {
  it('finds nothing when the object was only added to', () => {
    const wanted = {
      metadata: { name: 'x', annotations: {} },
      spec: { containers: [{ name: 'a', env: [{ name: 'E', value: '' }] }] },
    };
    const actual = {
      metadata: { name: 'x', uid: 'u' },
      spec: {
        containers: [{ name: 'sidecar' }, { name: 'a', image: 'i', env: [{ name: 'E' }] }],
        replicas: 1,
      },
    };
    expect(missing(wanted, actual)).toEqual([]);
  });

  it('names what is absent or different', () => {
    expect(missing({ a: 1, b: { c: [1, 2] }, d: { e: 'x' } }, { a: 2, b: { c: [1] } })).toEqual([
      'a',
      'b.c',
      'd',
    ]);
    expect(
      missing({ containers: [{ name: 'a', image: 'x' }] }, { containers: [{ name: 'b', image: 'x' }] }),
    ).toEqual(['containers[0]']);
    expect(missing({ data: { k: '' } }, { data: { k: 'not empty' } })).toEqual(['data.k']);
  });
});
