import type { Duplex } from 'node:stream';
import { SpdyConnection } from './spdy/connection.js';
import type { SpdyStream } from './spdy/stream.js';

export const PORT_FORWARD = 'portforward.k8s.io';
/** SPDY inside of a WebSocket's binary messages: k8s.io/apimachinery `pkg/util/portforward`. */
export const TUNNELLED_PORT_FORWARD = `SPDY/3.1+${PORT_FORWARD}`;

/** Takes a connection to a port of the pod; throws Error for a port on which nothing listens. */
export type Dial = (port: number, connection: Duplex) => void;

interface Pair {
  data?: SpdyStream;
  error?: SpdyStream;
}

/**
 * Port forwarding over one SPDY connection: each connection to a port is a pair of streams, for its data and for what
 * went wrong with it, joined by their `requestID`. As k8s.io/kubelet `pkg/cri/streaming/portforward/httpstream.go`.
 *
 * @param what the pod, as errors name it
 */
export function forwardPorts(socket: Duplex, what: string, dial: Dial): void {
  const pairs = new Map<string, Pair>();
  new SpdyConnection(socket, {
    onStream(stream) {
      const { headers, id } = stream;
      const port = portOf(headers.get('port') ?? '');
      const type = headers.get('streamtype');
      if (type !== 'error' && type !== 'data') throw new Error(`invalid stream type "${type ?? ''}"`);
      // Old clients number nothing; they open the error stream first, the data stream next.
      const request = headers.get('requestid') ?? String(type === 'error' ? id : id - 2);
      const pair = pairs.get(request) ?? {};
      pair[type] = stream;
      const { data, error } = pair;
      if (data === undefined || error === undefined) {
        pairs.set(request, pair);
        stream.once('close', () => pairs.delete(request));
        return;
      }
      pairs.delete(request);
      connect(data, error, port, what, dial);
    },
    onClose: () => pairs.clear(),
  });
}

function portOf(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw new Error(`unable to parse "${text}" as a port`);
  return port;
}

function connect(data: SpdyStream, error: SpdyStream, port: number, what: string, dial: Dial): void {
  error.resume();
  data.once('close', () => error.end());
  try {
    dial(port, data);
  } catch (reason) {
    error.end(`error forwarding port ${port} to pod ${what}: ${(reason as Error).message}`);
    error.once('finish', () => data.destroy());
  }
}
