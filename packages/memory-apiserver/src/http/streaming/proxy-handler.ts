import { ApiError, badRequest, notFound } from '../../errors.js';
import type { KubeObject } from '../../object.js';
import { allContainers, type Pod } from '../../pods/pod.js';
import { ConnectionRefused, podPort } from '../../pods/pod-port.js';
import type { RegistryContext } from '../../registry/context.js';
import { findObject, getObject, resourceOfStorage } from '../../registry/context.js';
import type { ResourceInfo } from '../../schema/resource.js';
import type { Exchange } from '../exchange.js';
import { sendEmpty } from '../respond.js';

interface Backend {
  pod: Pod;
  port: number;
}

/**
 * `pods/x/proxy/…` and `services/x/proxy/…`: what a pod answers on a port. Throws BadRequest, NotFound,
 * ServiceUnavailable, NotImplemented for nodes.
 */
export function proxyHandler(
  exchange: Exchange,
  context: RegistryContext,
  resource: ResourceInfo,
  namespace: string | undefined,
  id: string,
): void {
  const path = /^(?:\/[^/]+){2}(?:\/namespaces\/[^/]+)?\/[^/]+\/[^/]+\/proxy(\/.*)?$/.exec(
    exchange.path,
  )?.[1];
  const find = resource.storage === 'pods' ? podBackend : serviceBackend;
  if (resource.storage === 'nodes') throw noKubelet();
  const { pod, port } = find(context, namespace, id);
  if (path === undefined && (exchange.method === 'GET' || exchange.method === 'HEAD')) {
    const query = exchange.query.size === 0 ? '' : `?${exchange.query.toString()}`;
    return sendEmpty(exchange, 301, { Location: `${exchange.path}/${query}` });
  }
  try {
    answer(exchange, pod, port, path ?? '/');
  } catch (error) {
    if (!(error instanceof ConnectionRefused)) throw error;
    throw unavailable(`error trying to reach service: ${error.message}`);
  }
}

function answer(exchange: Exchange, pod: Pod, port: number, path: string): void {
  const { status, headers, body } = podPort(pod, port)(path);
  const { response, method } = exchange;
  exchange.bytes = Buffer.byteLength(body);
  response.writeHead(status, { 'Content-Length': exchange.bytes, ...headers });
  response.end(method === 'HEAD' ? undefined : body);
}

const unavailable = (message: string): ApiError => new ApiError(503, 'ServiceUnavailable', message);

const noKubelet = (): ApiError =>
  new ApiError(
    501,
    'NotImplemented',
    'nodes/proxy is not available: the nodes of this cluster are simulated',
  );

/** `name`, `name:port` or `scheme:name:port`: k8s.io/apimachinery `pkg/util/net` `SplitSchemeNamePort`. */
function splitId(id: string, what: string): { name: string; port: string } {
  const parts = id.split(':');
  const [scheme, name, port] =
    parts.length === 3 ? parts : parts.length === 2 ? ['', ...parts] : ['', id, ''];
  const known = scheme === '' || scheme === 'http' || scheme === 'https';
  if (parts.length > 3 || !known || !name) throw badRequest(`invalid ${what} request ${JSON.stringify(id)}`);
  return { name, port: port ?? '' };
}

/** `ResourceLocation` of k8s.io/kubernetes `pkg/registry/core/pod/strategy.go`. */
function podBackend(context: RegistryContext, namespace: string | undefined, id: string): Backend {
  const { name, port } = splitId(id, 'pod');
  const pod = getObject(context, resourceOfStorage(context, 'pods'), namespace, name) as Pod;
  if (!pod.status?.podIP) throw badRequest('address not allowed');
  const first = allContainers(pod).flatMap(({ ports = [] }) => ports)[0]?.containerPort ?? 80;
  return { pod, port: port === '' ? first : Number(port) };
}

interface EndpointsSubset {
  addresses?: { ip: string; targetRef?: { kind?: string; name?: string; namespace?: string } }[];
  ports?: { name?: string; port: number }[];
}

/** `ResourceLocation` of k8s.io/kubernetes `pkg/registry/core/service/storage`. */
function serviceBackend(context: RegistryContext, namespace: string | undefined, id: string): Backend {
  const { name, port } = splitId(id, 'service');
  const service = getObject(context, resourceOfStorage(context, 'services'), namespace, name);
  const portName = /^\d+$/.test(port) ? namedPort(service, Number(port)) : port;
  const row = resourceOfStorage(context, 'endpoints');
  const endpoints = findObject(context, row, namespace, name);
  if (endpoints === undefined) throw notFound(row, name);
  const subsets = (endpoints['subsets'] ?? []) as EndpointsSubset[];
  const pods = resourceOfStorage(context, 'pods');
  for (const { addresses = [], ports = [] } of subsets) {
    const target = ports.find((one) => (one.name ?? '') === portName);
    if (target === undefined) continue;
    for (const { targetRef } of pick(addresses, context.random())) {
      const found = findObject(context, pods, namespace, targetRef?.name ?? '');
      if (found !== undefined) return { pod: found as Pod, port: target.port };
    }
  }
  throw unavailable(`no endpoints available for service ${JSON.stringify(subsets.length === 0 ? name : id)}`);
}

/** All of them, beginning anywhere. */
function pick<T>(items: readonly T[], random: number): T[] {
  const start = Math.floor(random * items.length);
  return [...items.slice(start), ...items.slice(0, start)];
}

function namedPort(service: KubeObject, port: number): string {
  const { ports = [] } = service['spec'] as { ports?: { name?: string; port: number }[] };
  const found = ports.find((one) => one.port === port);
  if (found !== undefined) return found.name ?? '';
  throw unavailable(`no service port ${port} found for service ${JSON.stringify(service.metadata.name)}`);
}
