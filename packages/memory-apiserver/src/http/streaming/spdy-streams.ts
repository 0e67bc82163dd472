import type { ServerResponse } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { ApiError } from '../../errors.js';
import {
  legacyStatusText,
  type RemoteStatus,
  type RemoteStreams,
  type StreamOptions,
} from './remote-streams.js';
import { SpdyConnection } from './spdy/connection.js';
import type { SpdyStream } from './spdy/stream.js';

const PROTOCOL_HEADER = 'x-stream-protocol-version';

/** Versions of remote commands over SPDY, as k8s.io/kubelet `pkg/cri/streaming/remotecommand` has them. */
export const spdyCommandProtocols = [
  'v4.channel.k8s.io',
  'v3.channel.k8s.io',
  'v2.channel.k8s.io',
  'channel.k8s.io',
];

/**
 * `Handshake` of k8s.io/apimachinery `pkg/util/httpstream`: the first of the client's versions that is known; `''`
 * for a client that says none. Throws Forbidden, after it has named the known ones in headers of the response.
 */
export function chooseStreamProtocol(
  { headersDistinct }: IncomingMessage,
  response: ServerResponse,
  known: readonly string[],
): string {
  const asked = (headersDistinct[PROTOCOL_HEADER] ?? []).flatMap((value) =>
    value.split(',').map((one) => one.trim()),
  );
  if (asked.length === 0) return '';
  const chosen = asked.find((protocol) => known.includes(protocol));
  if (chosen !== undefined) return chosen;
  response.setHeader('X-Accepted-Stream-Protocol-Versions', [...known]);
  const why = `unable to upgrade: unable to negotiate protocol: client supports [${asked.join(' ')}], server accepts [${known.join(' ')}]`;
  throw new ApiError(403, 'Forbidden', why, {});
}

/** Headers of the answer for a chosen version. */
export const streamProtocolHeaders = (protocol: string): Record<string, string> =>
  protocol === '' ? {} : { 'X-Stream-Protocol-Version': protocol };

/** How long a client may take to open its streams (`DefaultStreamCreationTimeout`). */
const STREAMS_WITHIN_MS = 30_000;

/** A client of exec or attach over SPDY; calls back when it has opened the streams that it asked for. */
export function spdyStreams(
  socket: Duplex,
  protocol: string,
  { stdin, stdout, stderr, tty }: StreamOptions,
  onReady: (streams: RemoteStreams) => void,
): void {
  const resizable = protocol.startsWith('v4') || protocol.startsWith('v3');
  const expected = [
    'error',
    stdin && 'stdin',
    stdout && 'stdout',
    stderr && !tty && 'stderr',
    tty && resizable && 'resize',
  ];
  const missing = new Set(expected.filter((type): type is string => type !== false));
  const streams = new Map<string, SpdyStream>();
  const aborted = new AbortController();
  const late = setTimeout(() => connection.close(), STREAMS_WITHIN_MS);
  const connection = new SpdyConnection(socket, {
    onStream(stream) {
      const type = stream.headers.get('streamtype') ?? '';
      streams.set(type, stream);
      // What a client sends where nobody reads must not stop the rest.
      if (type !== 'stdin') stream.resume();
      if (!missing.delete(type) || missing.size > 0) return;
      clearTimeout(late);
      onReady({
        stdin: streams.get('stdin'),
        stdout: streams.get('stdout'),
        stderr: streams.get('stderr'),
        signal: aborted.signal,
        end: (status) => finish(connection, streams, protocol, status),
      });
    },
    onClose() {
      clearTimeout(late);
      aborted.abort();
    },
  });
}

/** The streams end before the connection does, each with what was written to it. */
function finish(
  connection: SpdyConnection,
  streams: ReadonlyMap<string, SpdyStream>,
  protocol: string,
  status: RemoteStatus,
): void {
  streams.get('stdout')?.end();
  streams.get('stderr')?.end();
  const text = protocol.startsWith('v4') ? JSON.stringify(status) : legacyStatusText(status);
  const error = streams.get('error');
  error?.end(text);
  if (error === undefined || error.destroyed) connection.close();
  else error.once('finish', () => connection.close());
}
