import type { ChangesIn } from '../codec/field-managers.js';
import { recordWrite } from '../codec/field-managers.js';
import type { FieldChanges } from '../codec/field-ownership.js';
import { changedFields } from '../codec/field-ownership.js';
import { isObject } from '../codec/json.js';
import type { ManagedEntry } from '../codec/managed-fields.js';
import { decodeEntries, encodeEntries } from '../codec/managed-fields.js';
import type { KubeObject } from '../object.js';
import { completeZeroValues } from '../schema/normalize.js';
import type { ResourceInfo } from '../schema/resource.js';
import { splitApiVersion } from '../schema/types.js';
import type { WriteOptions } from './api.js';
import { applyShapeOf } from './apply-shape-of.js';
import type { RegistryContext } from './context.js';
import { apiVersionOf } from './context.js';
import { inVersion } from './conversion.js';
import { resetFields } from './reset-fields.js';

/** Who writes, and by which endpoint. */
export interface FieldWriter extends Pick<WriteOptions, 'fieldManager'> {
  /** `''` for the object itself. */
  subresource?: string;
  /** The resource as the request names it, if not in the stored version. */
  via?: ResourceInfo;
  /** Who owns what afterwards, where that is known already: after server-side apply. */
  entries?: readonly ManagedEntry[];
}

/** Code in the process that doesn't say who it is. */
const UNKNOWN = 'unknown';

/** Who owns what of a stored object. */
export const entriesOf = ({ metadata }: KubeObject): ManagedEntry[] =>
  decodeEntries(metadata.managedFields) ?? [];

export function setEntries(object: KubeObject, entries: readonly ManagedEntry[]): void {
  const encoded = encodeEntries(entries);
  if (encoded === undefined) delete object.metadata.managedFields;
  else object.metadata.managedFields = encoded;
}

/**
 * Takes managedFields off an object: what a client has sent, or undefined. Compact ones come from the store, and are
 * known there.
 */
export function takeSentFields({ metadata }: KubeObject): readonly unknown[] | undefined {
  const { managedFields } = metadata;
  if (managedFields !== undefined) delete metadata.managedFields;
  return Array.isArray(managedFields) ? managedFields : undefined;
}

/** Gives a new object, complete but for what admission adds, its `metadata.managedFields`, if the registry keeps any. */
export function trackCreate(
  context: RegistryContext,
  resource: ResourceInfo,
  object: KubeObject,
  writer: FieldWriter,
  sent: readonly unknown[] | undefined,
): void {
  if (context.managedFields === false) return;
  if (writer.entries !== undefined) return setEntries(object, writer.entries);
  const entries = decodeEntries(sent) ?? [];
  track(context, resource, entries, zeroObject(writer.via ?? resource), object, writer);
}

/**
 * Gives the new state of an object its `metadata.managedFields`. What a client has sent replaces what is known, or
 * resets it if it is a single empty entry. Objects without any stay without.
 */
export function trackUpdate(
  context: RegistryContext,
  resource: ResourceInfo,
  old: KubeObject,
  state: KubeObject,
  writer: FieldWriter,
  sent: readonly unknown[] | undefined,
): void {
  if (writer.entries !== undefined) return setEntries(state, writer.entries);
  let entries = writer.subresource ? [] : (decodeEntries(sent) ?? []);
  if (entries.length === 0 && (writer.subresource || !isReset(sent))) entries = entriesOf(old);
  if (entries.length === 0) delete state.metadata.managedFields;
  else track(context, resource, entries, old, state, writer);
}

const isReset = (sent: readonly unknown[] | undefined): boolean =>
  sent !== undefined &&
  (sent.length === 0 || (sent.length === 1 && isObject(sent[0]) && Object.keys(sent[0]).length === 0));

function track(
  context: RegistryContext,
  resource: ResourceInfo,
  entries: readonly ManagedEntry[],
  before: KubeObject,
  after: KubeObject,
  { fieldManager = UNKNOWN, subresource = '', via = resource }: FieldWriter,
): void {
  const manager = {
    manager: fieldManager,
    operation: 'Update',
    apiVersion: apiVersionOf(via),
    subresource,
  } as const;
  const changesIn = changesBetween(context, via, before, after, subresource);
  setEntries(after, recordWrite(entries, manager, changesIn, context.now()));
}

/**
 * What lies between two states, as asked for by version. In versions of equal form, and these are most, it is the
 * same.
 */
export function changesBetween(
  context: RegistryContext,
  resource: ResourceInfo,
  before: KubeObject,
  after: KubeObject,
  subresource: string,
): ChangesIn {
  const known = new Map<string, FieldChanges | undefined>();
  const compare = (version: ResourceInfo): FieldChanges => {
    const ignored = resetFields(version, subresource);
    const [old, now] = [inVersion(version, before), inVersion(version, after)];
    const { written, removed } = changedFields(old, now, applyShapeOf(version));
    return { written: written.without(ignored), removed: removed.without(ignored) };
  };
  return (apiVersion) => {
    if (known.has(apiVersion)) return known.get(apiVersion);
    const { group, version } = splitApiVersion(apiVersion);
    const row =
      apiVersion === apiVersionOf(resource)
        ? resource
        : context.catalog.find(group, version, resource.plural);
    const changes = row === undefined ? undefined : compare(row);
    known.set(apiVersion, changes);
    return changes;
  };
}

const zeroObjects = new WeakMap<ResourceInfo, KubeObject>();

/** What a new object is compared with: the zero value of its Go type, whose structs and lists nobody has written. */
export function zeroObject(resource: ResourceInfo): KubeObject {
  let zero = zeroObjects.get(resource);
  if (zero === undefined) {
    zero = { apiVersion: apiVersionOf(resource), kind: resource.kind } as KubeObject;
    if (resource.custom === undefined) {
      zero.metadata = {} as KubeObject['metadata'];
      completeZeroValues(zero);
    }
    zeroObjects.set(resource, zero);
  }
  return zero;
}
