import type { Json } from '../object.js';
import { equalJson, isObject, type JsonObject } from './json.js';

/**
 * A set of paths in an object: what one manager owns. Steps are those of `metav1.FieldsV1`: `f:name` a field,
 * `k:{"name":"a"}` a list item by its keys, `v:"x"` an item of a set.
 */
export class FieldSet {
  /** The path that leads here belongs to the set itself. */
  member = false;
  readonly children = new Map<string, FieldSet>();

  static fromFieldsV1(fields: unknown): FieldSet {
    const set = new FieldSet();
    if (isObject(fields))
      for (const [step, below] of Object.entries(fields)) {
        if (step === '.') set.member = true;
        else {
          const child = FieldSet.fromFieldsV1(below);
          if (child.children.size === 0) child.member = true;
          set.children.set(step, child);
        }
      }
    return set;
  }

  toFieldsV1(): JsonObject {
    const fields: JsonObject = {};
    if (this.member && this.children.size > 0) fields['.'] = {};
    for (const step of [...this.children.keys()].sort())
      fields[step] = this.children.get(step)?.toFieldsV1() ?? {};
    return fields;
  }

  get isEmpty(): boolean {
    if (this.member) return false;
    for (const child of this.children.values()) if (!child.isEmpty) return false;
    return true;
  }

  /** The set under a step, made if there is none. */
  child(step: string): FieldSet {
    let child = this.children.get(step);
    if (child === undefined) this.children.set(step, (child = new FieldSet()));
    return child;
  }

  /** Results of the set operations may share parts with their arguments: add nothing to these afterwards. */
  union(other: FieldSet): FieldSet {
    const result = new FieldSet();
    result.member = this.member || other.member;
    for (const [step, child] of this.children) {
      const counterpart = other.children.get(step);
      result.children.set(step, counterpart === undefined ? child : child.union(counterpart));
    }
    for (const [step, child] of other.children)
      if (!result.children.has(step)) result.children.set(step, child);
    return result;
  }

  /** Paths of this set that are not in the other. */
  difference(other: FieldSet): FieldSet {
    const result = new FieldSet();
    result.member = this.member && !other.member;
    for (const [step, child] of this.children) {
      const counterpart = other.children.get(step);
      const rest = counterpart === undefined ? child : child.difference(counterpart);
      if (counterpart === undefined || !rest.isEmpty) result.children.set(step, rest);
    }
    return result;
  }

  intersection(other: FieldSet): FieldSet {
    const result = new FieldSet();
    result.member = this.member && other.member;
    for (const [step, child] of this.children) {
      const counterpart = other.children.get(step);
      const common = counterpart === undefined ? undefined : child.intersection(counterpart);
      if (common !== undefined && !common.isEmpty) result.children.set(step, common);
    }
    return result;
  }

  /** Paths of the set, parents before what is below them. */
  *paths(prefix: readonly string[] = []): Generator<readonly string[]> {
    if (this.member) yield prefix;
    for (const [step, child] of this.children) yield* child.paths([...prefix, step]);
  }

  add(path: readonly string[]): void {
    path.reduce<FieldSet>((set, step) => set.child(step), this).member = true;
  }
}

/** `.spec.containers[name="a"].image`: how a path stands in messages. */
export function pathText(path: readonly string[]): string {
  return path
    .map((step) => {
      if (step.startsWith('f:')) return `.${step.slice(2)}`;
      if (step.startsWith('v:')) return `[=${step.slice(2)}]`;
      const keys = Object.entries(JSON.parse(step.slice(2)) as JsonObject);
      return `[${keys.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(',')}]`;
    })
    .join('');
}

/** Key of a list item, for a step and for comparing. */
export const itemStep = (item: JsonObject, keys: readonly string[], defaults: JsonObject): string => {
  const entries = [...keys].sort().map((key) => [key, item[key] ?? defaults[key] ?? null] as const);
  return `k:${JSON.stringify(Object.fromEntries(entries.filter(([, value]) => value !== null)))}`;
};

/** The value at a path, or undefined. */
export function valueAt(value: Json | undefined, path: readonly string[]): Json | undefined {
  let current = value;
  for (const step of path) current = stepInto(current, step);
  return current;
}

function stepInto(value: Json | undefined, step: string): Json | undefined {
  const rest = step.slice(2);
  if (step.startsWith('f:')) return isObject(value) && Object.hasOwn(value, rest) ? value[rest] : undefined;
  return Array.isArray(value) ? value[findItem(value, step)] : undefined;
}

/** Index of the list item that a `k:` or `v:` step names, or -1. Keys that an item lacks match their default. */
function findItem(list: readonly Json[], step: string): number {
  const wanted = JSON.parse(step.slice(2)) as Json;
  if (step.startsWith('v:')) return list.findIndex((item) => equalJson(item, wanted));
  const keys = Object.entries(wanted as JsonObject);
  const matches = (exactly: boolean) => (item: Json) =>
    isObject(item) &&
    keys.every(([key, value]) => equalJson(item[key], value) || (!exactly && item[key] === undefined));
  const exact = list.findIndex(matches(true));
  return exact >= 0 ? exact : list.findIndex(matches(false));
}

/** Removes what is at the path, if anything. */
export function removeAt(root: Json, path: readonly string[]): void {
  const parent = valueAt(root, path.slice(0, -1));
  const step = path.at(-1);
  if (step === undefined) return;
  if (step.startsWith('f:')) {
    if (isObject(parent)) delete parent[step.slice(2)];
  } else if (Array.isArray(parent)) {
    const index = findItem(parent, step);
    if (index >= 0) parent.splice(index, 1);
  }
}
