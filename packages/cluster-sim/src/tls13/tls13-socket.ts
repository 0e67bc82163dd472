import type { Duplex } from 'node:stream';
import { VirtualSocket } from '@scale-cluster/remotedialer';
import { Alert, alertContent, readAlert, receivedAlert, TlsAlertError } from './alerts.js';
import { KeyUpdates, renewKeys } from './key-updates.js';
import type { RecordReader } from './record-reader.js';
import { ContentType, MAX_CONTENT_BYTES, recordContents, type RecordContent } from './records.js';
import type { Secured } from './server-handshake.js';
import type { TrafficKeys } from './traffic-keys.js';

/** So many records of a long answer are given to the connection at a time. */
const RECORDS_AT_A_TIME = 4;

/** After so many records new keys are used; AES-GCM is good for 2^24.5 (RFC 8446 §5.5). */
const MAX_RECORDS = 2 ** 24;

type Callback = (error?: Error | null) => void;

const socketOf = Symbol('TLS socket');

interface Carrier extends Duplex {
  readonly address?: unknown;
  [socketOf]?: Tls13Socket;
}

/**
 * The server's end of a TLS 1.3 connection after its handshake (RFC 8446 §5, §6), on any Duplex. It keeps two keys and
 * the part of a record that has arrived, no buffers: thousands of connections are idle mostly.
 *
 * The end of the other end's data is the end of reading; then, as nothing is half open in a tunnel, what is still to be
 * written is written and both directions are closed. Without a close_notify that is so too, as it is with node:tls: HTTP
 * knows what is complete.
 */
export class Tls13Socket extends VirtualSocket {
  readonly #connection: Carrier;
  readonly #reader: RecordReader;
  readonly #reading: TrafficKeys;
  readonly #writing: TrafficKeys;
  /** Made at the first message after the handshake, which hardly a client sends. */
  #keyUpdates: KeyUpdates | undefined;
  /** Whether the reader wants more. */
  #wanted = true;
  /** Nothing is read any more: the other end has sent close_notify. */
  #closed = false;
  /** The connection has ended; what it brought is in the reader. */
  #ended = false;

  constructor(
    connection: Duplex,
    { reading, writing, reader }: Secured,
    private readonly maxRecords = MAX_RECORDS,
  ) {
    super({});
    this.#connection = connection;
    this.#connection[socketOf] = this;
    this.#reader = reader;
    this.#reading = reading;
    this.#writing = writing;
    // The same functions for all connections; each would have five of its own else.
    connection.on('data', onData).on('end', onEnd).on('error', onError).on('close', onClose);
  }

  /** For http and those who ask sockets what they are. */
  get encrypted(): boolean {
    return true;
  }

  /** Where the client dialled, if the connection knows. */
  get address(): string {
    const { address } = this.#connection;
    return typeof address === 'string' ? address : '';
  }

  /** @internal */
  receive(chunk: Buffer): void {
    if (this.#closed) return;
    this.#reader.add(chunk);
    this.#readRecords();
  }

  /** @internal The connection has ended. */
  receiveEnd(): void {
    this.#ended = true;
    this.#readRecords();
  }

  override _read(): void {
    this.#wanted = true;
    this.#readRecords();
    if (this.#wanted && this.#connection.isPaused()) this.#connection.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: Callback): void {
    this.#send([chunk], chunk.length, callback);
  }

  override _writev(chunks: { chunk: Buffer }[], callback: Callback): void {
    const pieces = chunks.map(({ chunk }) => chunk);
    this.#send(
      pieces,
      pieces.reduce((sum, piece) => sum + piece.length, 0),
      callback,
    );
  }

  override _final(callback: Callback): void {
    if (!this.#connection.writable) return callback();
    const content = alertContent(Alert.closeNotify);
    this.#connection.end(this.#writing.seal(ContentType.alert, [content], content.length), () => callback());
  }

  override _destroy(error: Error | null, callback: Callback): void {
    this.#connection.destroy();
    super._destroy(error, callback);
  }

  #readRecords(): void {
    try {
      while (this.#wanted && !this.#closed && !this.destroyed) {
        const record = this.#reader.next();
        if (record === undefined) break;
        this.#open(record);
      }
    } catch (error) {
      return this.#fail(error);
    }
    if (!this.#wanted) this.#connection.pause();
    else if (this.#ended) this.#endReading();
  }

  #open(record: Buffer): void {
    if (record[0] !== ContentType.applicationData) throw unexpected();
    const { type, content } = this.#reading.open(record);
    if (type === ContentType.handshake) return this.#updateKeys(content);
    if (this.#keyUpdates?.incomplete === true) throw unexpected();
    if (type === ContentType.applicationData) this.#push(content);
    else if (type === ContentType.alert) this.#receiveAlert(readAlert(content));
    else throw unexpected();
  }

  #push(content: Buffer): void {
    this.touch();
    // An empty record is legal and nothing; an empty chunk would end the stream's turn of reading.
    if (content.length > 0) this.#wanted = this.push(content);
  }

  #receiveAlert(alert: number): void {
    if (alert === Alert.closeNotify) this.#endReading();
    // A close_notify follows (§6.1).
    else if (alert !== Alert.userCanceled) throw receivedAlert(alert);
  }

  #updateKeys(content: Buffer): void {
    this.#keyUpdates ??= new KeyUpdates();
    if (this.#keyUpdates.receive(content)) this.#reading.update();
  }

  #endReading(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.push(null);
    // Whatever else comes is dropped, but the end of the connection has to be seen.
    this.#connection.resume();
  }

  #fail(error: unknown): void {
    const cause = error instanceof Error ? error : new Error(String(error));
    if (!(error instanceof TlsAlertError && error.received) && this.#connection.writable) {
      const content = alertContent(error instanceof TlsAlertError ? error.alert : Alert.internalError);
      this.#connection.write(this.#writing.seal(ContentType.alert, [content], content.length));
    }
    this.destroy(cause);
  }

  #send(pieces: Buffer[], bytes: number, callback: Callback): void {
    this.touch();
    if (bytes === 0) callback();
    else if (bytes <= MAX_CONTENT_BYTES) this.#writeRecord({ pieces, bytes }, callback);
    else this.#sendContents(recordContents(pieces), callback);
  }

  /** A few records at a time: what is encrypted takes memory too, and the other end may be slow. */
  #sendContents(contents: Iterator<RecordContent, void>, callback: Callback): void {
    const some = take(contents, RECORDS_AT_A_TIME);
    if (some.length === 0) return callback();
    const written: Callback = (error) => (error ? callback(error) : this.#sendContents(contents, callback));
    this.#connection.cork();
    some.forEach((content, index) =>
      this.#writeRecord(content, index === some.length - 1 ? written : undefined),
    );
    this.#connection.uncork();
  }

  #writeRecord({ pieces, bytes }: RecordContent, callback?: Callback): void {
    const due = this.#writing.records >= this.maxRecords || this.#keyUpdates?.takeAnswerDue() === true;
    if (due) this.#connection.write(renewKeys(this.#writing));
    this.#connection.write(this.#writing.seal(ContentType.applicationData, pieces, bytes), callback);
  }
}

function take<T>(iterator: Iterator<T, void>, count: number): T[] {
  const items: T[] = [];
  while (items.length < count) {
    const { done, value } = iterator.next();
    if (done === true) break;
    items.push(value);
  }
  return items;
}

function onData(this: Carrier, chunk: Buffer): void {
  this[socketOf]?.receive(chunk);
}

function onEnd(this: Carrier): void {
  this[socketOf]?.receiveEnd();
}

function onError(this: Carrier, error: Error): void {
  this[socketOf]?.destroy(error);
}

function onClose(this: Carrier): void {
  this[socketOf]?.destroy();
}

function unexpected(): TlsAlertError {
  return new TlsAlertError(Alert.unexpectedMessage, 'not what a TLS 1.3 client sends after its handshake');
}
