import type { IncomingMessage, ServerResponse } from 'node:http';
import type { WebSocket, WebSocketServer } from 'ws';
import { badRequest } from '../../errors.js';
import { takeSocket, type Upgrade } from './upgrade.js';
import { ws } from './ws.js';

/** Messages of more bytes end the connection; Kubernetes' own clients send at most 32 KiB. */
const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

/** Browsers can't send an Authorization header with a WebSocket. */
const BEARER = 'base64url.bearer.authorization.k8s.io.';

/**
 * Takes a bearer token from among the subprotocols and puts it where all others are: k8s.io/apiserver
 * `pkg/authentication/request/websocket/protocol.go`.
 */
export function takeBearerProtocol(request: IncomingMessage): void {
  const names = offered(request);
  const bearer = names.find((name) => name.startsWith(BEARER));
  if (bearer === undefined || request.headers.authorization !== undefined) return;
  const token = Buffer.from(bearer.slice(BEARER.length), 'base64url').toString();
  request.headers.authorization = `Bearer ${token}`;
  request.headers['sec-websocket-protocol'] = names.filter((name) => name !== bearer).join(', ');
}

/** What the client offers in `Sec-WebSocket-Protocol`, in its order. */
function offered({ headers }: IncomingMessage): string[] {
  const names = (headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  return names.filter((name) => name !== '');
}

/**
 * The first of the client's subprotocols that is among those given; `''` if the client asks for none and this is
 * among them. Throws BadRequest.
 */
export function chooseProtocol(request: IncomingMessage, known: readonly string[]): string {
  const names = offered(request);
  const chosen = names.length === 0 ? '' : names.find((name) => known.includes(name));
  if (chosen === undefined || !known.includes(chosen))
    throw badRequest(`unable to upgrade: unable to negotiate protocol: client supports [${names.join(' ')}]`);
  return chosen;
}

let handshakeServer: WebSocketServer | undefined;

/** One for all clusters: it only does handshakes. */
const handshakes = (): WebSocketServer =>
  (handshakeServer ??= new (ws().WebSocketServer)({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE_BYTES,
    handleProtocols: (_, request) => (request as Chosen)[chosenProtocol] ?? false,
  }));

const chosenProtocol = Symbol('protocol');
interface Chosen extends IncomingMessage {
  [chosenProtocol]?: string;
}

/** Opens the WebSocket; a malformed handshake is answered, and `onOpen` never called. */
export function openWebSocket(
  request: IncomingMessage,
  response: ServerResponse,
  { socket, head }: Upgrade,
  protocol: string,
  onOpen: (client: WebSocket) => void,
): void {
  takeSocket(response, socket);
  if (protocol !== '') (request as Chosen)[chosenProtocol] = protocol;
  handshakes().handleUpgrade(request, socket, head, (client) => {
    // The stream ends, which is all there is to say of it.
    client.on('error', () => client.terminate());
    onOpen(client);
  });
}
