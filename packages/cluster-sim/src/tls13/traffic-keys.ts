import { createCipheriv, createDecipheriv } from 'node:crypto';
import { Alert, TlsAlertError } from './alerts.js';
import { nextSecret, trafficKey } from './key-schedule.js';
import { ContentType, HEADER_BYTES, MAX_CONTENT_BYTES, writeHeader } from './records.js';
import type { CipherSuite } from './suites.js';

const IV_BYTES = 12;
const TAG_BYTES = 16;
const aeadOptions = { authTagLength: TAG_BYTES };
/** Used within one call only; OpenSSL copies it. */
const nonce = Buffer.alloc(IV_BYTES);

/** What a protected record held. */
export interface Opened {
  type: number;
  content: Buffer;
}

/** The keys of one direction of a connection: protects records, or opens them (RFC 8446 §5.2 to §5.4). */
export class TrafficKeys {
  /** How many records these keys have been used for (§5.3). */
  #sequence = 0;
  /** Secret, key and iv in one piece: a Buffer of its own for each would take more than what is in it. */
  #material: Buffer;

  constructor(
    private readonly suite: CipherSuite,
    secret: Buffer,
  ) {
    this.#material = expand(suite, secret);
  }

  /** How many records these keys have been used for. */
  get records(): number {
    return this.#sequence;
  }

  /** Goes over to the next generation of keys, as a KeyUpdate says (§7.2). */
  update(): void {
    const secret = this.#material.subarray(0, this.suite.hashBytes);
    this.#material = expand(this.suite, nextSecret(this.suite.hash, secret));
    this.#sequence = 0;
  }

  /** One record with all the pieces, of `bytes` bytes together: at most {@link MAX_CONTENT_BYTES}. */
  seal(type: number, pieces: readonly Buffer[], bytes: number): Buffer {
    const { aead } = this.suite;
    const record = Buffer.allocUnsafe(HEADER_BYTES + bytes + 1 + TAG_BYTES);
    writeHeader(record, ContentType.applicationData, bytes + 1 + TAG_BYTES);
    // The types know options for each AEAD alone; all three take these.
    const cipher = createCipheriv(aead as 'aes-128-gcm', this.#key(), this.#nextNonce(), aeadOptions);
    cipher.setAAD(record.subarray(0, HEADER_BYTES));
    // Laid out where it goes to: one call of the cipher costs more than to copy a record.
    let at = HEADER_BYTES;
    for (const piece of pieces) {
      record.set(piece, at);
      at += piece.length;
    }
    record[at] = type;
    record.set(cipher.update(record.subarray(HEADER_BYTES, at + 1)), HEADER_BYTES);
    cipher.final();
    record.set(cipher.getAuthTag(), at + 1);
    return record;
  }

  /**
   * What is in a protected record (header included). Throws {@link TlsAlertError}: bad_record_mac when it isn't from who has
   * the keys, unexpected_message without a content type, record_overflow with too much content.
   */
  open(record: Buffer): Opened {
    const tagAt = record.length - TAG_BYTES;
    if (tagAt < HEADER_BYTES) throw badRecord();
    const { aead } = this.suite;
    const decipher = createDecipheriv(aead as 'aes-128-gcm', this.#key(), this.#nextNonce(), aeadOptions);
    decipher.setAAD(record.subarray(0, HEADER_BYTES));
    decipher.setAuthTag(record.subarray(tagAt));
    const plain = decipher.update(record.subarray(HEADER_BYTES, tagAt));
    try {
      decipher.final();
    } catch {
      throw badRecord();
    }
    return withoutPadding(plain);
  }

  #key(): Buffer {
    const { hashBytes, keyBytes } = this.suite;
    return this.#material.subarray(hashBytes, hashBytes + keyBytes);
  }

  /** The iv with the record's number in its last bytes (§5.3). Numbers are exact up to 2^53 records of one key. */
  #nextNonce(): Buffer {
    const material = this.#material;
    const ivAt = material.length - IV_BYTES;
    material.copy(nonce, 0, ivAt);
    const [high, low] = [Math.floor(this.#sequence / 2 ** 32), this.#sequence >>> 0];
    nonce.writeUInt32BE((material.readUInt32BE(ivAt + 4) ^ high) >>> 0, 4);
    nonce.writeUInt32BE((material.readUInt32BE(ivAt + 8) ^ low) >>> 0, 8);
    this.#sequence += 1;
    return nonce;
  }
}

function expand({ hash, hashBytes, keyBytes }: CipherSuite, secret: Buffer): Buffer {
  // Not of the pool that small buffers share: it would stay for as long as the connection.
  const material = Buffer.allocUnsafeSlow(hashBytes + keyBytes + IV_BYTES);
  material.set(secret);
  material.set(trafficKey(hash, secret, 'key', keyBytes), hashBytes);
  material.set(trafficKey(hash, secret, 'iv', IV_BYTES), hashBytes + keyBytes);
  return material;
}

/** The content's type is the last byte that isn't zero; the zeros after it are padding (§5.4). */
function withoutPadding(plain: Buffer): Opened {
  let end = plain.length - 1;
  while (end >= 0 && plain[end] === 0) end -= 1;
  const type = plain[end];
  if (type === undefined) throw new TlsAlertError(Alert.unexpectedMessage, 'a record has no content type');
  if (end > MAX_CONTENT_BYTES || plain.length > MAX_CONTENT_BYTES + 1) {
    throw new TlsAlertError(Alert.recordOverflow, 'a record has too much content');
  }
  return { type, content: plain.subarray(0, end) };
}

function badRecord(): TlsAlertError {
  return new TlsAlertError(Alert.badRecordMac, 'a record is not protected by the keys of this connection');
}
