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
  collect(object as Json, shape, set, false);
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

/** Gathers the paths of leaves and list items; with `whole` also those of what holds them. */
function collect(value: Json, shape: ApplyShape, set: FieldSet, whole: boolean): void {
  const parts = [...partsOf(value, shape)];
  if (parts.length === 0 || whole) set.member = true;
  for (const { step, value: part, shape: below } of parts) {
    const child = set.child(step);
    collect(part, below, child, whole);
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
    for (const [key, part] of Object.entries(value))
      yield { step: `f:${key}`, value: part, shape: shape.child(key) };
  } else if (shape.kind === 'set' && Array.isArray(value)) {
    for (const part of value)
      yield { step: `v:${JSON.stringify(part)}`, value: part, shape: { kind: 'atomic' } };
  } else if (shape.kind === 'keyed' && Array.isArray(value)) {
    for (const part of value)
      if (isObject(part))
        yield { step: itemStep(part, shape.keys, shape.defaults), value: part, shape: shape.item };
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
  if (equalJson(before, after)) return;
  const old = new Map([...partsOf(before, shape)].map((part) => [part.step, part]));
  const now = new Map([...partsOf(after, shape)].map((part) => [part.step, part]));
  if (old.size === 0 && now.size === 0) {
    written.member = true;
    return;
  }
  for (const [step, part] of now) {
    const previous = old.get(step);
    if (previous === undefined) collect(part.value, part.shape, written.child(step), true);
    else compare(previous.value, part.value, part.shape, written.child(step), removed.child(step));
  }
  for (const [step, part] of old)
    if (!now.has(step)) collect(part.value, part.shape, removed.child(step), true);
}

/** The live value with the applied one laid over it: what the latter doesn't mention stays. A new value. */
export function mergeApplied(live: Json | undefined, applied: Json, shape: ApplyShape): Json {
  if (shape.kind === 'fields' && isObject(live) && isObject(applied)) {
    const merged: JsonObject = cloneJson(live);
    for (const [key, value] of Object.entries(applied))
      setOwn(
        merged,
        key,
        mergeApplied(Object.hasOwn(live, key) ? live[key] : undefined, value, shape.child(key)),
      );
    return merged;
  }
  if ((shape.kind === 'set' || shape.kind === 'keyed') && Array.isArray(live) && Array.isArray(applied))
    return mergeItems([...partsOf(live, shape)], [...partsOf(applied, shape)]);
  return cloneJson(applied);
}

/**
 * Merges two lists item by item. Applied items keep their order, live ones too as far as that allows
 * (structured-merge-diff `typed/merge.go` `visitListItems`).
 */
function mergeItems(live: readonly Part[], applied: readonly Part[]): Json[] {
  const liveByStep = new Map(live.map((part) => [part.step, part]));
  const appliedByStep = new Map(applied.map((part) => [part.step, part]));
  const shared = applied.map((part) => part.step).filter((step) => liveByStep.has(step));
  const done = new Set<string>();
  const result: Json[] = [];
  let [l, r, nextShared] = [0, 0, 0];
  const takeApplied = (part: Part): void => {
    done.add(part.step);
    result.push(mergeApplied(liveByStep.get(part.step)?.value, part.value, part.shape));
    if (shared[nextShared] === part.step) nextShared += 1;
    r += 1;
  };
  while (l < live.length || r < applied.length) {
    const [ours, theirs] = [live[l], applied[r]];
    if (ours !== undefined && theirs?.step === ours.step) {
      takeApplied(theirs);
      l += 1;
    } else if (ours !== undefined && !appliedByStep.has(ours.step)) {
      result.push(cloneJson(ours.value));
      l += 1;
    } else if (
      ours !== undefined &&
      (done.has(ours.step) || theirs === undefined || shared[nextShared] !== ours.step)
    ) {
      // Shared, but its turn among the applied ones is another.
      l += 1;
    } else if (theirs !== undefined) takeApplied(theirs);
  }
  return result;
}
