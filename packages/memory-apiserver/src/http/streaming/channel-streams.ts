import { PassThrough, Writable } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import {
  legacyStatusText,
  type RemoteStatus,
  type RemoteStreams,
  type StreamOptions,
} from './remote-streams.js';

/** Channels of remote commands over WebSockets: the first byte of each message. */
const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const ERROR = 3;
/** v5: the next byte names a channel in which nothing more will come. */
const CLOSE = 255;

/** Subprotocols of exec and attach, as k8s.io/kubelet `pkg/cri/streaming/remotecommand/websocket.go` and, for v5, k8s.io/apiserver `pkg/util/proxy` have them. */
export const commandProtocols = [
  'v5.channel.k8s.io',
  'v4.channel.k8s.io',
  'v4.base64.channel.k8s.io',
  'channel.k8s.io',
  'base64.channel.k8s.io',
  '',
];

/** A client of exec or attach over a WebSocket: each message is a channel's number and what it carries. */
export function channelStreams(
  client: WebSocket,
  protocol: string,
  { stdin, stdout, stderr, tty }: StreamOptions,
): RemoteStreams {
  const base64 = protocol.includes('base64');
  const aborted = new AbortController();
  const input = stdin ? new PassThrough() : undefined;
  client.on('message', (data, binary) => {
    const message = bytesOf(data);
    const [channel, payload] = base64 && !binary ? decodeBase64(message) : split(message);
    if (channel === CLOSE && protocol.startsWith('v5') && payload[0] === STDIN) input?.end();
    if (channel !== STDIN || input === undefined || input.writableEnded || payload.length === 0) return;
    if (input.write(payload)) return;
    client.pause();
    input.once('drain', () => client.resume());
  });
  client.once('close', () => {
    aborted.abort();
    input?.end();
  });
  const send = (channel: number, chunk: Buffer, done?: (error?: Error | null) => void): void => {
    if (base64) client.send(`${channel}${chunk.toString('base64')}`, done);
    else client.send(Buffer.concat([Buffer.from([channel]), chunk]), { binary: true }, done);
  };
  // An empty message tells the client that the connection stands.
  send(stdout ? STDOUT : stderr ? STDERR : ERROR, Buffer.alloc(0));
  const output = stdout ? channelWriter(send, STDOUT) : undefined;
  const errors = stderr && !tty ? channelWriter(send, STDERR) : undefined;
  const close = (status: RemoteStatus): void => {
    const json = protocol.startsWith('v5') || protocol.startsWith('v4');
    const text = json ? JSON.stringify(status) : legacyStatusText(status);
    if (text !== '') send(ERROR, Buffer.from(text));
    client.close(1000);
  };
  return {
    stdin: input,
    stdout: output,
    stderr: errors,
    signal: aborted.signal,
    // The status is the last that the client hears.
    end: (status) => afterAll([output, errors], () => close(status)),
  };
}

function afterAll(writers: readonly (Writable | undefined)[], done: () => void): void {
  const open = writers.filter((writer) => writer?.writable === true);
  let left = open.length;
  if (left === 0) return done();
  for (const writer of open) {
    writer?.end(() => {
      left -= 1;
      if (left === 0) done();
    });
  }
}

type Send = (channel: number, chunk: Buffer, done?: (error?: Error | null) => void) => void;

function channelWriter(send: Send, channel: number): Writable {
  const writer = new Writable({
    write: (chunk: Buffer, _encoding, done) => send(channel, chunk, (error) => done(error ?? null)),
  });
  // A client that has gone is told of by the signal.
  return writer.on('error', () => {});
}

export function bytesOf(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}

const split = (message: Buffer): [channel: number, payload: Buffer] => [
  message[0] ?? -1,
  message.subarray(1),
];

/** The channel is a digit here. */
const decodeBase64 = (message: Buffer): [channel: number, payload: Buffer] => [
  (message[0] ?? 0) - 0x30,
  Buffer.from(message.toString('latin1', 1), 'base64'),
];
