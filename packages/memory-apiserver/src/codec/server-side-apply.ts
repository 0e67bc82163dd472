import { ApiError, badRequest } from '../errors.js';
import type { Json, KubeObject } from '../object.js';
import { completeZeroValues } from '../schema/normalize.js';
import type { ApplyShape } from './apply-shape.js';
import { changedFields, fieldsOf, mergeApplied } from './field-ownership.js';
import { FieldSet, pathText, removeAt, valueAt } from './field-set.js';
import { equalJson } from './json.js';
import { formatTime } from './time.js';

/** One entry of `metadata.managedFields`. */
export interface ManagedFieldsEntry {
  manager: string;
  operation: 'Apply' | 'Update';
  apiVersion: string;
  time?: string;
  fieldsType: 'FieldsV1';
  fieldsV1: unknown;
  subresource?: string;
}

/** Who writes, when, and through what. */
export interface Writer {
  readonly manager: string;
  readonly shape: ApplyShape;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** `status`, … when written through it. */
  readonly subresource?: string;
}

/**
 * Server-side apply: lays `applied` over `live` by its list keys, removes what the manager applied before and
 * no longer mentions unless others own it, and keeps `metadata.managedFields`. A new object; without a change
 * it equals `live`.
 *
 * @param live undefined to create
 * @param force take fields that others own with other values instead of failing
 * @throws ApiError 409 with one cause per conflicting field, 400 if `applied` has managedFields itself
 */
export function serverSideApply(
  live: KubeObject | undefined,
  applied: KubeObject,
  options: Writer & { force: boolean },
): KubeObject {
  if ((applied.metadata.managedFields ?? []).length > 0)
    throw badRequest('metadata.managedFields must be nil');
  const { shape, force } = options;
  const entries = managedFieldsOf(live);
  const own = entries.find((entry) => isEntryOf(entry, options, 'Apply'));
  const others = entries.filter((entry) => entry !== own);
  const owned = fieldsOf(applied, shape);
  const merged = mergeApplied(live, applied, shape) as unknown as KubeObject;

  let remaining = others;
  if (live !== undefined) {
    const conflicts = findConflicts(live, merged, owned, others);
    if (conflicts.length > 0 && !force) throw applyConflict(conflicts);
    remaining = others.map((entry) => withoutFields(entry, conflictsOf(conflicts, entry)));
    const before = FieldSet.fromFieldsV1(own?.fieldsV1);
    prune(merged, before.difference(owned), remaining);
  }
  const fields = owned.toFieldsV1();
  delete merged.metadata.managedFields;
  const unchanged =
    live !== undefined && own !== undefined && equalJson(own.fieldsV1, fields) && sameBut(live, merged);
  setManagedFields(merged, [
    ...remaining,
    unchanged ? own : newEntry(applied.apiVersion, fields, options, 'Apply'),
  ]);
  return merged;
}

/**
 * Keeps `metadata.managedFields` of an object that was created or changed by anything but apply: the writer owns
 * what it changed, and nobody owns what is gone. Changes `after`.
 *
 * @param before undefined for a new object
 */
export function recordUpdate(before: KubeObject | undefined, after: KubeObject, writer: Writer): void {
  const { written, removed } = changedFields(before ?? zeroObject(after), after, writer.shape);
  const entries = managedFieldsOf(before);
  if (written.isEmpty && removed.isEmpty) {
    setManagedFields(after, entries);
    return;
  }
  const own = entries.find(
    (entry) => isEntryOf(entry, writer, 'Update') && entry.apiVersion === after.apiVersion,
  );
  const others = entries
    .filter((entry) => entry !== own)
    .map((entry) => withoutFields(entry, removed.union(written)));
  const fields = FieldSet.fromFieldsV1(own?.fieldsV1).union(written).difference(removed);
  setManagedFields(after, [
    ...others,
    ...(fields.isEmpty ? [] : [newEntry(after.apiVersion, fields.toFieldsV1(), writer, 'Update')]),
  ]);
}

/** A new object starts from the zero value of its Go type, whose structs and lists nobody has written. */
function zeroObject({ apiVersion, kind }: KubeObject): KubeObject {
  const zero = { apiVersion, kind, metadata: {} } as KubeObject;
  completeZeroValues(zero);
  return zero;
}

/** Entries are never changed, only replaced, so the old and the new object may share them. */
const managedFieldsOf = (object: KubeObject | undefined): ManagedFieldsEntry[] =>
  (object?.metadata.managedFields ?? []) as ManagedFieldsEntry[];

const isEntryOf = (entry: ManagedFieldsEntry, writer: Writer, operation: 'Apply' | 'Update'): boolean =>
  entry.operation === operation &&
  entry.manager === writer.manager &&
  (entry.subresource ?? '') === (writer.subresource ?? '');

const newEntry = (
  apiVersion: string,
  fieldsV1: unknown,
  writer: Writer,
  operation: 'Apply' | 'Update',
): ManagedFieldsEntry => ({
  manager: writer.manager,
  operation,
  apiVersion,
  time: formatTime(writer.now),
  fieldsType: 'FieldsV1',
  fieldsV1,
  ...(writer.subresource === undefined ? {} : { subresource: writer.subresource }),
});

/** Upstream's order: applied entries first, then by time and manager. Entries that own nothing are dropped. */
function setManagedFields(object: KubeObject, entries: readonly ManagedFieldsEntry[]): void {
  const kept = entries.filter((entry) => Object.keys(entry.fieldsV1 as object).length > 0);
  const rank = (entry: ManagedFieldsEntry): string =>
    [entry.operation, entry.operation === 'Apply' ? '' : (entry.time ?? ''), entry.manager].join(' ');
  kept.sort((a, b) => (rank(a) < rank(b) ? -1 : rank(a) > rank(b) ? 1 : 0));
  if (kept.length === 0) delete object.metadata.managedFields;
  else object.metadata.managedFields = kept;
}

const withoutFields = (entry: ManagedFieldsEntry, fields: FieldSet): ManagedFieldsEntry =>
  fields.isEmpty
    ? entry
    : { ...entry, fieldsV1: FieldSet.fromFieldsV1(entry.fieldsV1).difference(fields).toFieldsV1() };

interface Conflict {
  readonly entry: ManagedFieldsEntry;
  readonly path: readonly string[];
}

/** Fields that others own and that would get another value. */
function findConflicts(
  live: KubeObject,
  merged: KubeObject,
  owned: FieldSet,
  others: readonly ManagedFieldsEntry[],
): Conflict[] {
  return others.flatMap((entry) => {
    const common = owned.intersection(FieldSet.fromFieldsV1(entry.fieldsV1));
    return [...common.paths()]
      .sort((a, b) => (pathText(a) < pathText(b) ? -1 : 1))
      .filter((path) => !isItem(path, common))
      .filter(
        (path) =>
          !equalJson(valueAt(live as unknown as Json, path), valueAt(merged as unknown as Json, path)),
      )
      .map((path) => ({ entry, path }));
  });
}

/** An item of a keyed list as such: its fields are compared one by one, not the whole. */
const isItem = (path: readonly string[], set: FieldSet): boolean =>
  path.at(-1)?.startsWith('k:') === true &&
  (path.reduce<FieldSet | undefined>((at, step) => at?.children.get(step), set)?.member ?? false);

function conflictsOf(conflicts: readonly Conflict[], entry: ManagedFieldsEntry): FieldSet {
  const set = new FieldSet();
  for (const conflict of conflicts) if (conflict.entry === entry) set.add(conflict.path);
  return set;
}

/** Removes paths that the manager gave up and nobody else owns; an item goes only if nobody owns a part of it. */
function prune(object: KubeObject, abandoned: FieldSet, others: readonly ManagedFieldsEntry[]): void {
  const kept = others.reduce(
    (set, entry) => set.union(FieldSet.fromFieldsV1(entry.fieldsV1)),
    new FieldSet(),
  );
  for (const path of abandoned.paths()) {
    const held = path.reduce<FieldSet | undefined>((at, step) => at?.children.get(step), kept);
    if (held === undefined || held.isEmpty) removeAt(object, path);
  }
}

function sameBut(live: KubeObject, merged: KubeObject): boolean {
  const { managedFields: _, ...metadata } = live.metadata;
  return equalJson({ ...live, metadata }, merged);
}

function describeManager(entry: ManagedFieldsEntry): string {
  const name =
    JSON.stringify(entry.manager) +
    (entry.subresource === undefined ? '' : ` with subresource ${JSON.stringify(entry.subresource)}`);
  return entry.operation === 'Apply' ? name : `${name} using ${entry.apiVersion}`;
}

/** Worded as k8s.io/apimachinery `pkg/util/managedfields` `getConflictMessage`. */
function applyConflict(conflicts: readonly Conflict[]): ApiError {
  const managers = [...new Set(conflicts.map((conflict) => describeManager(conflict.entry)))].sort();
  const first = conflicts[0];
  const text =
    conflicts.length === 1 && first !== undefined
      ? `1 conflict: conflict with ${describeManager(first.entry)}: ${pathText(first.path)}`
      : `${conflicts.length} conflicts: ${managers
          .map((manager) => {
            const paths = conflicts.filter(({ entry }) => describeManager(entry) === manager);
            return [`conflicts with ${manager}:`, ...paths.map(({ path }) => `- ${pathText(path)}`)].join(
              '\n',
            );
          })
          .join('\n')}`;
  return new ApiError(409, 'Conflict', `Apply failed with ${text}`, {
    causes: conflicts.map(({ entry, path }) => ({
      reason: 'FieldManagerConflict',
      message: `conflict with ${describeManager(entry)}`,
      field: pathText(path),
    })),
  });
}
