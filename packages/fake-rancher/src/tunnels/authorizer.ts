import type { IncomingMessage } from 'node:http';
import { ApiError } from '../errors.js';
import type { AgentParams, ManagementCluster } from '../model/cluster.js';
import type { Registry } from '../model/registry.js';

/** Client key prefix of steve tunnels (rancher pkg/api/steve/proxy/auth.go). */
export const stevePrefix = 'stv-cluster-';

/** What a tunnel request turned out to be. */
export type Admission =
  | { clientKey: string; cluster: ManagementCluster; params: AgentParams }
  | { clientKey: string; cluster: ManagementCluster; params?: undefined };

/**
 * Rancher's chain of authorizers (pkg/tunnelserver/chain.go `Authorize`): the cluster agent's token first, then
 * steve's; the first that says yes wins.
 *
 * Answers null when nobody is responsible (401 `failed authentication`); throws when a credential was given
 * and is no good (400 with that text).
 */
export function authorizeTunnel(request: IncomingMessage, registry: Registry): Admission | null {
  let refused: ApiError | undefined;
  try {
    const admission = authorizeCluster(request, registry);
    if (admission) return admission;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    refused = error;
  }
  const admission = authorizeSteve(request, registry);
  if (admission) return admission;
  if (refused) throw refused;
  return null;
}

function header(request: IncomingMessage, name: string): string {
  const value = request.headers[name];
  return typeof value === 'string' ? value : '';
}

function authorizeSteve(request: IncomingMessage, registry: Registry): Admission | null {
  const [, token] = /^Bearer stv-cluster-(.+)$/.exec(header(request, 'authorization')) ?? [];
  const cluster = token === undefined ? undefined : registry.clusterByToken(token);
  return cluster ? { clientKey: stevePrefix + cluster.id, cluster } : null;
}

function authorizeCluster(request: IncomingMessage, registry: Registry): Admission | null {
  const token = header(request, 'x-api-tunnel-token');
  if (token === '') return null;
  const cluster = registry.clusterByToken(token);
  if (!cluster) throw refusal('cluster not found');
  return { clientKey: cluster.id, cluster, params: parseParams(header(request, 'x-api-tunnel-params')) };
}

/**
 * Reads `X-API-Tunnel-Params`, base64 of JSON (mcmauthorizer `Authorize`). Throws with Rancher's texts when
 * anything is missing.
 */
export function parseParams(text: string): AgentParams {
  let input: unknown;
  try {
    input = JSON.parse(Buffer.from(text, 'base64').toString('utf8'));
  } catch (error) {
    throw refusal((error as Error).message);
  }
  const { node, cluster } = (input ?? {}) as { node?: unknown; cluster?: Partial<AgentParams> | null };
  if (!cluster) {
    if (!node) throw refusal('missing node or cluster registration info');
    throw refusal('node tunnels are not supported');
  }
  const { address, token, caCert } = cluster;
  if (typeof address !== 'string' || address === '') throw refusal('invalid input, address empty');
  if (typeof token !== 'string' || token === '') throw refusal('invalid input, token empty');
  if (typeof caCert !== 'string' || caCert === '') throw refusal('invalid input, caCert empty');
  return { address: bracketIpv6(address), token, caCert };
}

/** `fd00::1:443` is host and port of a bare IPv6 address. */
function bracketIpv6(address: string): string {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon);
  return host.includes(':') && !host.startsWith('[') ? `[${host}]${address.slice(colon)}` : address;
}

const refusal = (message: string): ApiError => new ApiError(400, 'BadRequest', message);
