import { Agent, type AgentOptions, type ClientRequestArgs } from 'node:http';
import type { Duplex } from 'node:stream';
import { connect as tlsConnect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import type { Connection } from './connection.js';

/** Opens a stream: what `TunnelServer.dialer(clientKey)` gives. */
export type Dialer = (protocol: string, address: string) => Connection;

/** An `http.Agent` whose connections go through a tunnel, to the host and port of each request. */
export function tunnelAgent(dial: Dialer, options: AgentOptions = {}): Agent {
  const agent = new Agent(options);
  agent.createConnection = (request: ClientRequestArgs): Duplex =>
    dial('tcp', joinAddress(String(request.host ?? 'localhost'), request.port ?? 80));
  return agent;
}

/** What undici gives to a `connect` function. */
export interface ConnectorOptions {
  readonly hostname: string;
  readonly port: string;
  readonly protocol: string;
  readonly servername?: string | null;
}

/**
 * A function for the `connect` option of undici's `Agent`, `Pool` and `Client`: `fetch` and `request` then go through
 * a tunnel. For `https:` TLS runs inside the stream; `tls` are its options, such as `ca` or `servername`.
 */
export function undiciConnector(
  dial: Dialer,
  tls: ConnectionOptions = {},
): (options: ConnectorOptions, callback: (error: Error | null, socket: never) => void) => void {
  return ({ hostname, port, protocol, servername }, callback) => {
    // undici wants a net.Socket in its types and uses nothing that a Connection or TLSSocket lacks.
    const done = callback as unknown as (error: Error | null, socket: Connection | TLSSocket | null) => void;
    let connection: Connection;
    try {
      connection = dial('tcp', joinAddress(hostname, port || (protocol === 'https:' ? 443 : 80)));
    } catch (error) {
      return process.nextTick(done, error, null);
    }
    // undici does not expect its answer before this function has returned.
    if (protocol !== 'https:') return process.nextTick(done, null, connection);
    const secure = tlsConnect({ servername: servername ?? hostname, ...tls, socket: connection });
    const failed = (error: Error): void => done(error, null);
    secure.once('error', failed);
    secure.once('secureConnect', () => {
      secure.off('error', failed);
      done(null, secure);
    });
  };
}

function joinAddress(host: string, port: string | number): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]:${port}` : `${host}:${port}`;
}
