import { badRequest, notFound } from '../errors.js';
import type { KubeObject, Status } from '../object.js';
import type { PatchType } from '../registry/api.js';
import { applyObject } from '../registry/apply.js';
import type { RegistryContext } from '../registry/context.js';
import { apiVersionOf } from '../registry/context.js';
import { storageRow, toStorage } from '../registry/conversion.js';
import { createObject } from '../registry/create.js';
import { deleteObject } from '../registry/delete.js';
import { listObjects } from '../registry/list.js';
import { patchObject } from '../registry/patch.js';
import { BINDINGS, bindPod } from '../registry/pod-actions.js';
import type { Registry } from '../registry/registry.js';
import { answerReview, isReview } from '../registry/reviews.js';
import { strategyOf } from '../registry/strategies/index.js';
import { updateObject } from '../registry/update.js';
import type { ResourceInfo } from '../schema/resource.js';
import { objectKey, splitKey } from '../store/key.js';
import { objectText } from '../store/text.js';
import { decodeObject, parseJson, parseYamlBody, unsupportedMediaType } from './body.js';
import type { HttpEnvironment } from './environment.js';
import type { Exchange } from './exchange.js';
import { keepKnownFields } from './known-fields.js';
import { contentType } from './media-type.js';
import type { Renderer } from './render.js';
import { rendererFor } from './render.js';
import { send } from './respond.js';
import type { ResourceRequest } from './resource-request.js';
import { deleteOptionsOf, includeObjectOf, pageOf, selectionOf, writeOptionsOf } from './resource-request.js';

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
  const text = contextOf(about).store.read(resource.storage, objectKey(namespace, path.name));
  if (text === undefined) throw notFound(resource, path.name);
  send(exchange, 200, renderer(about, exchange, resource).object(text));
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
  const apiVersion = apiVersionOf(resource);
  const object = decodeObject(body, exchange.request.headers['content-type'], {
    apiVersion,
    kind: resource.kind,
  });
  checkKind(object, apiVersion, resource.kind);
  keepKnownFields(exchange, resource, object);
  return object;
}

export function checkKind(object: KubeObject, apiVersion: string, kind: string): void {
  if (object.apiVersion !== apiVersion) {
    throw badRequest(
      `the API version in the data (${object.apiVersion}) does not match the expected API version (${apiVersion})`,
    );
  }
  if (object.kind !== kind) {
    throw badRequest(
      `${object.kind} in version "${apiVersion}" cannot be handled as a ${kind}: no kind "${object.kind}" is registered for the endpoint`,
    );
  }
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
    const review = { context, authenticator: about.registry.authenticator, user: exchange.user };
    send(exchange, 201, JSON.stringify(answerReview(resource, object, review)));
    return;
  }
  if (resource.storage === BINDINGS) {
    bindPod(context, namespace, object.metadata.name, object, writeOptionsOf(exchange));
    send(exchange, 201, successText());
    return;
  }
  const row = storageRow(context, resource);
  const stored = toStorage(context, resource, object);
  const text = createObject(context, row, stored, namespace, writeOptionsOf(exchange));
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
  const object = toStorage(context, resource, decodeFor(exchange, resource, body));
  const options = { ...writeOptionsOf(exchange), subresource: path.subresource };
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

const PATCH_TYPES: Readonly<Record<string, PatchType>> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
};

export interface ParsedPatch {
  type: PatchType;
  value: unknown;
}

/** Throws UnsupportedMediaType, BadRequest. */
export function parsePatch(exchange: Exchange, kind: string, body: Buffer): ParsedPatch {
  const type = PATCH_TYPES[contentType(exchange.request.headers['content-type'])];
  if (type === undefined) throw unsupportedMediaType(Object.keys(PATCH_TYPES));
  return { type, value: type === 'apply' ? parseYamlBody(body) : parseJson(body, kind) };
}

export function patchHandler(
  about: HandlerContext,
  exchange: Exchange,
  target: ResourceRequest,
  body: Buffer,
): void {
  const { resource, namespace, path } = target;
  const context = contextOf(about);
  const patch = parsePatch(exchange, resource.kind, body);
  const force = exchange.query.get('force');
  const inspect = (object: KubeObject): void => keepKnownFields(exchange, resource, object);
  const options = {
    ...writeOptionsOf(exchange),
    subresource: path.subresource,
    force: force === 'true',
    inspect,
  };
  if (patch.type === 'apply') {
    if (!exchange.query.get('fieldManager')) throw badRequest('fieldManager is required for apply patch');
    const applied = decodeApplied(patch.value, resource);
    inspect(applied);
    const { text, created } = applyObject(context, resource, namespace, path.name, applied, options);
    return send(exchange, created ? 201 : 200, renderer(about, exchange, resource).object(text));
  }
  if (force !== null) throw badRequest('force may not be specified for non-apply patch');
  const { text } = patchObject(context, resource, namespace, path.name, patch.type, patch.value, options);
  send(exchange, 200, renderer(about, exchange, resource).object(text));
}

function decodeApplied(value: unknown, resource: ResourceInfo): KubeObject {
  const apiVersion = apiVersionOf(resource);
  const body = Buffer.from(JSON.stringify(value ?? null));
  const object = decodeObject(body, 'application/json', { apiVersion, kind: resource.kind });
  checkKind(object, apiVersion, resource.kind);
  return object;
}

function bodyOptions(exchange: Exchange, body: Buffer): KubeObject | undefined {
  if (body.length === 0) return undefined;
  const expected = { apiVersion: 'v1', kind: 'DeleteOptions' };
  return decodeObject(body, exchange.request.headers['content-type'], expected);
}

export function deleteHandler(
  about: HandlerContext,
  exchange: Exchange,
  target: ResourceRequest,
  body: Buffer,
): void {
  const { resource, namespace, path } = target;
  const context = contextOf(about);
  const options = deleteOptionsOf(bodyOptions(exchange, body), exchange.query);
  const row = storageRow(context, resource);
  const { object, gone } = deleteObject(context, row, namespace, path.name, options);
  if (!gone || strategyOf(resource).returnsDeleted === true) {
    return send(exchange, 200, renderer(about, exchange, resource).object(objectText(object)));
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

/** Deletes what a list with the same query shows and answers that list. */
export function deleteCollectionHandler(
  about: HandlerContext,
  exchange: Exchange,
  target: ResourceRequest,
  body: Buffer,
): void {
  const { resource } = target;
  const context = contextOf(about);
  const options = deleteOptionsOf(bodyOptions(exchange, body), exchange.query);
  const row = storageRow(context, resource);
  const { texts, ...meta } = listObjects(
    context.store,
    row,
    selectionOf(target, exchange.query),
    pageOf(exchange.query),
  );
  const deleted: string[] = [];
  for (const text of texts) {
    const { metadata } = JSON.parse(text) as KubeObject;
    const { namespace, name } = splitKey(objectKey(metadata.namespace, metadata.name));
    const { object } = deleteObject(context, row, namespace || undefined, name, options);
    deleted.push(objectText(object));
  }
  send(exchange, 200, renderer(about, exchange, resource).list(deleted, { revision: meta.revision }));
}
