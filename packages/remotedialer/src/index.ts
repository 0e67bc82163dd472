/**
 * Rancher's remotedialer tunnel protocol, both ends.
 *
 * A client behind NAT opens one WebSocket to a server; the server then opens any number of virtual connections through
 * it, which the client serves with sockets or with handlers in its own process.
 *
 * @packageDocumentation
 */
export { fullJitterDelay } from './backoff.js';
export { Connection } from './connection.js';
export {
  ConnectNotAllowedError,
  HandshakeError,
  InvalidAddressError,
  OverflowError,
  ProtocolError,
  RemoteError,
  RemotedialerError,
  SessionNotFoundError,
  TimeoutError,
  TunnelDisconnectedError,
} from './errors.js';
export { allowing, rancherAgentRule, tcpTarget, tlsTarget, unixTarget } from './targets.js';
export { sharedTicker, Ticker } from './ticker.js';
export { TunnelClient } from './tunnel-client.js';
export { TunnelServer } from './tunnel-server.js';

export type { BackoffOptions } from './backoff.js';
export type { Logger } from './logger.js';
export type { ConnectHandler, ConnectRequest, SyncMode } from './session.js';
export type { AllowRule } from './targets.js';
export type { TunnelTlsOptions } from './tls-options.js';
export type { Endpoint, TunnelClientOptions, TunnelClientStatus } from './tunnel-client.js';
export type { Authorization, TunnelServerOptions } from './tunnel-server.js';
