import { Alert, TlsAlertError } from './alerts.js';
import { MessageReader } from './message-reader.js';
import { HandshakeType, message } from './messages.js';
import { ContentType } from './records.js';
import type { TrafficKeys } from './traffic-keys.js';

const MESSAGE_BYTES = 5;
const NOT_REQUESTED = 0;
const REQUESTED = 1;
const KEY_UPDATE = message(HandshakeType.keyUpdate, [Buffer.from([NOT_REQUESTED])]);

/** The other end's KeyUpdate messages, the only ones that may come after the handshake (RFC 8446 §4.6.3). */
export class KeyUpdates {
  readonly #messages = new MessageReader(MESSAGE_BYTES);
  #answerDue = false;
  #incomplete = false;

  /** A message has begun and not ended: nothing else may come in between (§5.1). */
  get incomplete(): boolean {
    return this.#incomplete;
  }

  /** Takes the content of a handshake record; true when the other end's keys are new from now on. Throws {@link TlsAlertError}. */
  receive(content: Buffer): boolean {
    const update = this.#messages.add(content);
    this.#incomplete = update === undefined;
    if (update === undefined) return false;
    if (update.type !== HandshakeType.keyUpdate) {
      throw new TlsAlertError(
        Alert.unexpectedMessage,
        `handshake message ${update.type} after the handshake`,
      );
    }
    const request = update.body[0];
    if (request === undefined) throw new TlsAlertError(Alert.decodeError, 'a KeyUpdate without its request');
    if (request > REQUESTED) {
      throw new TlsAlertError(Alert.illegalParameter, `a KeyUpdate can't request ${request}`);
    }
    this.#answerDue ||= request === REQUESTED;
    return true;
  }

  /**
   * True once when the other end has asked for new keys, however often it did: we only have to before our next data, so
   * who asks a thousand times and reads nothing gets one.
   */
  takeAnswerDue(): boolean {
    const due = this.#answerDue;
    this.#answerDue = false;
    return due;
  }
}

/** The record that announces new keys, after which `keys` are the new ones. */
export function renewKeys(keys: TrafficKeys): Buffer {
  const record = keys.seal(ContentType.handshake, [KEY_UPDATE], KEY_UPDATE.length);
  keys.update();
  return record;
}
