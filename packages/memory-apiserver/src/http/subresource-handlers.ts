import { badRequest, notFound } from '../errors.js';
import type { KubeObject } from '../object.js';
import { applyPatch } from '../registry/patch.js';
import { evictPod } from '../registry/eviction.js';
import { bindPod } from '../registry/pod-actions.js';
import { getObject } from '../registry/context.js';
import { storageRow } from '../registry/conversion.js';
import { applyScale, scaleOf, updateScale } from '../registry/scale.js';
import { requestToken } from '../registry/token-request.js';
import { splitApiVersion } from '../schema/types.js';
import { decodeObject } from './body.js';
import { evictionOptions } from './delete-options.js';
import type { Exchange } from './exchange.js';
import { keepKnownFields } from './known-fields.js';
import type { HandlerContext } from './resource-handlers.js';
import { checkKind, getHandler, patchHandler, successText, updateHandler } from './resource-handlers.js';
import { parsePatch } from './patch-body.js';
import type { ResourceRequest, Verb } from './resource-request.js';
import { writeOptionsOf } from './write-options.js';
import { send } from './respond.js';

type Handler = (
  about: HandlerContext,
  exchange: Exchange,
  target: ResourceRequest,
  body: Buffer,
  verb: Verb,
) => void;

/** Subresources that are the object itself, of which an update takes a part: `status`, `finalize`, `approval`, … */
const part: Handler = (about, exchange, target, body, verb) => {
  if (verb === 'get') getHandler(about, exchange, target);
  else if (verb === 'update') updateHandler(about, exchange, target, body);
  else patchHandler(about, exchange, target, body);
};

const SCALE = { group: 'autoscaling', version: 'v1', kind: 'Scale' };

const scale: Handler = (about, exchange, { resource, namespace, path }, body, verb) => {
  const { context } = about.registry;
  const row = storageRow(context, resource);
  if (verb === 'get') {
    return send(exchange, 200, JSON.stringify(scaleOf(row, getObject(context, row, namespace, path.name))));
  }
  const options = writeOptionsOf(exchange);
  let change: (before: KubeObject) => KubeObject;
  if (verb === 'update') {
    const wanted = decodeSub(exchange, body, 'autoscaling/v1', 'Scale');
    change = () => wanted;
  } else {
    const { type, value, force } = parsePatch(exchange, false, body);
    if (type === 'apply') {
      const how = { ...options, force };
      return send(exchange, 200, JSON.stringify(applyScale(context, row, namespace, path.name, value, how)));
    }
    change = (before) => applyPatch(SCALE, before, type, value);
  }
  send(exchange, 200, JSON.stringify(updateScale(context, row, namespace, path.name, change, options)));
};

function decodeSub(exchange: Exchange, body: Buffer, apiVersion: string, kind: string): KubeObject {
  const object = decodeObject(body, exchange.request.headers['content-type'], { apiVersion, kind });
  checkKind(object, apiVersion, kind);
  keepKnownFields(exchange, { ...splitApiVersion(apiVersion), kind }, object);
  return object;
}

const token: Handler = (about, exchange, { resource, namespace, path }, body) => {
  const request = decodeSub(exchange, body, 'authentication.k8s.io/v1', 'TokenRequest');
  const { context } = about.registry;
  const options = writeOptionsOf(exchange);
  send(exchange, 201, requestToken(context, resource, namespace, path.name, request, options));
};

const binding: Handler = (about, exchange, { namespace, path }, body) => {
  const request = decodeSub(exchange, body, 'v1', 'Binding');
  bindPod(about.registry.context, namespace, path.name, request, writeOptionsOf(exchange));
  send(exchange, 201, successText());
};

const eviction: Handler = (about, exchange, { resource, namespace, path }, body) => {
  const expected = { apiVersion: 'policy/v1', kind: 'Eviction' };
  const request = decodeObject(body, exchange.request.headers['content-type'], expected);
  if (request.metadata.name && request.metadata.name !== path.name) {
    throw badRequest('name in URL does not match name in Eviction object');
  }
  const options = evictionOptions(request.deleteOptions, exchange);
  evictPod(about.registry.context, resource, namespace, path.name, options);
  send(exchange, 201, successText());
};

const handlers: Readonly<Record<string, Handler>> = {
  scale,
  token,
  binding,
  eviction,
};

/** Answers a request of a subresource that is an object. */
export const subresourceHandler: Handler = (about, exchange, target, body, verb) => {
  const { subresource, resource, path } = target;
  if (subresource === undefined) throw notFound(resource, path.name);
  (handlers[subresource.name] ?? part)(about, exchange, target, body, verb);
};
