import type { Duplex } from 'node:stream';
import {
  CANCEL,
  dataHead,
  FLAG_FIN,
  FrameReader,
  goAway,
  GOAWAY,
  HEADERS,
  ping,
  PING,
  PROTOCOL_ERROR,
  RST_STREAM,
  rstStream,
  SYN_STREAM,
  synReply,
  type Frame,
} from './frames.js';
import { emptyHeaderBlock, HeaderReader } from './header-block.js';
import { SpdyStream } from './stream.js';

export interface SpdyOptions {
  /** Called for each stream that the client opens; what it throws refuses the stream. */
  onStream(stream: SpdyStream): void;
  /** Called once, when the connection has come to its end. */
  onClose(): void;
}

/** Streams that a client may have open at a time. */
const MAX_STREAMS = 1_000;

/**
 * The server's end of a SPDY/3.1 connection as github.com/moby/spdystream speaks it for client-go: the client opens
 * all streams, and there is no flow control.
 */
export class SpdyConnection {
  readonly #streams = new Map<number, SpdyStream>();
  readonly #frames = new FrameReader();
  readonly #headers = new HeaderReader();
  #replied = false;
  #lastStreamId = 0;
  #ended = false;

  /** @param socket carries the frames; it belongs to the connection from now on */
  constructor(
    private readonly socket: Duplex,
    private readonly options: SpdyOptions,
  ) {
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.#finish());
    void this.#read();
  }

  /** Says goodbye and ends the connection when all that was written is on its way. */
  close(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (!this.socket.writable) return;
    this.socket.write(goAway(this.#lastStreamId));
    this.socket.end();
  }

  async #read(): Promise<void> {
    try {
      for await (const chunk of this.socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        for (const frame of this.#frames.push(chunk)) await this.#take(frame);
      }
      // The client writes no more: without an end of its own it has gone.
      if (!this.#ended) this.close();
    } catch {
      this.socket.destroy();
    }
  }

  #take(frame: Frame): Promise<void> | undefined {
    if (frame.kind === 'data') {
      const stream = this.#streams.get(frame.streamId);
      const full = frame.payload.length === 0 ? undefined : stream?.receive(frame.payload);
      if ((frame.flags & FLAG_FIN) !== 0) stream?.receiveEnd();
      return full;
    }
    switch (frame.type) {
      case SYN_STREAM:
        return this.#open(frame.payload, frame.flags);
      case HEADERS:
        // They change nothing, but are part of the compressed stream.
        return this.#headers.read(frame.payload.subarray(4)).then(() => undefined);
      case RST_STREAM:
        this.#streams.get(frame.payload.readUInt32BE(0))?.destroy();
        return undefined;
      case PING:
        this.socket.write(ping(frame.payload));
        return undefined;
      case GOAWAY:
        // As the client waits for its streams to end, so do we.
        return undefined;
      default:
        return undefined;
    }
  }

  async #open(payload: Buffer, flags: number): Promise<void> {
    const id = payload.readUInt32BE(0) & 0x7fff_ffff;
    const headers = await this.#headers.read(payload.subarray(10));
    if (this.#ended) return;
    if (id % 2 === 0 || id <= this.#lastStreamId || this.#streams.size >= MAX_STREAMS) {
      this.socket.write(rstStream(id, PROTOCOL_ERROR));
      return;
    }
    this.#lastStreamId = id;
    const stream = new SpdyStream(id, headers, {
      write: (streamId, chunk, last, done) => this.#write(streamId, chunk, last, done),
      forget: (streamId, reset) => this.#forget(streamId, reset),
    });
    stream.on('error', () => stream.destroy());
    this.#streams.set(id, stream);
    this.socket.write(synReply(id, emptyHeaderBlock(!this.#replied)));
    this.#replied = true;
    if ((flags & FLAG_FIN) !== 0) stream.receiveEnd();
    try {
      this.options.onStream(stream);
    } catch {
      stream.destroy();
    }
  }

  #write(streamId: number, chunk: Buffer, last: boolean, done: (error?: Error | null) => void): void {
    if (!this.socket.writable) return done(new Error('the SPDY connection has ended'));
    this.socket.cork();
    this.socket.write(dataHead(streamId, last ? FLAG_FIN : 0, chunk.length));
    this.socket.write(chunk, done);
    this.socket.uncork();
  }

  #forget(streamId: number, reset: boolean): void {
    this.#streams.delete(streamId);
    if (reset && !this.#ended && this.socket.writable) this.socket.write(rstStream(streamId, CANCEL));
  }

  #finish(): void {
    this.#ended = true;
    this.#headers.close();
    for (const stream of [...this.#streams.values()]) stream.destroy();
    this.options.onClose();
  }
}
