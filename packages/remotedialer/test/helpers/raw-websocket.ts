import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { onTestFinished } from 'vitest';

/** A WebSocket frame, masked with zeroes if it comes from a client. */
export function frame(
  opcode: number,
  payload: Uint8Array,
  options: { fin?: boolean; client?: boolean } = {},
): Buffer {
  const { fin = true, client = false } = options;
  if (payload.length > 0xffff) throw new Error('frames of up to 64 KiB only');
  const long = payload.length > 125;
  const head = Buffer.alloc(2 + (long ? 2 : 0) + (client ? 4 : 0));
  head[0] = (fin ? 0x80 : 0) | opcode;
  head[1] = (client ? 0x80 : 0) | (long ? 126 : payload.length);
  if (long) head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head, payload]);
}

/** Opens a WebSocket to `url` without any library behind it. */
export async function rawClient(
  url: string,
  headers: Record<string, string> = { 'x-tunnel-id': 'alice' },
): Promise<Socket> {
  const req = request(url.replace(/^ws/, 'http'), {
    headers: {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': randomBytes(16).toString('base64'),
      ...headers,
    },
  });
  req.end();
  const [, socket] = (await once(req, 'upgrade')) as [unknown, Socket];
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => undefined);
  return socket;
}

/** The frames that a client has sent, all of them whole. */
export function unmask(bytes: Buffer): { opcode: number; mask: number; payload: Buffer }[] {
  const frames = [];
  for (let at = 0; at < bytes.length;) {
    const opcode = (bytes[at] ?? 0) & 15;
    const short = (bytes[at + 1] ?? 0) & 127;
    if (short === 127) throw new Error('frames of up to 64 KiB only');
    const length = short === 126 ? bytes.readUInt16BE(at + 2) : short;
    const maskAt = at + (short === 126 ? 4 : 2);
    const key = bytes.subarray(maskAt, maskAt + 4);
    const payload = bytes
      .subarray(maskAt + 4, maskAt + 4 + length)
      .map((byte, i) => byte ^ (key[i & 3] ?? 0));
    frames.push({ opcode, mask: key.readUInt32BE(), payload: Buffer.from(payload) });
    at = maskAt + 4 + length;
  }
  return frames;
}

/** A server that accepts WebSockets and then leaves the sockets alone. */
export async function rawServer(
  onSocket: (socket: Socket) => void,
  secure?: { key: string; cert: string },
): Promise<string> {
  const serve = (socket: Socket): void => {
    socket.on('error', () => undefined);
    onTestFinished(() => void socket.destroy());
    socket.once('data', (data) => {
      const key = /sec-websocket-key: (\S+)/i.exec(data.toString())?.[1] ?? '';
      const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
          `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
      );
      onSocket(socket);
    });
  };
  const server =
    secure === undefined
      ? createServer({ allowHalfOpen: true }, serve)
      : createTlsServer({ ...secure, allowHalfOpen: true }, serve);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `${secure === undefined ? 'ws' : 'wss'}://127.0.0.1:${(server.address() as AddressInfo).port}/connect`;
}
