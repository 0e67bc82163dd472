import { Alert, TlsAlertError } from './alerts.js';
import { MESSAGE_HEADER_BYTES } from './messages.js';

/** A handshake message (RFC 8446 §4). */
export interface Message {
  type: number;
  body: Buffer;
  /** With its header, as it goes into the transcript. */
  whole: Buffer;
}

/** Joins the contents of handshake records to messages, each of at most `maxBytes`. */
export class MessageReader {
  #parts: Buffer[] = [];
  #bytes = 0;

  constructor(private readonly maxBytes: number) {}

  /**
   * The message, once it is complete. Throws {@link TlsAlertError} when it is too long, when a record is empty, and when something
   * comes behind the message: here keys change after every message, which must be the end of a record (§5.1).
   */
  add(content: Buffer): Message | undefined {
    if (content.length === 0) throw new TlsAlertError(Alert.unexpectedMessage, 'an empty handshake record');
    this.#parts.push(content);
    this.#bytes += content.length;
    const length = this.#length();
    if (length === undefined || this.#bytes < length) return undefined;
    if (this.#bytes > length) {
      throw new TlsAlertError(Alert.unexpectedMessage, 'a message where keys change must end its record');
    }
    const whole = this.#join();
    this.#parts = [];
    this.#bytes = 0;
    return { type: whole[0] ?? 0, body: whole.subarray(MESSAGE_HEADER_BYTES), whole };
  }

  /** How long the message is, header included, once that is known. */
  #length(): number | undefined {
    let first = this.#parts[0];
    if (first === undefined || this.#bytes < MESSAGE_HEADER_BYTES) return undefined;
    if (first.length < MESSAGE_HEADER_BYTES) {
      first = this.#join();
      this.#parts = [first];
    }
    const length = MESSAGE_HEADER_BYTES + first.readUIntBE(1, 3);
    if (length > this.maxBytes) throw new TlsAlertError(Alert.decodeError, 'a handshake message is too long');
    return length;
  }

  #join(): Buffer {
    const [first] = this.#parts;
    return first !== undefined && this.#parts.length === 1 ? first : Buffer.concat(this.#parts, this.#bytes);
  }
}
