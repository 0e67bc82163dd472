import { badRequest, invalid, notFound } from '../errors.js';
import type { KubeObject, Status } from '../object.js';
import { applyObject } from '../registry/apply.js';
import type { RegistryContext } from '../registry/context.js';
import { apiVersionOf } from '../registry/context.js';
import { storageRow, toStorage } from '../registry/conversion.js';
import { createObject } from '../registry/create.js';
import { deleteObject } from '../registry/delete.js';
import { listObjects, parseRevision, tooLarge } from '../registry/list.js';
import { patchObject } from '../registry/patch.js';
import { BINDINGS, bindPod } from '../registry/pod-actions.js';
import type { Registry } from '../registry/registry.js';
import { answerReview, isReview } from '../registry/reviews.js';
import { strategyOf } from '../registry/strategies/index.js';
import { updateObject } from '../registry/update.js';
import type { ResourceInfo } from '../schema/resource.js';
import { invalidValue } from '../schema/structural/causes.js';
import { splitApiVersion, typeOf } from '../schema/types.js';
import type { ClusterStore } from '../store/cluster-store.js';
import { objectKey, splitKey } from '../store/key.js';
import { objectText } from '../store/text.js';
import { decodeObject } from './body.js';
import { askedDeletion } from './delete-options.js';
import { duplicatesIn, inspectApplied } from './duplicate-fields.js';
import type { HttpEnvironment } from './environment.js';
import type { Exchange } from './exchange.js';
import { keepKnownFields } from './known-fields.js';
import { parsePatch } from './patch-body.js';
import type { Renderer } from './render.js';
import { rendererFor } from './render.js';
import { send } from './respond.js';
import type { ResourceRequest } from './resource-request.js';
import { includeObjectOf, isTrue, pageOf, selectionOf } from './resource-request.js';
import { writeOptionsOf } from './write-options.js';

/** What handlers of resources work with. */
export interface HandlerContext {
  readonly registry: Registry;
  readonly environment: HttpEnvironment;
}

const contextOf = ({ registry }: HandlerContext): RegistryContext => registry.context;

export function renderer(about: HandlerContext, exchange: Exchange, resource: ResourceInfo): Renderer {
  return rendererFor(resource, exchange.accepted, includeObjectOf(exchange.query), about.environment.now);
}

export function getHandler(about: HandlerContext, exchange: Exchange, target: ResourceRequest): void {
  const { resource, namespace, path } = target;
  checkGetOptions(exchange, contextOf(about).store);
  const text = contextOf(about).store.read(resource.storage, objectKey(namespace, path.name));
  if (text === undefined) throw notFound(resource, path.name);
  send(exchange, 200, renderer(about, exchange, resource).object(text));
}

/** What is there now is as new as can be asked for. Throws BadRequest, Timeout (504). */
function checkGetOptions({ query }: Exchange, store: ClusterStore): void {
  if (query.size === 0) return;
  if (query.has('export') && isTrue(query.get('export')))
    throw badRequest('the export parameter, deprecated since v1.14, is no longer supported');
  const asked = query.get('resourceVersion');
  if (asked && parseRevision(asked) > store.revision) throw tooLarge(asked, store.revision);
}

export function listHandler(about: HandlerContext, exchange: Exchange, target: ResourceRequest): void {
  const { resource } = target;
  const { store } = contextOf(about);
  const { texts, ...meta } = listObjects(
    store,
    resource,
    selectionOf(target, exchange.query),
    pageOf(exchange.query),
  );
  send(exchange, 200, renderer(about, exchange, resource).list(texts, meta));
}

/** Throws BadRequest if the body is of another kind or version than the endpoint. */
function decodeFor(exchange: Exchange, resource: ResourceInfo, body: Buffer): KubeObject {
  const object = decodeAs(exchange.request.headers['content-type'], resource, body);
  keepKnownFields(exchange, resource, object, duplicatesIn(exchange, body, object));
  return object;
}

function decodeAs(type: string | undefined, resource: ResourceInfo, body: Buffer): KubeObject {
  const apiVersion = apiVersionOf(resource);
  const custom = resource.custom !== undefined;
  const object = decodeObject(body, type, { apiVersion, kind: resource.kind, custom });
  if (custom) checkCustomKind(object, apiVersion, resource.kind);
  else checkKind(object, apiVersion, resource.kind);
  return object;
}

/** Throws BadRequest for an object of another kind than the endpoint's, as Go's conversion words it. */
export function checkKind(object: KubeObject, apiVersion: string, kind: string): void {
  if (object.apiVersion === apiVersion && object.kind === kind) return;
  const { group, version } = splitApiVersion(object.apiVersion);
  const known = typeOf(group, version, object.kind) !== undefined;
  const target = splitApiVersion(apiVersion).group.split('.', 1)[0] || 'core';
  const why = known
    ? `converting (${version}.${object.kind}) to (${target}.${kind}): unknown conversion`
    : `no kind "${object.kind}" is registered for version "${object.apiVersion}" in scheme "pkg/runtime/scheme.go:110"`;
  throw badRequest(`${object.kind} in version "${version}" cannot be handled as a ${kind}: ${why}`);
}

/** Objects of CRDs are compared, not converted; their kind is looked at in validation. */
function checkCustomKind(object: KubeObject, apiVersion: string, kind: string): void {
  if (object.apiVersion !== apiVersion)
    throw badRequest(
      `the API version in the data (${object.apiVersion}) does not match the expected API version (${apiVersion})`,
    );
  if (object.kind === kind) return;
  const { group } = splitApiVersion(apiVersion);
  throw invalid({ group, kind: object.kind }, object.metadata.name, [
    invalidValue('kind', object.kind, `must be ${kind}`),
  ]);
}

/** The answer to a write that makes nothing of its own. */
export const successText = (): string =>
  JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 });

export function createHandler(
  about: HandlerContext,
  exchange: Exchange,
  target: ResourceRequest,
  body: Buffer,
): void {
  const { resource, namespace } = target;
  const context = contextOf(about);
  const object = decodeFor(exchange, resource, body);
  if (isReview(resource)) {
    const { authenticator } = about.registry;
    const review = { context, authenticator, user: exchange.user, namespace };
    send(exchange, 201, answerReview(resource, object, review, writeOptionsOf(exchange)));
    return;
  }
  if (resource.storage === BINDINGS) {
    bindPod(context, namespace, object.metadata.name, object, writeOptionsOf(exchange));
    send(exchange, 201, successText());
    return;
  }
  const row = storageRow(context, resource);
  const stored = toStorage(context, resource, object);
  const options = { ...writeOptionsOf(exchange), via: resource };
  const text = createObject(context, row, stored, namespace, options);
  send(exchange, 201, renderer(about, exchange, resource).object(text));
}

export function updateHandler(
  about: HandlerContext,
  exchange: Exchange,
  target: ResourceRequest,
  body: Buffer,
): void {
  const { resource, namespace, path } = target;
  const context = contextOf(about);
  const decoded = decodeFor(exchange, resource, body);
  if (!decoded.metadata.name)
    throw badRequest(
      `the name of the object (${path.name} based on URL) was undeterminable: name must be provided`,
    );
  const object = toStorage(context, resource, decoded);
  const options = { ...writeOptionsOf(exchange), subresource: path.subresource, via: resource };
  const { text, created } = updateObject(
    context,
    storageRow(context, resource),
    namespace,
    path.name,
    object,
    options,
  );
  send(exchange, created ? 201 : 200, renderer(about, exchange, resource).object(text));
}

export function patchHandler(
  about: HandlerContext,
  exchange: Exchange,
  target: ResourceRequest,
  body: Buffer,
): void {
  const { resource, namespace, path } = target;
  const context = contextOf(about);
  const patch = parsePatch(exchange, resource.custom !== undefined, body);
  const duplicates = duplicatesIn(exchange, body, patch.value);
  const inspect = (object: KubeObject): void => {
    keepKnownFields(exchange, resource, object, duplicates);
    if (resource.custom === undefined) checkKind(object, apiVersionOf(resource), resource.kind);
  };
  const options = {
    ...writeOptionsOf(exchange),
    subresource: path.subresource,
    force: patch.force,
    inspect,
  };
  if (patch.type === 'apply') {
    inspectApplied(exchange, duplicates);
    const { text, created } = applyObject(context, resource, namespace, path.name, patch.value, options);
    return send(exchange, created ? 201 : 200, renderer(about, exchange, resource).object(text));
  }
  const { text } = patchObject(context, resource, namespace, path.name, patch.type, patch.value, options);
  send(exchange, 200, renderer(about, exchange, resource).object(text));
}

export function deleteHandler(
  about: HandlerContext,
  exchange: Exchange,
  target: ResourceRequest,
  body: Buffer,
): void {
  const { resource, namespace, path } = target;
  const context = contextOf(about);
  const { options, cascading } = askedDeletion(exchange, body);
  const row = storageRow(context, resource);
  const { object, gone } = deleteObject(context, row, namespace, path.name, options);
  if (!gone || strategyOf(resource).returnsDeleted === true) {
    return send(
      exchange,
      !gone && cascading ? 202 : 200,
      renderer(about, exchange, resource).object(objectText(object)),
    );
  }
  send(exchange, 200, JSON.stringify(deletedStatus(resource, object)));
}

function deletedStatus(resource: ResourceInfo, { metadata }: KubeObject): Omit<Status, 'code'> {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: {
      name: metadata.name,
      ...(resource.group === '' ? {} : { group: resource.group }),
      kind: resource.plural,
      uid: metadata.uid ?? '',
    },
  };
}

/** Deletes what a list with the same query shows and answers that list, as it was before. */
export function deleteCollectionHandler(
  about: HandlerContext,
  exchange: Exchange,
  target: ResourceRequest,
  body: Buffer,
): void {
  const { resource } = target;
  const context = contextOf(about);
  const { options } = askedDeletion(exchange, body);
  const row = storageRow(context, resource);
  const { texts, ...meta } = listObjects(
    context.store,
    row,
    selectionOf(target, exchange.query),
    pageOf(exchange.query),
  );
  for (const text of texts) {
    const { metadata } = JSON.parse(text) as KubeObject;
    const { namespace, name } = splitKey(objectKey(metadata.namespace, metadata.name));
    deleteObject(context, row, namespace || undefined, name, options);
  }
  send(exchange, 200, renderer(about, exchange, resource).list(texts, meta));
}
