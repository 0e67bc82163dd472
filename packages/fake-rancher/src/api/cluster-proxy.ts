import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { ApiError, messageOf } from '../errors.js';
import type { Controllers } from '../controller/controllers.js';
import { impersonationHeaders } from '../kube/client.js';
import type { ManagementCluster } from '../model/cluster.js';
import { SteveAgent } from '../tunnels/steve-agent.js';
import type { Tunnels } from '../tunnels/tunnels.js';
import type { ApiContext } from './context.js';
import { errorBody, refuseUpgrade, unauthorizedBody } from './http.js';

const prefix = /^\/k8s\/clusters\/([^/?]+)/;
/** Headers of one hop (RFC 9110 7.6.1). */
const hopHeaders = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
const steveAddress = '127.0.0.1:6080';

interface Target {
  agent: http.Agent;
  path: string;
  headers: http.OutgoingHttpHeaders;
  /** Opens a connection of its own, for an upgrade. */
  dial: () => Promise<Duplex> | Duplex;
}

/**
 * `/k8s/clusters/<id>/…`: passes requests on to a cluster with the caller's identity (rancher
 * pkg/clusterrouter/proxy): `/v1/…` to the agent's steve over the steve tunnel, the rest to the API server over the
 * cluster tunnel, with the token of the caller's impersonation account.
 */
export class ClusterProxy {
  readonly #api: ApiContext;
  readonly #tunnels: Tunnels;
  readonly #controllers: Controllers;

  constructor(api: ApiContext, tunnels: Tunnels, controllers: Controllers) {
    this.#api = api;
    this.#tunnels = tunnels;
    this.#controllers = controllers;
  }

  /** Needs an authenticated request. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const target = await this.#target(request).catch((error: unknown) => {
      throw asApiError(error);
    });
    const outgoing = http.request({
      agent: target.agent,
      method: request.method,
      path: target.path,
      headers: { ...forwarded(request), ...target.headers },
    });
    // A caller that goes away (kubectl get -w) must not leave its request open behind the tunnel.
    response.once('close', () => outgoing.destroy());
    // Not once: a request may fail twice, and the second time would be thrown.
    outgoing.on('error', (error) => fail(response, error));
    outgoing.once('response', (answer) => {
      const headers = Object.entries(answer.headers).filter(([name]) => !hopHeaders.has(name));
      response.writeHead(answer.statusCode ?? 502, Object.fromEntries(headers));
      response.flushHeaders();
      answer.once('error', () => response.destroy());
      answer.pipe(response);
    });
    request.pipe(outgoing);
  }

  /** exec, attach, port-forward, watches by WebSocket: one connection of its own, joined byte by byte. */
  async handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    try {
      if (!this.#api.authenticator.allows(request))
        return refuseUpgrade(socket, 401, JSON.stringify(unauthorizedBody('/k8s')), 'application/json');
      const target = await this.#target(request);
      const upstream = await target.dial();
      const headers = {
        ...forwarded(request),
        ...target.headers,
        connection: 'Upgrade',
        upgrade: request.headers.upgrade ?? '',
      };
      upstream.write(requestHead(request.method ?? 'GET', target.path, headers));
      upstream.write(head);
      for (const [from, to] of [
        [socket, upstream],
        [upstream, socket],
      ] as const) {
        from.on('error', () => to.destroy());
        from.once('close', () => to.destroy());
        from.pipe(to);
      }
    } catch (error) {
      const known = asApiError(error);
      refuseUpgrade(socket, known.status, JSON.stringify(errorBody(known)), 'application/json');
    }
  }

  async #target(request: IncomingMessage): Promise<Target> {
    const url = request.url ?? '/';
    const [matched = '', id = ''] = prefix.exec(url) ?? [];
    const cluster = this.#api.registry.need(id);
    const rest = url.slice(matched.length);
    const path = rest.startsWith('/') ? rest : `/${rest}`;
    const user = this.#api.authenticator.userId;
    return /^\/v1([/?]|$)/.test(path) ? this.#steve(cluster, path, user) : this.#kube(cluster, path, user);
  }

  #steve(cluster: ManagementCluster, path: string, user: string): Target {
    if (!this.#tunnels.hasSteve(cluster.id)) throw unavailable('cluster agent disconnected');
    const identity = {
      user,
      groups: ['system:authenticated', 'system:cattle:authenticated'],
      extra: { principalid: [`local://${user}`], username: [user] },
    };
    return {
      agent: new SteveAgent(this.#tunnels, cluster.id, steveAddress),
      path,
      headers: {
        host: steveAddress,
        'x-api-url-prefix': `/k8s/clusters/${cluster.id}`,
        ...impersonationHeaders(identity),
      },
      dial: () => this.#tunnels.dialSteve(cluster.id, steveAddress),
    };
  }

  async #kube(cluster: ManagementCluster, path: string, user: string): Promise<Target> {
    const controller = this.#controllers.get(cluster);
    if (!controller) throw unavailable('cluster agent disconnected');
    const identity = await controller.impersonator.identity(user, '');
    return {
      agent: controller.link.proxyAgent,
      path,
      headers: {
        host: controller.params.address,
        authorization: `Bearer ${identity.token}`,
        ...(identity.impersonate ? impersonationHeaders(identity.impersonate) : {}),
      },
      dial: () => controller.link.dialTls(),
    };
  }
}

/** The caller's headers without those of its hop, its credentials and its claims to be someone. */
function forwarded(request: IncomingMessage): http.OutgoingHttpHeaders {
  const dropped = new Set((request.headers.connection ?? '').toLowerCase().split(/\s*,\s*/));
  const headers: http.OutgoingHttpHeaders = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (
      hopHeaders.has(name) ||
      dropped.has(name) ||
      name === 'cookie' ||
      name === 'authorization' ||
      name.startsWith('impersonate-')
    )
      continue;
    headers[name] = value;
  }
  return headers;
}

function requestHead(method: string, path: string, headers: http.OutgoingHttpHeaders): string {
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((one) => `${name}: ${one ?? ''}`),
  );
  return `${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
}

function unavailable(message: string): ApiError {
  return new ApiError(503, 'ClusterUnavailable', message);
}

function asApiError(error: unknown): ApiError {
  return error instanceof ApiError ? error : unavailable(messageOf(error));
}

function fail(response: ServerResponse, error: Error): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const known = asApiError(error);
  response.writeHead(known.status, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(errorBody(known)));
}
