import { ApiError } from '../errors.js';
import type { Json, KubeObject } from '../object.js';
import type { ApplyShape } from './apply-shape.js';
import type { ChangesIn } from './field-managers.js';
import { isSameWriter, managerId, sortEntries, withoutChanges, withoutUnowned } from './field-managers.js';
import { changedFields, fieldsOf, mergeApplied, removeFields, withNamedFields } from './field-ownership.js';
import { FieldSet, pathText } from './field-set.js';
import { equalJson } from './json.js';
import type { ManagedEntry, Manager } from './managed-fields.js';
import { formatTime } from './time.js';

export interface ApplyOptions {
  /** Name of who applies. */
  readonly manager: string;
  /** `''` for the object itself. */
  readonly subresource: string;
  readonly shape: ApplyShape;
  /** What can't be written through this endpoint, and so isn't owned. */
  readonly ignored: FieldSet;
  /** Take fields that others own with other values instead of failing. */
  readonly force: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** What a new state changes, in other versions than that of the applied object. */
  changesIn(merged: KubeObject, apiVersion: string): ReturnType<ChangesIn>;
}

export interface Applied {
  /** May share parts with the live and the applied object. */
  readonly object: KubeObject;
  readonly entries: ManagedEntry[];
}

/**
 * Server-side apply: lays `applied` over `live` by its list keys and removes what the manager applied before and no
 * longer mentions, unless others own it. The rules are those of sigs.k8s.io/structured-merge-diff `merge/update.go`.
 *
 * @param live as stored, in the version of `applied`; for a new object, the zero value of its type
 * @param entries who owns what of `live`
 * @throws ApiError 409 with one cause per conflicting field
 */
export function serverSideApply(
  live: KubeObject,
  applied: KubeObject,
  entries: readonly ManagedEntry[],
  options: ApplyOptions,
): Applied {
  const { shape, ignored } = options;
  const writer: Manager = {
    manager: options.manager,
    operation: 'Apply',
    apiVersion: applied.apiVersion,
    subresource: options.subresource,
  };
  const last = entries.find((entry) => isSameWriter(entry, writer));
  const others = entries.filter((entry) => entry !== last);
  const owned = fieldsOf(applied, shape).without(ignored);
  const merged = mergeApplied(live, applied, shape);
  const kept = others.reduce((set, { fields }) => set.union(fields), owned);
  const object = prune(merged, last?.fields ?? FieldSet.empty, kept, shape) as unknown as KubeObject;

  const changed = changedFields(live, object, shape);
  const ownChanges = {
    written: changed.written.without(ignored),
    removed: changed.removed.without(ignored),
  };
  const changesIn: ChangesIn = (apiVersion) =>
    apiVersion === applied.apiVersion ? ownChanges : options.changesIn(object, apiVersion);
  const conflicts = findConflicts(others, changesIn);
  if (conflicts.length > 0 && !options.force) throw new ApplyConflictError(conflicts);

  const rest = others.map((entry) => withoutChanges(entry, changesIn)).filter((entry) => entry !== undefined);
  const fields = withoutUnowned(owned);
  const isNoop = equalJson(live, object);
  const time = isNoop ? (last?.time ?? '') : formatTime(options.now);
  if (!fields.isEmpty) {
    rest.push({ ...writer, time, fields });
  }
  return { object: isNoop ? live : object, entries: sortEntries(rest) };
}

/** Takes away what was applied last time, isn't this time, and is owned by nobody. */
function prune(merged: Json, last: FieldSet, kept: FieldSet, shape: ApplyShape): Json {
  const before = withNamedFields(last, shape);
  const held = withNamedFields(kept, shape);
  if (before.difference(held).isEmpty) return merged;
  const present = withNamedFields(fieldsOf(merged, shape), shape);
  const leftIn = (value: Json): FieldSet => withNamedFields(fieldsOf(value, shape), shape);
  const pruned = removeFields(merged, before, shape);
  const owned = removeFields(merged, present.difference(leftIn(pruned).union(held)), shape);
  return removeFields(merged, present.difference(leftIn(owned)).intersection(before), shape);
}

interface Conflict {
  readonly entry: ManagedEntry;
  readonly path: readonly string[];
}

/** Fields that others own and that would get another value. */
function findConflicts(others: readonly ManagedEntry[], changesIn: ChangesIn): Conflict[] {
  return [...others]
    .sort((a, b) => (managerId(a) < managerId(b) ? -1 : 1))
    .flatMap((entry) => {
      const taken = entry.fields.intersection(changesIn(entry.apiVersion)?.written ?? FieldSet.empty);
      return [...taken.paths()].map((path) => ({ entry, path }));
    });
}

function describeManager({ manager, operation, apiVersion, subresource }: Manager): string {
  const through = subresource === '' ? '' : ` with subresource ${JSON.stringify(subresource)}`;
  const using = operation === 'Apply' ? '' : ` using ${apiVersion}`;
  return `${JSON.stringify(manager)}${through}${using}`;
}

/** Worded as k8s.io/apimachinery `pkg/util/managedfields/internal/conflict.go`. */
export class ApplyConflictError extends ApiError {
  constructor(readonly conflicts: readonly Conflict[]) {
    super(409, 'Conflict', `Apply failed with ${conflictText(conflicts)}`, {
      causes: conflicts.map(({ entry, path }) => ({
        reason: 'FieldManagerConflict',
        message: `conflict with ${describeManager(entry)}`,
        field: pathText(path),
      })),
    });
  }
}

function conflictText(conflicts: readonly Conflict[]): string {
  const [first] = conflicts;
  if (conflicts.length === 1 && first !== undefined)
    return `1 conflict: conflict with ${describeManager(first.entry)}: ${pathText(first.path)}`;
  const lines = [...new Set(conflicts.map(({ entry }) => entry))].flatMap((entry) => [
    `conflicts with ${describeManager(entry)}:`,
    ...conflicts.filter((conflict) => conflict.entry === entry).map(({ path }) => `- ${pathText(path)}`),
  ]);
  return `${conflicts.length} conflicts: ${lines.join('\n')}`;
}
