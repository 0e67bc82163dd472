import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { shapeOfType } from '../../src/codec/apply-shape.js';
import { FieldSet } from '../../src/codec/field-set.js';
import { jsonPatch } from '../../src/codec/json-patch.js';
import { equalJson } from '../../src/codec/json.js';
import { mergePatch } from '../../src/codec/merge-patch.js';
import type { Applied } from '../../src/codec/server-side-apply.js';
import { serverSideApply } from '../../src/codec/server-side-apply.js';
import { strategicMerge } from '../../src/codec/strategic-merge.js';
import { ApiError } from '../../src/errors.js';
import type { Json, KubeObject } from '../../src/object.js';
import { typeOf } from '../../src/schema/types.js';

type JsonObject = { [key: string]: Json };

const key = fc.oneof(
  fc.constantFrom('a', 'b', 'spec', 'metadata', 'name', '__proto__'),
  fc.string({ maxLength: 4 }),
);
const { json } = fc.letrec<{ json: Json }>((tie) => ({
  json: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom<Json>(null, true, 0, 1, '', 'x'),
    fc.array(tie('json'), { maxLength: 3 }),
    fc.dictionary(key, tie('json'), { maxKeys: 4 }) as fc.Arbitrary<Json>,
  ),
}));
const object = fc.dictionary(key, json, { maxKeys: 4 }) as fc.Arbitrary<JsonObject>;

function hasNull(value: Json): boolean {
  if (value === null) return true;
  return typeof value === 'object' && Object.values(value).some(hasNull);
}

const withoutDirectives = (value: Json): boolean => !JSON.stringify(value).includes('"$');

const podType = typeOf('', 'v1', 'Pod');

const container = fc.record({
  name: fc.constantFrom('a', 'b', 'c', 'd'),
  image: fc.constantFrom('x', 'y'),
});
const pod = fc
  .uniqueArray(container, { selector: ({ name }) => name, minLength: 1 })
  .map((containers): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: { containers },
  }));

describe('mergePatch', () => {
  it('of an object without nulls onto nothing is that object', () => {
    fc.assert(
      fc.property(
        object.filter((patch) => !hasNull(patch)),
        (patch) => equalJson(mergePatch({}, patch), patch),
      ),
    );
  });

  it('done twice is the same as once', () => {
    fc.assert(
      fc.property(object, object, (target, patch) => {
        const once = mergePatch(target, patch);
        expect(equalJson(mergePatch(once, patch), once)).toBe(true);
      }),
    );
  });

  it('leaves its arguments alone', () => {
    fc.assert(
      fc.property(object, object, (target, patch) => {
        const before = JSON.stringify([target, patch]);
        mergePatch(target, patch);
        expect(JSON.stringify([target, patch])).toBe(before);
      }),
    );
  });
});

describe('jsonPatch', () => {
  const operation = fc.record(
    {
      op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test', 'odd'),
      path: fc.oneof(fc.constantFrom('', '/a', '/a/b', '/spec/0', '/a/-', 'a'), fc.string({ maxLength: 6 })),
      from: fc.constantFrom('/a', '/b', ''),
      value: json,
    },
    { requiredKeys: ['op', 'path'] },
  );

  it('answers an object or an ApiError, and leaves the target alone', () => {
    fc.assert(
      fc.property(object, fc.array(operation, { maxLength: 4 }), (target, patch) => {
        const before = JSON.stringify(target);
        try {
          expect(typeof jsonPatch(target, patch)).toBe('object');
        } catch (error) {
          expect(error).toBeInstanceOf(ApiError);
        }
        expect(JSON.stringify(target)).toBe(before);
      }),
      { numRuns: 500 },
    );
  });

  it('undoes an added field by removing it', () => {
    fc.assert(
      fc.property(object, json, (target, value) => {
        const patched = jsonPatch(target, [
          { op: 'add', path: '/new-field', value },
          { op: 'test', path: '/new-field', value },
          { op: 'remove', path: '/new-field' },
        ]);
        expect(equalJson(patched, target)).toBe(true);
      }),
    );
  });
});

describe('strategicMerge', () => {
  it('without a type and directives is a merge patch', () => {
    fc.assert(
      fc.property(
        object,
        object.filter((patch) => withoutDirectives(patch) && !hasNull(patch)),
        (target, patch) => {
          expect(equalJson(strategicMerge(target, patch, undefined), mergePatch(target, patch))).toBe(true);
        },
      ),
    );
  });

  it('of an object with itself changes nothing', () => {
    fc.assert(fc.property(pod, (one) => void expect(strategicMerge(one, one, podType)).toEqual(one)));
  });

  it('done twice is the same as once', () => {
    fc.assert(
      fc.property(pod, pod, (one, other) => {
        const once = strategicMerge(one, other, podType);
        expect(strategicMerge(once, other, podType)).toEqual(once);
      }),
    );
  });

  it('keeps one item of each key', () => {
    fc.assert(
      fc.property(pod, pod, (one, other) => {
        const names = strategicMerge(one, other, podType).spec.containers.map(
          ({ name }: { name: string }) => name,
        );
        expect(new Set(names).size).toBe(names.length);
      }),
    );
  });

  it('answers an object or an ApiError, whatever the patch', () => {
    fc.assert(
      fc.property(pod, object, (one, patch) => {
        try {
          strategicMerge(one, patch, podType);
        } catch (error) {
          expect(error).toBeInstanceOf(ApiError);
        }
      }),
    );
  });
});

describe('serverSideApply', () => {
  const shape = shapeOfType(podType);
  const none: Applied = { object: { apiVersion: 'v1', kind: 'Pod' } as KubeObject, entries: [] };
  const apply = (to: Applied, applied: KubeObject, manager: string, force = false, now = 0): Applied =>
    serverSideApply(to.object, applied, to.entries, {
      manager,
      subresource: '',
      shape,
      ignored: FieldSet.empty,
      force,
      now,
      changesIn: () => undefined,
    });

  it('of the same again changes nothing', () => {
    fc.assert(
      fc.property(pod, (one) => {
        const first = apply(none, one, 'm');
        expect(apply(first, one, 'm', false, 9_999_999)).toEqual(first);
      }),
    );
  });

  it('by a single manager leaves what was applied last', () => {
    fc.assert(
      fc.property(pod, pod, (one, other) => {
        const { object: result } = apply(apply(none, one, 'm'), other, 'm');
        const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1);
        expect([...(result.spec?.containers ?? [])].sort(byName)).toEqual(
          [...other.spec.containers].sort(byName),
        );
      }),
    );
  });

  it('by force leaves each field that both set to the second manager', () => {
    fc.assert(
      fc.property(pod, pod, (one, other) => {
        const { object: result } = apply(apply(none, one, 'a'), other, 'b', true);
        for (const applied of other.spec.containers) expect(result.spec.containers).toContainEqual(applied);
      }),
    );
  });
});
