import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { shapeOfType } from '../../src/codec/apply-shape.js';
import { jsonPatch } from '../../src/codec/json-patch.js';
import { cloneJson } from '../../src/codec/json.js';
import { mergePatch } from '../../src/codec/merge-patch.js';
import { recordUpdate, serverSideApply } from '../../src/codec/server-side-apply.js';
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

function play(
  live: KubeObject | undefined,
  { type, patch, manager = 'recorder', force = false }: Step,
): KubeObject {
  const shape = shapeOfType(typeOfObject({ apiVersion: 'apps/v1', kind: 'Deployment' }));
  const writer = { manager, shape, now: 0 };
  let result: KubeObject;
  if (type === 'apply') result = serverSideApply(live, patch as KubeObject, { ...writer, force });
  else {
    if (live === undefined) throw new Error('nothing to patch');
    if (type === 'json') result = jsonPatch(live, patch);
    else if (type === 'merge') result = mergePatch(live, patch);
    else result = strategicMerge(live, patch, typeOfObject(live));
  }
  pruneUnknown(result);
  applyDefaults(result);
  if (type !== 'apply' && live?.kind === 'Deployment') recordUpdate(live, result, writer);
  return result;
}

/** Times, counters and the zero status of a new object are the server's business. */
function comparable(object: KubeObject): unknown {
  const copy = cloneJson(object);
  const { metadata } = copy;
  for (const field of ['uid', 'resourceVersion', 'generation', 'creationTimestamp'] as const)
    delete metadata[field];
  delete copy.status;
  if (copy.kind === 'Service') delete metadata.managedFields;
  for (const entry of (metadata.managedFields ?? []) as { time?: string }[]) delete entry.time;
  const key = (entry: unknown): string =>
    JSON.stringify([(entry as Step & { operation: string }).operation, (entry as Step).manager]);
  metadata.managedFields?.sort((a, b) => (key(a) < key(b) ? -1 : 1));
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
