import type { FieldChanges } from './field-ownership.js';
import { FieldSet } from './field-set.js';
import type { ManagedEntry, Manager } from './managed-fields.js';
import { formatTime } from './time.js';

/** Changes as they look in a version of the object; undefined for versions that aren't served. */
export type ChangesIn = (apiVersion: string) => FieldChanges | undefined;

/** Fields that no one owns: the identity of the object and what the server alone writes (`stripmeta.go`). */
const unowned = FieldSet.ofFields(
  ['apiVersion'],
  ['kind'],
  ['metadata'],
  ...[
    'name',
    'namespace',
    'creationTimestamp',
    'selfLink',
    'uid',
    'clusterName',
    'generation',
    'managedFields',
    'resourceVersion',
  ].map((name) => ['metadata', name]),
);

export const withoutUnowned = (set: FieldSet): FieldSet => set.difference(unowned);

/** Entries for updates of one object; the oldest beyond are put together (`capmanagers.go`). */
const MAX_UPDATERS = 10;
const ANCIENT = 'ancient-changes';

export const isSameWriter = (a: Manager, b: Manager): boolean =>
  a.manager === b.manager &&
  a.operation === b.operation &&
  a.subresource === b.subresource &&
  // Who applies is the same in all versions.
  (a.operation === 'Apply' || a.apiVersion === b.apiVersion);

/**
 * Entries after a write by anything but apply: the writer owns what it has written, nobody owns what is gone. The
 * rules of k8s.io/apimachinery `pkg/util/managedfields/internal`.
 *
 * @param now milliseconds since the epoch
 */
export function recordWrite(
  entries: readonly ManagedEntry[],
  writer: Manager,
  changesIn: ChangesIn,
  now: number,
): ManagedEntry[] {
  const written = withoutUnowned(changesIn(writer.apiVersion)?.written ?? FieldSet.empty);
  const result: ManagedEntry[] = [];
  let own: ManagedEntry | undefined;
  for (const entry of entries) {
    const isOwn = isSameWriter(entry, writer);
    const rest = withoutChanges(entry, changesIn, isOwn);
    if (isOwn) own = rest;
    else if (rest !== undefined) result.push(rest);
  }
  if (!written.isEmpty) {
    const fields = own === undefined ? written : own.fields.union(written);
    result.push({ ...writer, time: formatTime(now), fields });
  } else if (own !== undefined) result.push(own);
  return sortEntries(capped(result));
}

/** The entry without what was changed by somebody else; undefined when nothing is left of it. */
export function withoutChanges(
  entry: ManagedEntry,
  changesIn: ChangesIn,
  keepsWritten = false,
): ManagedEntry | undefined {
  const changes = changesIn(entry.apiVersion);
  if (changes === undefined) return undefined;
  const kept = keepsWritten ? entry.fields : entry.fields.difference(changes.written);
  const fields = kept.difference(changes.removed);
  if (fields === entry.fields) return entry;
  return fields.isEmpty ? undefined : { ...entry, fields };
}

/** Puts the oldest updaters of each version together until there are few enough. */
function capped(entries: readonly ManagedEntry[]): ManagedEntry[] {
  const updaters = entries.filter(({ operation }) => operation === 'Update');
  let surplus = updaters.length - MAX_UPDATERS;
  if (surplus <= 0) return [...entries];
  updaters.sort((a, b) => compare(a.time, b.time) || compare(managerId(a), managerId(b)));
  const left = new Map(entries.map((entry) => [managerId(entry), entry]));
  const firsts = new Map<string, ManagedEntry>();
  for (const entry of updaters) {
    if (surplus <= 0) break;
    const { apiVersion, time } = entry;
    const first = firsts.get(apiVersion);
    if (first === undefined) {
      firsts.set(apiVersion, entry);
      continue;
    }
    const ancient: Manager = { manager: ANCIENT, operation: 'Update', apiVersion, subresource: '' };
    const bucket = left.get(managerId(ancient));
    if (bucket === undefined) left.delete(managerId(first));
    left.delete(managerId(entry));
    const fields = entry.fields.union((bucket ?? first).fields);
    left.set(managerId(ancient), { ...ancient, time, fields });
    surplus -= 1;
  }
  return [...left.values()];
}

/** Upstream's order: who applies before who updates, then by time, manager, version. */
export function sortEntries(entries: ManagedEntry[]): ManagedEntry[] {
  return entries.sort(
    (a, b) =>
      compare(a.operation, b.operation) ||
      compare(a.time, b.time) ||
      compare(a.manager, b.manager) ||
      compare(a.apiVersion, b.apiVersion) ||
      compare(a.subresource, b.subresource),
  );
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** How upstream names a manager within; conflicts are sorted by it. */
export const managerId = ({ manager, operation, apiVersion, subresource }: Manager): string =>
  JSON.stringify({
    ...(manager === '' ? {} : { manager }),
    operation,
    ...(operation === 'Apply' ? {} : { apiVersion }),
    ...(subresource === '' ? {} : { subresource }),
  });
