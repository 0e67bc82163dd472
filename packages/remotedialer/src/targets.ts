import { connect as netConnect, type NetConnectOpts, type Socket } from 'node:net';
import { connect as tlsConnect, type ConnectionOptions } from 'node:tls';
import { bridge } from './bridge.js';
import type { Connection } from './connection.js';
import { ConnectNotAllowedError, RemotedialerError } from './errors.js';
import type { ConnectHandler, ConnectRequest } from './session.js';
import { splitAddress } from './virtual-socket.js';

/** Decides whether a dial may be served. */
export type AllowRule = (dial: Pick<ConnectRequest, 'protocol' | 'address'>) => boolean;

/** How long a target's dial may take (Go: 60 s). */
const DIAL_TIMEOUT_MS = 60_000;

/**
 * What Rancher's cluster agent allows: any `tcp`, and the sockets of the container engines (rancher/rancher
 * `cmd/agent/main.go`). Any other Connect makes a Go agent drop its whole tunnel.
 */
export const rancherAgentRule: AllowRule = ({ protocol, address }) =>
  protocol === 'tcp' ||
  (protocol === 'unix' && address === '/var/run/docker.sock') ||
  (protocol === 'npipe' && address === '//./pipe/docker_engine');

/** Refuses the dials that `rule` does not allow, one by one: the session and its other connections live on. */
export function allowing(rule: AllowRule, handler: ConnectHandler): ConnectHandler {
  return (connection, request) => {
    if (rule(request)) handler(connection, request);
    else connection.destroy(new ConnectNotAllowedError());
  };
}

/**
 * Serves dials by TCP sockets: to the address that was asked for (`:port` means localhost), or always to `fixed`.
 * Other protocols than tcp, tcp4 and tcp6 are refused when there is no fixed address.
 */
export function tcpTarget(fixed?: { host: string; port: number }): ConnectHandler {
  return (connection, { protocol, address }) => {
    const place =
      fixed ??
      (protocol.startsWith('tcp') ? placeOf(connection, address) : unknownNetwork(connection, protocol));
    if (place !== undefined) dialSocket(connection, place, `dial ${protocol} ${address}`);
  };
}

/** Serves dials by a unix socket: at the path that was asked for, or always at `path`. */
export function unixTarget(path?: string): ConnectHandler {
  return (connection, { protocol, address }) => {
    if (path === undefined && protocol !== 'unix') return void unknownNetwork(connection, protocol);
    dialSocket(connection, { path: path ?? address }, `dial ${protocol} ${address}`);
  };
}

/** Serves dials by TLS to the address that was asked for, so that the other end can speak plain text. */
export function tlsTarget(options: ConnectionOptions = {}): ConnectHandler {
  return (connection, { protocol, address }) => {
    const place = options.host === undefined ? placeOf(connection, address) : {};
    if (place === undefined) return;
    const socket = tlsConnect({ servername: splitAddress(address).host, ...place, ...options });
    attach(connection, socket, 'secureConnect', `dial ${protocol} ${address}`);
  };
}

function placeOf(connection: Connection, address: string): { host: string; port: number } | undefined {
  const { host, port } = splitAddress(address);
  if (port !== undefined) return { host, port };
  connection.destroy(
    new RemotedialerError('ERR_RD_DIAL', `dial tcp: address ${address}: missing port in address`),
  );
  return undefined;
}

function unknownNetwork(connection: Connection, protocol: string): undefined {
  connection.destroy(new RemotedialerError('ERR_RD_DIAL', `dial ${protocol}: unknown network ${protocol}`));
  return undefined;
}

function dialSocket(connection: Connection, place: NetConnectOpts, what: string): void {
  attach(connection, netConnect({ ...place, noDelay: true }), 'connect', what);
}

/** Joins a connection to a socket that is being opened; what comes early waits in the connection. */
function attach(
  connection: Connection,
  socket: Socket,
  opened: 'connect' | 'secureConnect',
  what: string,
): void {
  const timeout = setTimeout(() => socket.destroy(new Error('i/o timeout')), DIAL_TIMEOUT_MS);
  const failed = (error: Error): void => {
    connection.destroy(new RemotedialerError('ERR_RD_DIAL', `${what}: ${reason(error)}`, { cause: error }));
  };
  const abandoned = (): void => void socket.destroy();
  socket.once('close', () => clearTimeout(timeout));
  socket.once('error', failed);
  connection.once('close', abandoned);
  socket.once(opened, () => {
    clearTimeout(timeout);
    socket.off('error', failed);
    connection.off('close', abandoned);
    bridge(connection, socket);
  });
}

const reasons: Record<string, string> = {
  ECONNREFUSED: 'connect: connection refused',
  ENOTFOUND: 'no such host',
  ENOENT: 'connect: no such file or directory',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
  ETIMEDOUT: 'connect: connection timed out',
};

/** Go's words for a failed dial where Rancher's users know them, else Node's. */
function reason(error: NodeJS.ErrnoException): string {
  return reasons[error.code ?? ''] ?? error.message;
}
