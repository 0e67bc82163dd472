import type { Json } from '../object.js';
import { isObject, type JsonObject } from './json.js';

/**
 * A set of paths in an object: what one manager owns. Steps are those of `metav1.FieldsV1`: `f:name` a field,
 * `k:{"name":"a"}` a list item by its keys, `v:"x"` an item of a set.
 *
 * Sets are immutable once built; operations answer one of their arguments where the result equals it, so that
 * "nothing has changed" is a comparison of references. The rules are those of sigs.k8s.io/structured-merge-diff
 * `fieldpath/set.go`.
 */
export class FieldSet {
  static readonly empty = new FieldSet(false, undefined);
  /** The path itself and nothing below. */
  static readonly leaf = new FieldSet(true, undefined);

  private constructor(
    /** The path that leads here belongs to the set itself. */
    readonly isMember: boolean,
    private readonly children: ReadonlyMap<string, FieldSet> | undefined,
  ) {}

  /** Children that are empty are left out. */
  static of(isMember: boolean, children: Map<string, FieldSet>): FieldSet {
    if (children.size === 0) return isMember ? FieldSet.leaf : FieldSet.empty;
    return new FieldSet(isMember, children);
  }

  /** A set of whole paths, each with all steps given as field names. */
  static ofFields(...paths: readonly (readonly string[])[]): FieldSet {
    return paths.reduce<FieldSet>(
      (set, path) => set.union(path.reduceRight((below, name) => below.under(`f:${name}`), FieldSet.leaf)),
      FieldSet.empty,
    );
  }

  /** Steps of an unknown sort are left out. Throws SyntaxError for items whose keys or values are no JSON. */
  static fromFieldsV1(fields: unknown): FieldSet {
    if (!isObject(fields)) return FieldSet.empty;
    const children = new Map<string, FieldSet>();
    let isMember = false;
    for (const [step, below] of Object.entries(fields)) {
      if (step === '.') isMember = true;
      else if (isStep(step)) {
        const child = FieldSet.fromFieldsV1(below);
        children.set(step, child.isEmpty ? FieldSet.leaf : child);
      }
    }
    return FieldSet.of(isMember, children);
  }

  /** JSON of `metav1.FieldsV1`, steps in upstream's order. */
  toFieldsV1(): string {
    if (this.children === undefined) return '{}';
    const steps = [...this.children.keys()];
    if (steps.length > 1) steps.sort(compareSteps);
    let text = this.isMember ? '{".":{}' : '{';
    for (const step of steps) {
      if (text.length > 1) text += ',';
      text += `${JSON.stringify(step)}:${this.children.get(step)?.toFieldsV1() ?? '{}'}`;
    }
    return `${text}}`;
  }

  get isEmpty(): boolean {
    return !this.isMember && this.children === undefined;
  }

  /** The set below a step; empty if there is none. */
  at(step: string): FieldSet {
    return this.children?.get(step) ?? FieldSet.empty;
  }

  /** True if the path belongs to the set. */
  has(path: readonly string[]): boolean {
    return path.reduce<FieldSet>((set, step) => set.at(step), this).isMember;
  }

  /** Steps that lead to paths of the set. */
  steps(): Iterable<string> {
    return this.children?.keys() ?? [];
  }

  /** The same paths, all with one step before. */
  under(step: string): FieldSet {
    return this.isEmpty ? this : new FieldSet(false, new Map([[step, this]]));
  }

  /** The set with, or without, its own path. */
  withMember(isMember: boolean): FieldSet {
    if (isMember === this.isMember) return this;
    if (this.children === undefined) return isMember ? FieldSet.leaf : FieldSet.empty;
    return new FieldSet(isMember, this.children);
  }

  union(other: FieldSet): FieldSet {
    if (other === this || other.isEmpty) return this;
    if (this.isEmpty) return other;
    const isMember = this.isMember || other.isMember;
    let children: Map<string, FieldSet> | undefined;
    for (const [step, theirs] of other.children ?? []) {
      const ours = this.children?.get(step);
      const both = ours === undefined ? theirs : ours.union(theirs);
      if (both !== ours) (children ??= new Map(this.children)).set(step, both);
    }
    return children === undefined ? this.withMember(isMember) : new FieldSet(isMember, children);
  }

  /** Paths of this set that are not in the other; those below a path of the other stay. */
  difference(other: FieldSet): FieldSet {
    if (other.isEmpty) return this;
    const isMember = this.isMember && !other.isMember;
    return this.#replaceChildren(isMember, other, (ours, theirs) => ours.difference(theirs));
  }

  /** Paths of this set that neither are in the other nor below a path of it. */
  without(other: FieldSet): FieldSet {
    if (other.isEmpty) return this;
    if (other.isMember) return FieldSet.empty;
    return this.#replaceChildren(this.isMember, other, (ours, theirs) => ours.without(theirs));
  }

  #replaceChildren(
    isMember: boolean,
    other: FieldSet,
    combine: (ours: FieldSet, theirs: FieldSet) => FieldSet,
  ): FieldSet {
    let children: Map<string, FieldSet> | undefined;
    for (const [step, theirs] of other.children ?? []) {
      const ours = this.children?.get(step);
      if (ours === undefined) continue;
      const rest = combine(ours, theirs);
      if (rest === ours) continue;
      children ??= new Map(this.children);
      if (rest.isEmpty) children.delete(step);
      else children.set(step, rest);
    }
    return children === undefined ? this.withMember(isMember) : FieldSet.of(isMember, children);
  }

  intersection(other: FieldSet): FieldSet {
    if (other === this) return this;
    const children = new Map<string, FieldSet>();
    for (const [step, theirs] of other.children ?? []) {
      const common = this.children?.get(step)?.intersection(theirs);
      if (common !== undefined && !common.isEmpty) children.set(step, common);
    }
    return FieldSet.of(this.isMember && other.isMember, children);
  }

  /** The set with other steps, in the order in which they stand in JSON; itself if none is another. */
  withSteps(other: (step: string) => string): FieldSet {
    let children: Map<string, FieldSet> | undefined;
    for (const [step, child] of this.children ?? []) {
      const [renamed, below] = [other(step), child.withSteps(other)];
      if (renamed === step && below === child) continue;
      children ??= new Map(this.children);
      if (renamed !== step) children.delete(step);
      children.set(renamed, below);
    }
    return children === undefined ? this : new FieldSet(this.isMember, children);
  }

  /** Paths of the set in upstream's order: what is on one level before what is below it. */
  *paths(prefix: readonly string[] = []): Generator<readonly string[]> {
    const steps = [...(this.children?.keys() ?? [])].sort(compareSteps);
    for (const step of steps) if (this.at(step).isMember) yield [...prefix, step];
    for (const step of steps) yield* this.at(step).paths([...prefix, step]);
  }
}

function isStep(step: string): boolean {
  if (step.startsWith('f:')) return true;
  if (step.startsWith('v:')) return JSON.parse(step.slice(2)) !== undefined;
  if (!step.startsWith('k:')) return false;
  if (!isObject(JSON.parse(step.slice(2)))) throw new SyntaxError(`no keys of a list item: ${step}`);
  return true;
}

/** Fields before items, each in the order of their names, or of the values of their keys. */
function compareSteps(a: string, b: string): number {
  const [kindA, kindB] = [a.charCodeAt(0), b.charCodeAt(0)];
  if (kindA !== kindB) return kindA - kindB;
  if (kindA === 0x66 /* f */) return a < b ? -1 : a > b ? 1 : 0;
  return compareValues(JSON.parse(a.slice(2)) as Json, JSON.parse(b.slice(2)) as Json);
}

/** Numbers before strings before booleans before the rest (`value.Compare`); keys one by one. */
function compareValues(a: Json | undefined, b: Json | undefined): number {
  if (isObject(a) && isObject(b)) {
    const [keysA, keysB] = [Object.keys(a), Object.keys(b)];
    for (const [index, key] of keysA.entries()) {
      const other = keysB[index];
      if (other === undefined) return 1;
      if (key !== other) return key < other ? -1 : 1;
      const order = compareValues(a[key], b[key]);
      if (order !== 0) return order;
    }
    return keysA.length - keysB.length;
  }
  const order = rankOf(a) - rankOf(b);
  if (order !== 0) return order;
  const [left, right] = typeof a === 'object' ? [JSON.stringify(a), JSON.stringify(b)] : [a, b];
  if (left === right || left === undefined || right === undefined || right === null || left === null)
    return 0;
  return left < right ? -1 : 1;
}

const rankOf = (value: Json | undefined): number =>
  ['number', 'string', 'boolean'].indexOf(typeof value) >>> 0;

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

/** The step to a list item by its keys, which are sorted. */
export function itemStep(item: JsonObject, keys: readonly string[], defaults: JsonObject): string {
  let text = '';
  for (const key of keys) {
    const value = item[key] ?? defaults[key];
    if (value === undefined || value === null) continue;
    text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${JSON.stringify(value)}`;
  }
  return `k:{${text}}`;
}
