import { isApiError } from '../errors.js';
import type { KubeObject, OwnerReference } from '../object.js';
import type { DeleteOptions } from '../registry/api.js';
import type { Change, ClusterHandle, Controller, ControllerContext } from './controller.js';
import { groupOf } from './ownership.js';

const foreground = 'foregroundDeletion';
const orphan = 'orphan';

/** A blocked foreground deletion is looked at again when a dependent goes, and after this long in any case. */
const blockedRetryMs = 30_000;

const separator = '|';
const keyFor = (task: Task, ...parts: string[]): string => [task, ...parts].join(separator);

/**
 * `gone`: an owner doesn't exist any more. `finalize`: one waits for its dependents or is to orphan them.
 * `check`: an object has named an owner that may not exist.
 */
type Task = 'gone' | 'finalize' | 'check';

/**
 * Deletes what lost its owners (upstream: pkg/controller/garbagecollector; concepts: k8s.io "Garbage Collection").
 * Who owns what is found in the runtime's {@link OwnerIndex}; each candidate is read before it is touched.
 */
export const garbageCollectorController = (): Controller => ({
  name: 'garbage-collector',
  watches: ['*'],
  keysFor,
  reconcile(key, context) {
    const [task, ...parts] = key.split(separator);
    const [first = '', namespace = '', name = '', uid = ''] = parts;
    if (task === 'gone') collect({ kind: first, namespace, name, uid }, context);
    else if (task === 'finalize') finalize(key, first, namespace, name, context);
    else check(first, namespace, name, context);
  },
});

function keysFor({ type, storage, object, owners, waiting, cluster }: Change): readonly string[] {
  const { metadata } = object;
  const namespace = metadata.namespace ?? '';
  if (type === 'DELETED') {
    const kind = cluster.catalog.findStorage(storage)?.kind ?? '';
    const hadDependents = owners.has(kind, metadata.name);
    const hadOwners = metadata.ownerReferences !== undefined;
    if (!hadDependents && !hadOwners) return [];
    const keys = hadDependents ? [keyFor('gone', kind, namespace, metadata.name, metadata.uid ?? '')] : [];
    // An owner may be waiting for just this one to go.
    return hadOwners ? [...keys, ...waiting().filter((key) => key.startsWith('finalize'))] : keys;
  }
  if (metadata.deletionTimestamp !== undefined) {
    const waits = metadata.finalizers?.some((finalizer) => finalizer === foreground || finalizer === orphan);
    return waits === true ? [keyFor('finalize', storage, namespace, metadata.name)] : [];
  }
  if (metadata.ownerReferences === undefined || owners.knows(storage, object)) return [];
  return [keyFor('check', storage, namespace, metadata.name)];
}

/**
 * The owner that a reference means, if there is one with its uid in the dependent's namespace. `unresolvable` if its
 * kind isn't served, or has a namespace and the dependent doesn't: whoever names such an owner is left alone.
 */
function ownerOf(
  { api, catalog }: ClusterHandle,
  reference: OwnerReference,
  namespace: string,
): KubeObject | 'unresolvable' | undefined {
  const group = groupOf(reference.apiVersion);
  const version = reference.apiVersion.slice(group === '' ? 0 : group.length + 1);
  const resource = catalog.findKind(group, version, reference.kind);
  if (resource === undefined || (resource.namespaced && namespace === '')) return 'unresolvable';
  const owner = api.shared.find(
    resource.storage,
    resource.namespaced ? namespace : undefined,
    reference.name,
  );
  return owner?.metadata.uid === reference.uid ? owner : undefined;
}

const isWaitingForDependents = ({ metadata }: KubeObject): boolean =>
  metadata.deletionTimestamp !== undefined && metadata.finalizers?.includes(foreground) === true;

/**
 * Deletes the object unless an owner remains that isn't itself waiting to go; with such an owner only the dangling
 * references are cut off (`attemptToDeleteItem`). One unresolvable owner is enough to keep all as it is.
 */
function collectObject(storage: string, object: KubeObject, context: ControllerContext): void {
  const { cluster, api } = context;
  const { namespace, name, uid, ownerReferences = [] } = object.metadata;
  if (ownerReferences.length === 0 || object.metadata.deletionTimestamp !== undefined) return;
  const found = ownerReferences.map((reference) => ownerOf(cluster, reference, namespace ?? ''));
  if (found.includes('unresolvable')) return;
  const owners = found as (KubeObject | undefined)[];
  const isSolid = (owner: KubeObject | undefined): boolean =>
    owner !== undefined && !isWaitingForDependents(owner);
  const solid = ownerReferences.filter((_, i) => isSolid(owners[i]));
  if (solid.length === ownerReferences.length) return;
  if (solid.length > 0) {
    const body = { metadata: { uid, ownerReferences: solid } };
    ignoreGone(() => api.patch(storage, namespace, name, 'merge', body));
    return;
  }
  const ownerWaits = owners.some((owner) => owner !== undefined);
  const dependents = ownerWaits ? dependentsOf(object, context) : [];
  if (dependents.some((dependent) => isWaitingForDependents(dependent.object))) {
    // A circle: one of them has to let the others go.
    const unblocked = ownerReferences.map((reference) => ({ ...reference, blockOwnerDeletion: false }));
    const body = { metadata: { uid, ownerReferences: unblocked } };
    ignoreGone(() => api.patch(storage, namespace, name, 'merge', body));
  }
  const policy = policyOf(object, dependents.length > 0);
  const options: DeleteOptions = {
    propagationPolicy: policy,
    ...(uid === undefined ? {} : { preconditions: { uid } }),
  };
  ignoreGone(() => api.delete(storage, namespace, name, options));
}

/** An object's own finalizers say how its dependents are to be treated; a waiting owner asks for foreground. */
function policyOf(
  { metadata: { finalizers } }: KubeObject,
  waits: boolean,
): 'Background' | 'Foreground' | 'Orphan' {
  if (finalizers?.includes(orphan) === true) return 'Orphan';
  return waits || finalizers?.includes(foreground) === true ? 'Foreground' : 'Background';
}

function ignoreGone(write: () => unknown): void {
  try {
    write();
  } catch (error) {
    if (!isApiError(error, 'NotFound')) throw error;
  }
}

interface Dependent {
  readonly storage: string;
  readonly object: KubeObject;
  readonly reference: OwnerReference;
}

/** What really names this owner, by uid. */
function dependentsOf(
  owner: { kind: string; metadata: { name: string; namespace?: string; uid?: string } },
  { api, owners }: ControllerContext,
): Dependent[] {
  const { name, namespace, uid } = owner.metadata;
  const result: Dependent[] = [];
  for (const key of owners.dependents(owner.kind, name)) {
    if (namespace !== undefined && key.namespace !== namespace) continue;
    const object = api.find(key.storage, key.namespace === '' ? undefined : key.namespace, key.name);
    const reference = object?.metadata.ownerReferences?.find((candidate) => candidate.uid === uid);
    if (object !== undefined && reference !== undefined)
      result.push({ storage: key.storage, object, reference });
  }
  return result;
}

function collect(
  { kind, namespace, name, uid }: { kind: string; namespace: string; name: string; uid: string },
  context: ControllerContext,
): void {
  const metadata = { name, uid, ...(namespace === '' ? {} : { namespace }) };
  for (const { storage, object } of dependentsOf({ kind, metadata }, context)) {
    collectObject(storage, object, context);
  }
}

function check(storage: string, namespace: string, name: string, context: ControllerContext): void {
  const object = context.api.find(storage, namespace === '' ? undefined : namespace, name);
  if (object !== undefined) collectObject(storage, object, context);
}

function finalize(
  key: string,
  storage: string,
  namespace: string,
  name: string,
  context: ControllerContext,
): void {
  const { api } = context;
  const owner = api.find(storage, namespace === '' ? undefined : namespace, name);
  if (owner?.metadata.deletionTimestamp === undefined) return;
  const finalizers = owner.metadata.finalizers ?? [];
  const dependents = dependentsOf(owner, context);
  if (finalizers.includes(orphan)) {
    for (const { storage: of, object } of dependents) {
      const { namespace: where, name: what, uid, ownerReferences = [] } = object.metadata;
      const rest = ownerReferences.filter((reference) => reference.uid !== owner.metadata.uid);
      const body = { metadata: { uid, ownerReferences: rest } };
      ignoreGone(() => api.patch(of, where, what, 'merge', body));
    }
    removeFinalizer(context, owner, orphan);
  } else if (finalizers.includes(foreground)) {
    const blocking = dependents.filter(({ reference }) => reference.blockOwnerDeletion === true);
    for (const { storage: of, object } of blocking) collectObject(of, object, context);
    if (dependentsOf(owner, context).some(({ reference }) => reference.blockOwnerDeletion === true)) {
      context.requeue(key, blockedRetryMs);
    } else {
      removeFinalizer(context, owner, foreground);
    }
  }
}

function removeFinalizer({ api }: ControllerContext, owner: KubeObject, finalizer: string): void {
  const finalizers = (owner.metadata.finalizers ?? []).filter((name) => name !== finalizer);
  ignoreGone(() => api.update({ ...owner, metadata: { ...owner.metadata, finalizers } }));
}
