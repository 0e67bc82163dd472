import type { Json } from '../object.js';
import type { ApplyShape } from './apply-shape.js';
import { FieldSet, itemStep } from './field-set.js';
import { cloneJson, equalJson, isObject, setOwn, type JsonObject } from './json.js';

/** Fields that no one owns: the identity of the object and what the server alone writes. */
const unownedMetadata = [
  'name',
  'namespace',
  'creationTimestamp',
  'selfLink',
  'uid',
  'generation',
  'managedFields',
  'resourceVersion',
];

/** All leaf paths of an object, except its identity and what only the server writes. */
export function fieldsOf(object: unknown, shape: ApplyShape): FieldSet {
  const set = new FieldSet();
  collect(object as Json, shape, set);
  return withoutUnowned(set);
}

function withoutUnowned(set: FieldSet): FieldSet {
  set.member = false;
  set.children.delete('f:apiVersion');
  set.children.delete('f:kind');
  const metadata = set.children.get('f:metadata');
  if (metadata !== undefined) {
    metadata.member = false;
    for (const name of unownedMetadata) metadata.children.delete(`f:${name}`);
    if (metadata.children.size === 0) set.children.delete('f:metadata');
  }
  return set;
}

function collect(value: Json, shape: ApplyShape, set: FieldSet): void {
  const parts = [...partsOf(value, shape)];
  if (parts.length === 0) set.member = true;
  for (const { step, value: part, shape: below } of parts) {
    const child = set.child(step);
    collect(part, below, child);
    if (step.startsWith('k:')) child.member = true;
  }
}

interface Part {
  readonly step: string;
  readonly value: Json;
  readonly shape: ApplyShape;
}

/** What a value is divided into for ownership; nothing for leaves, empty lists and objects. */
function* partsOf(value: Json, shape: ApplyShape): Generator<Part> {
  if (shape.kind === 'fields' && isObject(value)) {
    for (const [key, part] of Object.entries(value)) yield { step: `f:${key}`, value: part, shape: shape.child(key) };
  } else if (shape.kind === 'set' && Array.isArray(value)) {
    for (const part of value) yield { step: `v:${JSON.stringify(part)}`, value: part, shape: { kind: 'atomic' } };
  } else if (shape.kind === 'keyed' && Array.isArray(value)) {
    for (const part of value)
      if (isObject(part)) yield { step: itemStep(part, shape.keys, shape.defaults), value: part, shape: shape.item };
  }
}

/** Leaf paths whose values differ between two objects: those the second has, and those it lost. */
export function changedFields(
  before: unknown,
  after: unknown,
  shape: ApplyShape,
): { written: FieldSet; removed: FieldSet } {
  const written = new FieldSet();
  const removed = new FieldSet();
  compare(before as Json, after as Json, shape, written, removed);
  return { written: withoutUnowned(written), removed: withoutUnowned(removed) };
}

function compare(before: Json, after: Json, shape: ApplyShape, written: FieldSet, removed: FieldSet): void {
  const old = new Map([...partsOf(before, shape)].map((part) => [part.step, part]));
  const now = new Map([...partsOf(after, shape)].map((part) => [part.step, part]));
  if (old.size === 0 && now.size === 0) {
    if (!equalJson(before, after)) written.member = true;
    return;
  }
  for (const [step, part] of now) {
    const previous = old.get(step);
    if (previous === undefined) {
      collect(part.value, part.shape, written.child(step));
      if (step.startsWith('k:')) written.child(step).member = true;
    } else compare(previous.value, part.value, part.shape, written.child(step), removed.child(step));
  }
  for (const [step, part] of old) {
    if (now.has(step)) continue;
    collect(part.value, part.shape, removed.child(step));
    if (step.startsWith('k:')) removed.child(step).member = true;
  }
}

/** The live value with the applied one laid over it: what the latter doesn't mention stays. A new value. */
export function mergeApplied(live: Json | undefined, applied: Json, shape: ApplyShape): Json {
  if (shape.kind === 'fields' && isObject(live) && isObject(applied)) {
    const merged: JsonObject = cloneJson(live);
    for (const [key, value] of Object.entries(applied))
      setOwn(merged, key, mergeApplied(Object.hasOwn(live, key) ? live[key] : undefined, value, shape.child(key)));
    return merged;
  }
  if ((shape.kind === 'set' || shape.kind === 'keyed') && Array.isArray(live) && Array.isArray(applied))
    return mergeItems([...partsOf(live, shape)], [...partsOf(applied, shape)]);
  return cloneJson(applied);
}

/** Applied items in their order; each live-only item stays before the item that it stood before. */
function mergeItems(live: readonly Part[], applied: readonly Part[]): Json[] {
  const appliedSteps = new Set(applied.map((part) => part.step));
  const liveByStep = new Map(live.map((part) => [part.step, part.value]));
  const result: Json[] = [];
  let next = 0;
  for (const part of applied) {
    if (liveByStep.has(part.step)) {
      for (; next < live.length && live[next]?.step !== part.step; next += 1) {
        const other = live[next];
        if (other === undefined || appliedSteps.has(other.step)) break;
        result.push(cloneJson(other.value));
      }
      if (live[next]?.step === part.step) next += 1;
    }
    result.push(mergeApplied(liveByStep.get(part.step), part.value, part.shape));
  }
  for (const other of live.slice(next)) if (!appliedSteps.has(other.step)) result.push(cloneJson(other.value));
  return result;
}
