import type { IncomingMessage } from 'node:http';
import { parseAllDocuments } from 'yaml';

import { decodeProtobuf } from '../../src/codec/protobuf.js';
import { WireReader } from '../../src/codec/wire.js';

/** How long a server may take to send an event that is due. */
const GIVE_UP_MS = 5_000;

/** Reads a watch: JSON lines, YAML documents or protobuf frames of four bytes of length each. */
export class EventReader {
  #buffered = Buffer.alloc(0);
  readonly #events: unknown[] = [];
  #ended = false;
  #wake: () => void = () => undefined;

  constructor(
    stream: IncomingMessage,
    private readonly contentType: string,
  ) {
    stream.on('data', (chunk: Buffer) => {
      this.#buffered = Buffer.concat([this.#buffered, chunk]);
      this.#takeFrames();
      this.#wake();
    });
    const end = (): void => {
      this.#ended = true;
      this.#wake();
    };
    stream.on('close', end).on('end', end).on('error', end);
  }

  /** The next events; fewer if the server ends the watch, or says nothing for a while. */
  async read(count: number): Promise<unknown[]> {
    while (this.#events.length < count && !this.#ended) {
      const silent = await new Promise<boolean>((resolve) => {
        const timer = setTimeout(() => resolve(true), GIVE_UP_MS);
        this.#wake = () => {
          clearTimeout(timer);
          resolve(false);
        };
      });
      if (silent) break;
    }
    return this.#events.splice(0, count);
  }

  #takeFrames(): void {
    for (;;) {
      const frame = this.contentType.includes('protobuf') ? this.#lengthFrame() : this.#line();
      if (frame === undefined) return;
      this.#events.push(frame);
    }
  }

  #line(): unknown {
    const separator = this.contentType.includes('yaml') ? '---\n' : '\n';
    const end = this.#buffered.indexOf(separator);
    if (end < 0) return undefined;
    const text = this.#buffered.subarray(0, end).toString();
    this.#buffered = this.#buffered.subarray(end + separator.length);
    return this.contentType.includes('yaml') ? parseAllDocuments(text)[0]?.toJS() : JSON.parse(text);
  }

  #lengthFrame(): unknown {
    if (this.#buffered.length < 4) return undefined;
    const length = this.#buffered.readUInt32BE(0);
    if (this.#buffered.length < 4 + length) return undefined;
    const frame = this.#buffered.subarray(4, 4 + length);
    this.#buffered = this.#buffered.subarray(4 + length);
    return decodeWatchEvent(frame);
  }
}

/** A `WatchEvent` of meta/v1 without an envelope: its type, and a `RawExtension` whose bytes have one. */
function decodeWatchEvent(frame: Buffer): unknown {
  const event: Record<string, unknown> = {};
  const reader = new WireReader(frame, 0);
  while (!reader.done) {
    const { number } = reader.tag();
    if (number === 1) event['type'] = reader.string();
    else {
      const extension = reader.nested();
      extension.tag();
      event['object'] = decodeProtobuf(extension.view());
    }
  }
  return event;
}
