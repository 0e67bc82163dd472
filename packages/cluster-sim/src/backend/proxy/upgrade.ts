import { request as httpRequest, type Agent as HttpAgent, type IncomingMessage } from 'node:http';
import { request as httpsRequest, type Agent as HttpsAgent } from 'node:https';
import type { Duplex } from 'node:stream';

export interface Upgrade {
  request: IncomingMessage;
  socket: Duplex;
  head: Buffer;
  /** `http:` or `https:`; the agent is for the same. */
  target: URL;
  agent: HttpAgent | HttpsAgent;
}

/**
 * Passes an upgrade on, whatever the protocol: WebSocket, or SPDY/3.1 as older kubectl speak it for exec, attach and
 * port-forward (http-proxy's own knows WebSockets only). `onAnswer` hears the status once.
 */
export function forwardUpgrade(
  { request, socket, head, target, agent }: Upgrade,
  onAnswer: (code: number) => void,
): void {
  const ask = target.protocol === 'http:' ? httpRequest : httpsRequest;
  const upstream = ask({
    agent,
    host: target.hostname,
    port: target.port,
    method: request.method,
    path: request.url,
    headers: { ...request.headers, host: target.host },
  });
  upstream.on('error', () => {
    onAnswer(502);
    socket.end('HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  });
  upstream.on('upgrade', (answer, other, otherHead) => {
    onAnswer(101);
    socket.write(headText(answer));
    join(socket, other);
    if (otherHead.length > 0) socket.write(otherHead);
    if (head.length > 0) other.write(head);
  });
  upstream.on('response', (answer) => {
    onAnswer(answer.statusCode ?? 502);
    // Its length or its chunks have been taken apart: the end of the connection ends it.
    answer.headers.connection = 'close';
    socket.write(headText(answer, (name) => name !== 'connection' && name !== 'transfer-encoding'));
    answer.pipe(socket);
  });
  socket.once('close', () => upstream.destroy());
  upstream.end();
}

function join(one: Duplex, other: Duplex): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.on('error', () => to.destroy());
    from.once('close', () => to.destroy());
    from.pipe(to);
  }
}

/** The answer's first lines as they came, but for the headers that are left out. */
function headText(answer: IncomingMessage, keep?: (name: string) => boolean): string {
  const lines = [`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}`];
  for (let index = 0; index < answer.rawHeaders.length; index += 2) {
    const name = answer.rawHeaders[index] ?? '';
    if (keep?.(name.toLowerCase()) !== false) lines.push(`${name}: ${answer.rawHeaders[index + 1] ?? ''}`);
  }
  if (keep !== undefined) lines.push('Connection: close');
  return `${lines.join('\r\n')}\r\n\r\n`;
}
