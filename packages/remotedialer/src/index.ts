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
export { decodeMessage, decodeMessageId } from './decode.js';
export {
  encodeAddClient,
  encodeConnect,
  encodeData,
  encodeDataHeader,
  encodeError,
  encodePause,
  encodeRemoveClient,
  encodeResume,
  encodeSyncConnections,
} from './encode.js';
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
export { formatMessage, MessageType } from './message.js';
export { tunnelAgent, undiciConnector } from './plugs.js';
export { goMetrics } from './stats.js';
export { VirtualSocket } from './virtual-socket.js';
export { Session } from './session.js';
export { sharedTicker, Ticker } from './ticker.js';
export { TunnelClient } from './tunnel-client.js';
export { TunnelServer } from './tunnel-server.js';

export type { BackoffOptions } from './backoff.js';
export type { Logger } from './logger.js';
export type { Peer, PeerIdentity } from './peer-links.js';
export type { ConnectorOptions, Dialer } from './plugs.js';
export type { ConnectionInfo, SessionInfo, TunnelStats } from './stats.js';
export type { Int64, Message } from './message.js';
export type { ConnectHandler, ConnectRequest, SessionOptions, SyncMode } from './session.js';
export type { AllowRule } from './targets.js';
export type { TickerClock, TickerMember } from './ticker.js';
export type { MaskingMode, TunnelTlsOptions } from './tls-options.js';
export type { Transport, TransportHandler } from './transport.js';
export type { Endpoint, TunnelClientOptions, TunnelClientStatus } from './tunnel-client.js';
export type { Authorization, TunnelServerOptions } from './tunnel-server.js';
