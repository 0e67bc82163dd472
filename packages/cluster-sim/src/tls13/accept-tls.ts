import type { Duplex } from 'node:stream';
import type { SecureContext } from 'node:tls';
import { SMALL_READ, SmallTlsSocket } from '../tunnels/small-tls-socket.js';
import { Alert, TlsAlertError } from './alerts.js';
import type { Tls13Identity } from './identity.js';
import { ServerHandshake, type Step } from './server-handshake.js';
import { Tls13Socket } from './tls13-socket.js';

/** What a TLS server shows: to clients of TLS 1.3 and to those who need node:tls. */
export interface TlsServerIdentity {
  readonly tls13: Tls13Identity;
  readonly secureContext: SecureContext;
}

export interface AcceptOptions {
  identity: TlsServerIdentity;
  /** For ALPN, in our order. */
  protocols: readonly string[];
}

/**
 * Does the server's side of TLS on a connection and then gives the socket. TLS 1.3 as Go's, OpenSSL's and Node's clients
 * offer it is done here; a client that offers something else that is legal (TLS 1.2, other curves) is given to node:tls as if
 * nobody had read its hello. A handshake that fails ends the connection, and nobody hears of it.
 */
export function acceptTls(
  connection: Duplex,
  { identity, protocols }: AcceptOptions,
  onSocket: (socket: Duplex) => void,
): void {
  const handshake = new ServerHandshake(identity.tls13, protocols);
  const receive = (chunk: Buffer): void => {
    try {
      act(handshake.receive(chunk));
    } catch (error) {
      leave();
      refuse(connection, handshake, error);
    }
  };
  const act = (step: Step): void => {
    if (step.kind === 'wait') return;
    if (step.kind === 'reply') {
      connection.write(step.bytes);
      act(handshake.next());
      return;
    }
    leave();
    if (step.kind === 'done') onSocket(new Tls13Socket(connection, step.secured));
    else onSocket(otherTls(connection, step.bytes, identity.secureContext, protocols));
  };
  const end = (): void => {
    leave();
    connection.destroy();
  };
  const leave = (): void => {
    connection.off('data', receive).off('end', end).off('error', end);
  };
  connection.on('data', receive).on('end', end).on('error', end);
}

function otherTls(
  connection: Duplex,
  arrived: readonly Buffer[],
  secureContext: SecureContext,
  protocols: readonly string[],
): Duplex {
  connection.pause();
  if ('readPieceBytes' in connection) connection.readPieceBytes = SMALL_READ;
  const bytes = Buffer.concat(arrived);
  // The last piece first: each goes before what is there.
  const lastAt = Math.floor((bytes.length - 1) / SMALL_READ) * SMALL_READ;
  for (let at = lastAt; at >= 0; at -= SMALL_READ) connection.unshift(bytes.subarray(at, at + SMALL_READ));
  const socket = new SmallTlsSocket(connection, { secureContext, ALPNProtocols: [...protocols] });
  connection.on('error', () => socket.destroy());
  return socket;
}

/** Tells the client why, if it doesn't know yet. */
function refuse(connection: Duplex, handshake: ServerHandshake, error: unknown): void {
  connection.on('error', () => connection.destroy());
  if (error instanceof TlsAlertError && error.received) {
    connection.destroy();
    return;
  }
  const alert = error instanceof TlsAlertError ? error.alert : Alert.internalError;
  connection.end(handshake.alertRecord(alert), () => connection.destroy());
}
