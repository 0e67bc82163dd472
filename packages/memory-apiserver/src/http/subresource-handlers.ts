import { ApiError, badRequest, notFound } from '../errors.js';
import type { KubeObject } from '../object.js';
import { applyPatch } from '../registry/patch.js';
import { bindPod, evictPod } from '../registry/pod-actions.js';
import { getObject } from '../registry/context.js';
import { storageRow } from '../registry/conversion.js';
import { scaleOf, updateScale } from '../registry/scale.js';
import { requestToken } from '../registry/token-request.js';
import { splitApiVersion } from '../schema/types.js';
import { decodeObject } from './body.js';
import type { Exchange } from './exchange.js';
import { keepKnownFields } from './known-fields.js';
import type { HandlerContext } from './resource-handlers.js';
import {
  checkKind,
  getHandler,
  parsePatch,
  patchHandler,
  successText,
  updateHandler,
} from './resource-handlers.js';
import type { ResourceRequest, Verb } from './resource-request.js';
import { deleteOptionsOf, writeOptionsOf } from './resource-request.js';
import { send, sendText } from './respond.js';

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
  let change: (before: KubeObject) => KubeObject;
  if (verb === 'update') {
    const wanted = decodeSub(exchange, body, 'autoscaling/v1', 'Scale');
    change = () => wanted;
  } else {
    const { type, value } = parsePatch(exchange, 'Scale', body);
    // Applying a Scale owns one field: laid over the present one it is a merge.
    change = (before) => applyPatch(SCALE, before, type === 'apply' ? 'merge' : type, value);
  }
  const options = writeOptionsOf(exchange);
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
  send(
    exchange,
    201,
    JSON.stringify(requestToken(about.registry.context, resource, namespace, path.name, request)),
  );
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
    throw badRequest(
      `name in URL does not match name in Eviction object: ${path.name} != ${request.metadata.name}`,
    );
  }
  const options = deleteOptionsOf(request.deleteOptions as KubeObject | undefined, exchange.query);
  evictPod(about.registry.context, resource, namespace, path.name, options);
  send(exchange, 201, successText());
};

/** Simulated containers write nothing; the answer is an empty log. */
const log: Handler = (about, exchange, { resource, namespace, path }) => {
  const pod = getObject(about.registry.context, resource, namespace, path.name);
  const { containers = [], initContainers = [] } = pod.spec as Record<string, { name: string }[]>;
  const asked = exchange.query.get('container');
  const names = [...containers, ...initContainers].map(({ name }) => name);
  if (asked !== null && !names.includes(asked)) {
    throw badRequest(`container ${asked} is not valid for pod ${path.name}`);
  }
  if (asked === null && containers.length > 1) {
    throw badRequest(
      `a container name must be specified for pod ${path.name}, choose one of: [${containers.map(({ name }) => name).join(' ')}]`,
    );
  }
  sendText(exchange, 200, '');
};

/** Streams into containers and proxies to them need something that runs. */
const unavailable: Handler = (about, _exchange, { resource, namespace, path, subresource }) => {
  getObject(about.registry.context, resource, namespace, path.name);
  const what = `${resource.plural}/${subresource?.name ?? ''}`;
  throw new ApiError(
    501,
    'NotImplemented',
    `${what} is not available: the containers of this cluster are simulated`,
  );
};

const handlers: Readonly<Record<string, Handler>> = {
  scale,
  token,
  binding,
  eviction,
  log,
  exec: unavailable,
  attach: unavailable,
  portforward: unavailable,
  proxy: unavailable,
};

/** Answers a request of a subresource. */
export const subresourceHandler: Handler = (about, exchange, target, body, verb) => {
  const { subresource, resource, path } = target;
  if (subresource === undefined) throw notFound(resource, path.name);
  (handlers[subresource.name] ?? part)(about, exchange, target, body, verb);
};
