import { timingSafeEqual } from 'node:crypto';
import { Alert, alertContent, readAlert, receivedAlert, TlsAlertError } from './alerts.js';
import { parseClientHello } from './client-hello.js';
import type { Tls13Identity } from './identity.js';
import { MessageReader, type Message } from './message-reader.js';
import { HandshakeType } from './messages.js';
import { negotiate } from './negotiate.js';
import { RecordReader } from './record-reader.js';
import { ContentType, MAX_CONTENT_BYTES, plainContent, plainRecord } from './records.js';
import { serverFlight, type ServerFlight } from './server-flight.js';
import type { TrafficKeys } from './traffic-keys.js';

/** Longest ClientHello: with the keys of today's post-quantum groups they have 2 KiB. */
const MAX_HELLO_BYTES = 16 * 1024;
/** A Finished has 52 bytes at most. */
const MAX_FINISHED_BYTES = 64;

/** What a finished handshake leaves. */
export interface Secured {
  reading: TrafficKeys;
  writing: TrafficKeys;
  /** May hold data already. */
  reader: RecordReader;
  /** Chosen by ALPN. */
  protocol: string | undefined;
}

/** What is to be done after some bytes have arrived. */
export type Step =
  | { kind: 'wait' }
  | { kind: 'reply'; bytes: Buffer }
  /** The client needs another TLS, which must be given all that has arrived. */
  | { kind: 'unsupported'; bytes: Buffer[] }
  | { kind: 'done'; secured: Secured };

const WAIT: Step = { kind: 'wait' };

/** The server's side of a TLS 1.3 handshake of one round trip (RFC 8446 §2, §A.2), without any I/O. */
export class ServerHandshake {
  readonly #reader = new RecordReader();
  /** All that has arrived; dropped when the client's hello is answered. */
  #arrived: Buffer[] = [];
  #messages = new MessageReader(MAX_HELLO_BYTES);
  #flight: ServerFlight | undefined;
  #protocol: string | undefined;

  constructor(
    private readonly identity: Tls13Identity,
    /** For ALPN, in our order; an empty list ignores it. */
    private readonly protocols: readonly string[],
  ) {}

  /** Takes what has arrived. Throws {@link TlsAlertError}; then {@link alertRecord} is to be sent and the connection ended. */
  receive(chunk: Buffer): Step {
    if (this.#flight === undefined) this.#arrived.push(chunk);
    this.#reader.add(chunk);
    return this.next();
  }

  /** Goes on with what has arrived; to be called after a reply. Throws as {@link receive}. */
  next(): Step {
    for (;;) {
      const record = this.#reader.next();
      if (record === undefined) return WAIT;
      const step = this.#flight === undefined ? this.#greet(record) : this.#finish(record, this.#flight);
      if (step !== WAIT) return step;
    }
  }

  /** The record that tells the client why it ends. */
  alertRecord(alert: number): Buffer {
    const content = alertContent(alert);
    return this.#flight === undefined
      ? plainRecord(ContentType.alert, content)
      : this.#flight.writing.seal(ContentType.alert, [content], content.length);
  }

  #greet(record: Buffer): Step {
    const hello = this.#helloMessage(record);
    if (hello === undefined) return WAIT;
    const parsed = parseClientHello(hello.body);
    const choice = negotiate(parsed, this.protocols);
    const bytes = this.#arrived;
    this.#arrived = [];
    if (choice === undefined) return { kind: 'unsupported', bytes };
    this.#flight = serverFlight(hello.whole, parsed, choice, this.identity);
    this.#protocol = choice.protocol;
    this.#messages = new MessageReader(MAX_FINISHED_BYTES);
    return { kind: 'reply', bytes: this.#flight.bytes };
  }

  #helloMessage(record: Buffer): Message | undefined {
    const content = plainContent(record);
    if (record[0] === ContentType.alert) throw receivedAlert(readAlert(content));
    if (record[0] !== ContentType.handshake) throw unexpected();
    if (content.length > MAX_CONTENT_BYTES) {
      throw new TlsAlertError(Alert.recordOverflow, 'a record has too much content');
    }
    const hello = this.#messages.add(content);
    if (hello !== undefined && hello.type !== HandshakeType.clientHello) throw unexpected();
    return hello;
  }

  #finish(record: Buffer, flight: ServerFlight): Step {
    const outerType = record[0];
    // A client that doesn't like the ServerHello has no keys to say so.
    if (outerType === ContentType.alert) throw receivedAlert(readAlert(plainContent(record)));
    if (outerType === ContentType.changeCipherSpec && isChangeCipherSpec(record)) return WAIT;
    if (outerType !== ContentType.applicationData) throw unexpected();
    const { type, content } = flight.handshakeReading.open(record);
    if (type === ContentType.alert) throw receivedAlert(readAlert(content));
    if (type !== ContentType.handshake) throw unexpected();
    const finished = this.#messages.add(content);
    if (finished === undefined) return WAIT;
    checkFinished(finished, flight.expectedFinished);
    const { reading, writing } = flight;
    return { kind: 'done', secured: { reading, writing, reader: this.#reader, protocol: this.#protocol } };
  }
}

/** Allowed at any time between the hellos and the client's Finished, and ignored (RFC 8446 §5). */
function isChangeCipherSpec(record: Buffer): boolean {
  const content = plainContent(record);
  return content.length === 1 && content[0] === 1;
}

/** RFC 8446 §4.4.4. */
function checkFinished({ type, body }: Message, expected: Buffer): void {
  if (type !== HandshakeType.finished) throw unexpected();
  if (body.length !== expected.length) {
    throw new TlsAlertError(Alert.decodeError, 'a Finished message has a wrong length');
  }
  if (!timingSafeEqual(body, expected)) {
    throw new TlsAlertError(Alert.decryptError, 'the client has seen another handshake');
  }
}

function unexpected(): TlsAlertError {
  return new TlsAlertError(Alert.unexpectedMessage, 'not what a TLS 1.3 client sends at this point');
}
