import type { Json } from '../object.js';
import type { ApplyShape } from './apply-shape.js';
import { FieldSet, itemStep } from './field-set.js';
import { equalJson, isObject, setOwn, type JsonObject } from './json.js';

/** What a write has done to an object, by paths. */
export interface FieldChanges {
  /** Present afterwards, with another value than before or none. */
  readonly written: FieldSet;
  /** Present before, not afterwards. */
  readonly removed: FieldSet;
}

const atomic: ApplyShape = { kind: 'atomic', type: 'any' };

/** Objects, lists and, standing for an empty one, null: what a shape may take apart. */
const isFields = (value: Json): value is JsonObject | null => value === null || isObject(value);
const isList = (value: Json): value is Json[] | null => value === null || Array.isArray(value);

/** True if the value is divided into parts that are owned one by one. */
const isDivided = (value: Json, { kind }: ApplyShape): boolean =>
  kind === 'fields' ? isFields(value) : kind !== 'atomic' && isList(value);

const isEmpty = (value: Json): boolean =>
  value === null || (Array.isArray(value) ? value.length === 0 : Object.keys(value).length === 0);

const stepOf = (item: Json, shape: ApplyShape): string =>
  shape.kind === 'keyed' && isObject(item)
    ? itemStep(item, shape.keys, shape.defaults)
    : `v:${JSON.stringify(item)}`;

const itemShape = (shape: ApplyShape): ApplyShape =>
  shape.kind === 'keyed' || shape.kind === 'set' ? shape.item : atomic;

/**
 * The fields that an applied configuration mentions: its leaves, list items, keys of maps and empty objects
 * (structured-merge-diff `typed/tofieldset.go`).
 */
export function fieldsOf(value: Json, shape: ApplyShape): FieldSet {
  if (!isDivided(value, shape)) return FieldSet.leaf;
  const children = new Map<string, FieldSet>();
  if (shape.kind === 'fields') {
    for (const [name, part] of Object.entries((value ?? {}) as JsonObject)) {
      const below = fieldsOf(part, shape.child(name));
      const whole = part === null || (isObject(part) && isEmpty(part)) || !shape.isNamed(name);
      const child = whole ? below.withMember(true) : below;
      if (!child.isEmpty) children.set(`f:${name}`, child);
    }
  } else
    for (const item of (value ?? []) as Json[])
      children.set(stepOf(item, shape), fieldsOf(item, itemShape(shape)).withMember(true));
  return FieldSet.of(false, children);
}

/** All paths of a value, with those of the objects and lists that hold others, and its own. */
function allPaths(value: Json, shape: ApplyShape): FieldSet {
  if (!isDivided(value, shape) || isEmpty(value)) return FieldSet.leaf;
  const children = new Map<string, FieldSet>();
  if (shape.kind === 'fields') {
    for (const [name, part] of Object.entries(value as JsonObject))
      if (part !== undefined) children.set(`f:${name}`, allPaths(part, shape.child(name)));
  } else
    for (const item of value as Json[]) {
      const step = stepOf(item, shape);
      // Items of one key are owned as one.
      children.set(step, children.has(step) ? FieldSet.leaf : allPaths(item, itemShape(shape)));
    }
  return FieldSet.of(true, children);
}

const unchanged: FieldChanges = { written: FieldSet.empty, removed: FieldSet.empty };
const overwritten: FieldChanges = { written: FieldSet.leaf, removed: FieldSet.empty };

/** What differs between two objects (structured-merge-diff `typed/compare.go`). */
export function changedFields(before: Json, after: Json, shape: ApplyShape): FieldChanges {
  if (before === after) return unchanged;
  const [wasDivided, isNowDivided] = [isDivided(before, shape), isDivided(after, shape)];
  if (!wasDivided && !isNowDivided) return equalJson(before, after) ? unchanged : overwritten;
  if (wasDivided !== isNowDivided)
    return {
      written: isNowDivided ? allPaths(after, shape) : FieldSet.leaf,
      removed: wasDivided ? allPaths(before, shape).withMember(false) : FieldSet.empty,
    };
  if (isEmpty(before) && isEmpty(after))
    return (before === null) === (after === null) ? unchanged : overwritten;
  return shape.kind === 'fields'
    ? changedParts((before ?? {}) as JsonObject, (after ?? {}) as JsonObject, shape)
    : changedItems((before ?? []) as Json[], (after ?? []) as Json[], shape);
}

/** Gathers the changes below a path. */
class Changes {
  #written: Map<string, FieldSet> | undefined;
  #removed: Map<string, FieldSet> | undefined;

  written(step: string, set: FieldSet): void {
    if (!set.isEmpty) (this.#written ??= new Map()).set(step, set);
  }

  removed(step: string, set: FieldSet): void {
    if (!set.isEmpty) (this.#removed ??= new Map()).set(step, set);
  }

  compared(step: string, { written, removed }: FieldChanges): void {
    this.written(step, written);
    this.removed(step, removed);
  }

  get result(): FieldChanges {
    if (this.#written === undefined && this.#removed === undefined) return unchanged;
    const setOf = (children?: Map<string, FieldSet>): FieldSet =>
      children === undefined ? FieldSet.empty : FieldSet.of(false, children);
    return { written: setOf(this.#written), removed: setOf(this.#removed) };
  }
}

function changedParts(
  before: JsonObject,
  after: JsonObject,
  shape: ApplyShape & { kind: 'fields' },
): FieldChanges {
  const changes = new Changes();
  for (const name of Object.keys(before)) {
    const old = before[name];
    if (old === undefined) continue;
    const now = Object.hasOwn(after, name) ? after[name] : undefined;
    if (now === old) continue;
    if (now === undefined) changes.removed(`f:${name}`, allPaths(old, shape.child(name)));
    else if (typeof now === 'object' || typeof old === 'object')
      changes.compared(`f:${name}`, changedFields(old, now, shape.child(name)));
    else changes.written(`f:${name}`, FieldSet.leaf);
  }
  for (const name of Object.keys(after)) {
    const now = after[name];
    if (now === undefined || (Object.hasOwn(before, name) && before[name] !== undefined)) continue;
    changes.written(`f:${name}`, allPaths(now, shape.child(name)));
  }
  return changes.result;
}

function changedItems(before: readonly Json[], after: readonly Json[], shape: ApplyShape): FieldChanges {
  const changes = new Changes();
  const [old, now] = [itemsByStep(before, shape), itemsByStep(after, shape)];
  const below = itemShape(shape);
  for (const step of new Set([...old.keys(), ...now.keys()])) {
    const [[first, ...others], [present, ...more]] = [old.get(step) ?? [], now.get(step) ?? []];
    if (others.length > 0 && more.length > 0) {
      if (!equalJson(old.get(step), now.get(step))) changes.written(step, FieldSet.leaf);
    } else if (others.length > 0) {
      changes.removed(step, FieldSet.leaf);
      if (present !== undefined) changes.written(step, allPaths(present, below));
    } else if (more.length > 0) {
      if (first !== undefined) changes.removed(step, allPaths(first, below));
      changes.written(step, FieldSet.leaf);
    } else if (first === undefined) changes.written(step, allPaths(present ?? null, below));
    else if (present === undefined) changes.removed(step, allPaths(first, below));
    else changes.compared(step, changedFields(first, present, below));
  }
  return changes.result;
}

/** Items by their steps; usually one each. */
function itemsByStep(items: readonly Json[], shape: ApplyShape): Map<string, Json[]> {
  const byStep = new Map<string, Json[]>();
  for (const item of items) {
    const step = stepOf(item, shape);
    const same = byStep.get(step);
    if (same === undefined) byStep.set(step, [item]);
    else same.push(item);
  }
  return byStep;
}

/**
 * The live value with the applied one laid over it: what the latter doesn't mention stays. Shares parts with both.
 * Null stands for an empty object or list (structured-merge-diff `typed/merge.go`).
 */
export function mergeApplied(live: Json | undefined, applied: Json, shape: ApplyShape): Json {
  if (live === undefined || !isDivided(live, shape) || !isDivided(applied, shape)) return applied;
  if (isEmpty(live)) return applied;
  if (isEmpty(applied)) return live;
  if (shape.kind !== 'fields') return mergeItems(live as Json[], applied as Json[], shape);
  const merged: JsonObject = { ...(live as JsonObject) };
  for (const [name, value] of Object.entries(applied as JsonObject))
    setOwn(
      merged,
      name,
      mergeApplied(Object.hasOwn(merged, name) ? merged[name] : undefined, value, shape.child(name)),
    );
  return merged;
}

/** Merges lists item by item. Applied items keep their order, live ones too as far as that allows (`visitListItems`). */
function mergeItems(live: readonly Json[], applied: readonly Json[], shape: ApplyShape): Json[] {
  const liveSteps = live.map((item) => stepOf(item, shape));
  const appliedSteps = applied.map((item) => stepOf(item, shape));
  const liveByStep = new Map(live.map((item, index) => [liveSteps[index], item]));
  const isApplied = new Set(appliedSteps);
  const shared = appliedSteps.filter((step) => liveByStep.has(step));
  const done = new Set<string>();
  const result: Json[] = [];
  let [l, r, nextShared] = [0, 0, 0];
  const takeApplied = (step: string): void => {
    done.add(step);
    result.push(mergeApplied(liveByStep.get(step), applied[r] ?? null, itemShape(shape)));
    r += 1;
  };
  while (l < live.length || r < applied.length) {
    const [ours, theirs] = [liveSteps[l], appliedSteps[r]];
    if (ours !== undefined && theirs !== undefined) {
      if (ours === theirs) {
        takeApplied(theirs);
        l += 1;
        nextShared += 1;
        continue;
      }
      const awaited = shared[nextShared];
      if (isApplied.has(ours) && awaited !== undefined && awaited !== ours) {
        // Its turn is another: where the applied list has it.
        l += 1;
        continue;
      }
    }
    if (ours !== undefined) {
      if (!isApplied.has(ours)) {
        result.push(live[l] ?? null);
        l += 1;
        continue;
      }
      if (done.has(ours)) l += 1;
    }
    if (theirs !== undefined) {
      if (shared[nextShared] === theirs) nextShared += 1;
      takeApplied(theirs);
    }
  }
  return result;
}

/**
 * The value without the paths of the set. An object or list of which nothing is left becomes null
 * (structured-merge-diff `typed/remove.go`).
 */
export function removeFields(value: Json, set: FieldSet, shape: ApplyShape): Json {
  if (!isDivided(value, shape)) return typeof value === 'object' ? null : value;
  if (isEmpty(value)) return null;
  if (shape.kind !== 'fields') {
    const items = (value as Json[]).flatMap((item) => {
      const below = set.at(stepOf(item, shape));
      if (below.isMember) return [];
      return [below.isEmpty ? item : removeFields(item, below, itemShape(shape))];
    });
    return items.length === 0 ? null : items;
  }
  const rest: JsonObject = {};
  for (const [name, part] of Object.entries(value as JsonObject)) {
    const below = set.at(`f:${name}`);
    if (below.isMember) continue;
    setOwn(rest, name, below.isEmpty ? part : removeFields(part, below, shape.child(name)));
  }
  return isEmpty(rest) ? null : rest;
}

/** The set with all fields of structs on the way to its paths; keys of maps are not added (`EnsureNamedFieldsAreMembers`). */
export function withNamedFields(set: FieldSet, shape: ApplyShape): FieldSet {
  const children = new Map<string, FieldSet>();
  for (const step of set.steps()) {
    const name = step.startsWith('f:') ? step.slice(2) : undefined;
    let below = atomic;
    if (name !== undefined && shape.kind === 'fields') below = shape.child(name);
    else if (name === undefined) below = itemShape(shape);
    const child = withNamedFields(set.at(step), below);
    const isNamed = name !== undefined && shape.kind === 'fields' && shape.isNamed(name);
    children.set(step, isNamed ? child.withMember(true) : child);
  }
  return FieldSet.of(set.isMember, children);
}
