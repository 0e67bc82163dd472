/** Base of every error this package makes. Match on `code`, which is stable, rather than on the message. */
export class RemotedialerError extends Error {
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** The peer sent bytes that are not the protocol. Like in Go, this ends the session. */
export class ProtocolError extends RemotedialerError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_RD_PROTOCOL', message, options);
  }
}

/** The server answered the WebSocket upgrade with a plain HTTP response (Rancher: 400 or 401 and a text). */
export class HandshakeError extends RemotedialerError {
  /** HTTP status of the answer. */
  readonly status: number;
  /** The answer's body, at most 4 KiB of it. */
  readonly body: string;
  constructor(status: number, body: string) {
    super(
      'ERR_RD_HANDSHAKE',
      `the server refused the tunnel: ${status} ${body.slice(0, 200).trim()}`.trimEnd(),
    );
    this.status = status;
    this.body = body;
  }
}

/** There is no session for a client key. The text is the one Rancher matches to decide on a retry. */
export class SessionNotFoundError extends RemotedialerError {
  readonly clientKey: string;
  constructor(clientKey: string) {
    super('ERR_RD_SESSION_NOT_FOUND', `failed to find Session for client ${clientKey}`);
    this.clientKey = clientKey;
  }
}

/** The session under a connection ended. The text is what Go ends say. */
export class TunnelDisconnectedError extends RemotedialerError {
  constructor(options?: ErrorOptions) {
    super('ERR_RD_TUNNEL_DISCONNECTED', 'tunnel disconnect', options);
  }
}

/** The other end closed one connection with an error, for example because its dial failed. */
export class RemoteError extends RemotedialerError {
  constructor(text: string) {
    super('ERR_RD_REMOTE', text);
  }
}

/** Something took too long: the session heard nothing, or a connection's deadline passed. */
export class TimeoutError extends RemotedialerError {
  constructor(message: string) {
    super('ERR_RD_TIMEOUT', message);
  }
}

/** A limit that protects this end's memory was reached. */
export class OverflowError extends RemotedialerError {
  constructor(message: string) {
    super('ERR_RD_OVERFLOW', message);
  }
}

/** A protocol or address that cannot, or by the allow rule must not, be sent to the other end. */
export class InvalidAddressError extends RemotedialerError {
  constructor(message: string) {
    super('ERR_RD_INVALID_ADDRESS', message);
  }
}

/** A Connect that this end's rules refuse. */
export class ConnectNotAllowedError extends RemotedialerError {
  constructor() {
    super('ERR_RD_CONNECT_NOT_ALLOWED', 'connect not allowed');
  }
}
