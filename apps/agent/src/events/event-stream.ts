import type { Writable } from 'node:stream';
import { EventLog } from './event-log.js';

/** Limits of an {@link EventStream}. */
export interface EventStreamOptions {
  /** How many events can be resumed from. @default 10000 */
  readonly capacity?: number;
  /** How often a silent connection gets a comment, so proxies keep it. @default 15000 */
  readonly keepAliveMs?: number;
}

/** The part of an event that the stream itself looks at. */
export interface StreamEvent {
  readonly seq: number;
  readonly type: string;
  readonly cluster?: string;
}

/** What one reader asked for. */
export interface ReaderOptions {
  /** The id it has seen last (Last-Event-ID); without it the reader gets only what comes from now on. */
  readonly lastEventId?: number;
  readonly cluster?: string;
}

interface Reader {
  readonly output: Writable;
  readonly cluster: string | undefined;
  /** The number of the last event written to it, or skipped for it. */
  position: number;
  /** True until the socket has room again. */
  full: boolean;
}

/**
 * Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html) to many readers.
 *
 * No reader has a queue of its own: nothing is written to a socket that is full, and when it has drained the
 * reader goes on from the shared log. Who was so slow that the log has moved past, or resumes from an unknown
 * id, gets one event `reset` and should read the list of clusters anew.
 */
export class EventStream {
  private readonly log: EventLog;
  private readonly readers = new Set<Reader>();
  private readonly keepAlive: NodeJS.Timeout;

  constructor(options: EventStreamOptions = {}) {
    this.log = new EventLog(options.capacity ?? 10_000);
    this.keepAlive = setInterval(() => this.sendKeepAlive(), options.keepAliveMs ?? 15_000);
    this.keepAlive.unref();
  }

  /** How many readers are connected. */
  get size(): number {
    return this.readers.size;
  }

  /** Takes the next event; numbers must rise. */
  publish(event: StreamEvent): void {
    const frame = `id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
    this.log.append({ seq: event.seq, cluster: event.cluster, frame });
    for (const reader of this.readers) this.catchUp(reader);
  }

  /** Begins to write to `output` until that closes. */
  add(output: Writable, options: ReaderOptions = {}): void {
    const position = options.lastEventId ?? this.log.newest;
    const reader: Reader = { output, cluster: options.cluster, position, full: false };
    this.readers.add(reader);
    output.once('close', () => this.readers.delete(reader));
    output.on('error', () => this.readers.delete(reader));
    output.on('drain', () => {
      reader.full = false;
      this.catchUp(reader);
    });
    this.write(reader, ': connected\n\n');
    // An id of the future belongs to an earlier run of the agent: its numbers say nothing here.
    if (position > this.log.newest) this.reset(reader, this.log.newest);
    this.catchUp(reader);
  }

  /** Ends all streams. */
  close(): void {
    clearInterval(this.keepAlive);
    for (const reader of this.readers) reader.output.end();
    this.readers.clear();
  }

  private catchUp(reader: Reader): void {
    while (!reader.full) {
      if (reader.position < this.log.lost) this.reset(reader, this.log.lost);
      const next = this.log.next(reader.position);
      if (!next || reader.full) return;
      reader.position = next.seq;
      if (reader.cluster === undefined || reader.cluster === next.cluster) this.write(reader, next.frame);
    }
  }

  private reset(reader: Reader, position: number): void {
    reader.position = position;
    this.write(reader, `id: ${position}\nevent: reset\ndata: {"type":"reset","seq":${position}}\n\n`);
  }

  private write(reader: Reader, text: string): void {
    if (!reader.output.write(text)) reader.full = true;
  }

  private sendKeepAlive(): void {
    for (const reader of this.readers) if (!reader.full) this.write(reader, ': keep-alive\n\n');
  }
}
