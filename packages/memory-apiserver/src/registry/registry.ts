import { cloneJson } from '../codec/json.js';
import { badRequest } from '../errors.js';
import type { KubeObject } from '../object.js';
import type { ResourceInfo } from '../schema/resource.js';
import { splitApiVersion } from '../schema/types.js';
import type { Change } from '../store/change.js';
import type { ChangeListener } from '../store/cluster-store.js';
import { bareText, parseObject } from '../store/text.js';
import type { ClusterApi, DeleteOptions, ListOptions, PatchType, StorageName, WriteOptions } from './api.js';
import { applyObject } from './apply.js';
import { TokenAuthenticator } from './authentication.js';
import type { RegistryContext, RegistrySettings } from './context.js';
import { apiVersionOf, findObject, getObject, resourceOfStorage } from './context.js';
import { toStorage } from './conversion.js';
import { createObject } from './create.js';
import { deleteObject } from './delete.js';
import { listObjects } from './list.js';
import { applyPatch, patchObject } from './patch.js';
import { RbacAuthorizer } from './rbac/rbac-authorizer.js';
import { BINDINGS, bindPod } from './pod-actions.js';
import { applyScale, updateScale } from './scale.js';
import { Selection } from './selection.js';
import { SharedReads } from './shared-reads.js';
import { updateObject } from './update.js';
import type { UserInfo } from './user.js';

/** The typed API of one cluster. The HTTP layer uses the same functions with its {@link context}. */
export class Registry implements ClusterApi {
  readonly authenticator: TokenAuthenticator;
  readonly shared: SharedReads;

  readonly context: RegistryContext;

  constructor(
    parts: RegistrySettings & Pick<RegistryContext, 'store' | 'catalog' | 'caCert'>,
    tokens?: Readonly<Record<string, UserInfo>>,
  ) {
    const rbac = new RbacAuthorizer(parts.store);
    this.context = { ...parts, rbac, authorizer: parts.authorizer ?? rbac };
    this.authenticator = new TokenAuthenticator(this.context, tokens);
    this.shared = new SharedReads(this.context);
  }

  get(storage: StorageName, namespace: string | undefined, name: string): KubeObject {
    return getObject(this.context, this.#row(storage), namespace, name);
  }

  find(storage: StorageName, namespace: string | undefined, name: string): KubeObject | undefined {
    return findObject(this.context, this.#row(storage), namespace, name);
  }

  list(storage: StorageName, options: ListOptions = {}): KubeObject[] {
    const row = this.#row(storage);
    const { texts } = listObjects(this.context.store, row, new Selection(row, options));
    return texts.map((text) => parse(row, text));
  }

  count(storage: StorageName, namespace?: string): number {
    return this.context.store.count(storage, namespace);
  }

  create(object: KubeObject, options: WriteOptions = {}): KubeObject {
    const { row, copy } = this.#incoming(object);
    if (row.storage === BINDINGS) {
      bindPod(this.context, copy.metadata.namespace, copy.metadata.name, copy, options);
      return copy;
    }
    return this.#answer(
      row,
      createObject(this.context, row, copy, copy.metadata.namespace, options),
      options,
    );
  }

  update(object: KubeObject, options: WriteOptions & { subresource?: 'status' } = {}): KubeObject {
    const { row, copy } = this.#incoming(object, options.subresource);
    const { namespace, name } = copy.metadata;
    return this.#answer(row, updateObject(this.context, row, namespace, name, copy, options).text, options);
  }

  patch(
    storage: StorageName,
    namespace: string | undefined,
    name: string,
    type: PatchType,
    body: unknown,
    options: WriteOptions & { subresource?: string; force?: boolean } = {},
  ): KubeObject {
    const row = this.#row(storage);
    if (options.subresource === 'scale') {
      if (type === 'apply') return applyScale(this.context, row, namespace, name, body, options);
      const scaleKind = { group: 'autoscaling', version: 'v1', kind: 'Scale' };
      const change = (scale: KubeObject): KubeObject => applyPatch(scaleKind, scale, type, body);
      return updateScale(this.context, row, namespace, name, change, options);
    }
    if (type === 'apply')
      return this.#answer(row, applyObject(this.context, row, namespace, name, body, options).text, options);
    return this.#answer(
      row,
      patchObject(this.context, row, namespace, name, type, body, options).text,
      options,
    );
  }

  delete(
    storage: StorageName,
    namespace: string | undefined,
    name: string,
    options: DeleteOptions = {},
  ): KubeObject | undefined {
    const { object, gone } = deleteObject(this.context, this.#row(storage), namespace, name, options);
    return gone ? undefined : object;
  }

  watch(
    storage: StorageName,
    options: ListOptions,
    onEvent: (type: 'ADDED' | 'MODIFIED' | 'DELETED', object: KubeObject) => void,
  ): { close(): void } {
    const row = this.#row(storage);
    const selection = new Selection(row, options);
    const listener: ChangeListener = {
      onChange(change) {
        const type = seenAs(selection, change);
        if (type !== undefined) onEvent(type, parse(row, change.text));
      },
    };
    this.context.store.addListener(storage, listener);
    return { close: () => this.context.store.removeListener(storage, listener) };
  }

  #answer(row: ResourceInfo, text: string, { sharesAnswer, dryRun }: WriteOptions): KubeObject {
    return sharesAnswer === true && dryRun !== true ? this.shared.objectOf(row, text) : parse(row, text);
  }

  #row(storage: StorageName): ResourceInfo {
    return resourceOfStorage(this.context, storage);
  }

  #incoming(object: KubeObject, subresource?: 'status'): { row: ResourceInfo; copy: KubeObject } {
    const { group, version } = splitApiVersion(object.apiVersion);
    const resource = this.context.catalog.findKind(group, version, object.kind);
    if (resource === undefined) {
      throw badRequest(`no matches for kind "${object.kind}" in version "${object.apiVersion}"`);
    }
    const own = subresource === 'status' && resource.custom === undefined ? statusOf(object) : object;
    const copy = toStorage(this.context, resource, cloneJson(own));
    return { row: resource.custom === undefined ? this.#row(resource.storage) : resource, copy };
  }
}

/** What an update of a built-in kind's status is about; the rest of the object isn't looked at. */
function statusOf(object: KubeObject): KubeObject {
  const { apiVersion, kind, metadata } = object;
  const status = object.status as unknown;
  return { apiVersion, kind, metadata, ...(status === undefined ? {} : { status }) };
}

/** Code in the process has no use for managedFields, which are long. */
const parse = (row: ResourceInfo, text: string): KubeObject =>
  parseObject(apiVersionOf(row), row.kind, bareText(text));

/**
 * How a watcher of the selection sees a change: an object that comes into the selection is ADDED to it, one that
 * leaves it DELETED. Undefined: not at all.
 */
export function seenAs(selection: Selection, change: Change): 'ADDED' | 'MODIFIED' | 'DELETED' | undefined {
  if (!selection.matchesKey(change.key)) return undefined;
  if (selection.byKey) return change.type;
  const { previousBody } = change;
  const before = previousBody !== undefined && selection.matchesBody(previousBody);
  if (change.type === 'DELETED') return before ? 'DELETED' : undefined;
  const now = selection.matchesBody(change.body);
  if (now) return before ? 'MODIFIED' : 'ADDED';
  return before ? 'DELETED' : undefined;
}
