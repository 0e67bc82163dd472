import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { shapeOfType } from '../../src/codec/apply-shape.js';
import { jsonPatch } from '../../src/codec/json-patch.js';
import { cloneJson } from '../../src/codec/json.js';
import { mergePatch } from '../../src/codec/merge-patch.js';
import { changedFields } from '../../src/codec/field-ownership.js';
import { FieldSet } from '../../src/codec/field-set.js';
import { recordWrite } from '../../src/codec/field-managers.js';
import type { ManagedEntry } from '../../src/codec/managed-fields.js';
import { decodeEntries, encodeEntries, expandFields } from '../../src/codec/managed-fields.js';
import { serverSideApply } from '../../src/codec/server-side-apply.js';
import { strategicMerge } from '../../src/codec/strategic-merge.js';
import { ApiError } from '../../src/errors.js';
import type { KubeObject } from '../../src/object.js';
import { applyDefaults } from '../../src/schema/defaults.js';
import { pruneUnknown } from '../../src/schema/normalize.js';
import { typeOfObject } from '../../src/schema/types.js';

interface Step {
  type: 'json' | 'merge' | 'strategic' | 'apply';
  patch: unknown;
  manager?: string;
  force?: boolean;
}

interface Refusal {
  code: number;
  message: string;
}

const fixture = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8')) as T;

const scenarios = fixture<{ object: KubeObject | null; steps: Step[] }[]>('patches.json');
const recorded =
  fixture<{ initial: KubeObject | null; answers: (KubeObject | Refusal)[] }[]>('patched-1.34.json');

const isObject = (answer: KubeObject | Refusal): answer is KubeObject => 'kind' in answer;

/** Every patch starts from what kube-apiserver had at that point, so one mistake shows once. */
const cases = scenarios.flatMap(({ steps }, scenario) => {
  let live = recorded[scenario]?.initial ?? undefined;
  return steps.map((step, index) => {
    const answer = recorded[scenario]?.answers[index];
    if (answer === undefined) throw new Error('fixture is incomplete');
    const one = { name: `${scenario}.${index} ${step.type}`, live, step, answer };
    if (isObject(answer)) live = answer;
    return one;
  });
});

const shape = shapeOfType(typeOfObject({ apiVersion: 'apps/v1', kind: 'Deployment' }));

function play(
  live: KubeObject | undefined,
  { type, patch, manager = 'recorder', force = false }: Step,
): KubeObject {
  const entries = decodeEntries(live?.metadata.managedFields) ?? [];
  const bare = live === undefined ? undefined : withEntries(live, []);
  if (type === 'apply') {
    const zero = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: {} } as KubeObject;
    const how = { manager, subresource: '', shape, ignored: FieldSet.empty, force, now: 0 };
    const applied = serverSideApply(bare ?? zero, cloneJson(patch) as KubeObject, entries, {
      ...how,
      changesIn: () => undefined,
    });
    return withEntries(completed(applied.object), applied.entries);
  }
  if (bare === undefined) throw new Error('nothing to patch');
  let result: KubeObject;
  if (type === 'json') result = jsonPatch(bare, patch);
  else if (type === 'merge') result = mergePatch(bare, patch);
  else result = strategicMerge(bare, patch, typeOfObject(bare));
  completed(result);
  const { apiVersion } = result;
  const writer = { manager, operation: 'Update', apiVersion, subresource: '' } as const;
  const changes = changedFields(bare, result, shape);
  return withEntries(
    result,
    bare.kind === 'Deployment' ? recordWrite(entries, writer, () => changes, 0) : [],
  );
}

function completed(object: KubeObject): KubeObject {
  pruneUnknown(object);
  applyDefaults(object);
  return object;
}

function withEntries(object: KubeObject, entries: readonly ManagedEntry[]): KubeObject {
  const { managedFields: _, ...metadata } = cloneJson(object.metadata);
  const encoded = encodeEntries(entries);
  const managedFields =
    typeof encoded === 'string' ? (JSON.parse(expandFields(encoded)) as unknown[]) : encoded;
  return {
    ...cloneJson(object),
    metadata: managedFields === undefined ? metadata : { ...metadata, managedFields },
  };
}

/** Times, counters and the zero status of a new object are the server's business. */
function comparable(object: KubeObject): unknown {
  const copy = cloneJson(object);
  const { metadata } = copy;
  for (const field of ['uid', 'resourceVersion', 'generation', 'creationTimestamp'] as const)
    delete metadata[field];
  delete copy.status;
  if (copy.kind === 'Service') delete metadata.managedFields;
  const entries = (metadata.managedFields ?? []) as (Step & { time?: string })[];
  for (const entry of entries) delete entry.time;
  const key = (entry: unknown): string =>
    JSON.stringify([(entry as Step & { operation: string }).operation, (entry as Step).manager]);
  entries.sort((a, b) => (key(a) < key(b) ? -1 : 1));
  return copy;
}

describe('patches', () => {
  it.each(cases.map((one) => [one.name, one] as const))(
    'makes of %s what kube-apiserver makes',
    (_name, { live, step, answer }) => {
      const before = JSON.stringify(live);
      if (isObject(answer)) expect(comparable(play(live, step))).toEqual(comparable(answer));
      else {
        expect(() => play(live, step)).toThrow(ApiError);
        if (answer.code === 409 || answer.code === 422)
          expect(() => play(live, step)).toThrow(
            expect.objectContaining({ code: answer.code, message: answer.message }),
          );
      }
      expect(JSON.stringify(live)).toBe(before);
    },
  );
});
