import { createHmac } from 'node:crypto';

/** Hash functions of the cipher suites. */
export type HashName = 'sha256' | 'sha384';

const NO_CONTEXT = Buffer.alloc(0);

export function hmac(hash: HashName, key: Buffer, data: Buffer): Buffer {
  return Buffer.from(hmacText(hash, key, data), 'latin1');
}

/** One character for each byte: Node makes a short text much faster than a Buffer of its own. */
function hmacText(hash: HashName, key: Buffer, data: Buffer): string {
  return createHmac(hash, key).update(data).digest('binary');
}

/** HKDF-Extract (RFC 5869 §2.2). */
export const extract = hmac;

/**
 * HKDF-Expand-Label (RFC 8446 §7.1) of at most as many bytes as the hash has: then HKDF-Expand (RFC 5869 §2.3) is one
 * HMAC, and TLS 1.3 needs no more.
 */
export function expandLabel(
  hash: HashName,
  secret: Buffer,
  label: string,
  context: Buffer,
  length: number,
): Buffer {
  const text = hmacText(hash, secret, labelBlock(label, context, length));
  return Buffer.from(text.slice(0, length), 'latin1');
}

/** Derive-Secret (RFC 8446 §7.1), from the hash of the messages. */
export function deriveSecret(hash: HashName, secret: Buffer, label: string, transcriptHash: Buffer): Buffer {
  return expandLabel(hash, secret, label, transcriptHash, transcriptHash.length);
}

/** The traffic secret that follows after a KeyUpdate (RFC 8446 §7.2). */
export function nextSecret(hash: HashName, secret: Buffer): Buffer {
  return expandLabel(hash, secret, 'traffic upd', NO_CONTEXT, secret.length);
}

/** Key or iv of a traffic secret (RFC 8446 §7.3). */
export function trafficKey(hash: HashName, secret: Buffer, label: 'key' | 'iv', length: number): Buffer {
  return expandLabel(hash, secret, label, NO_CONTEXT, length);
}

/** The verify_data of a Finished message whose sender has the traffic secret `secret` (RFC 8446 §4.4.4). */
export function finishedData(hash: HashName, secret: Buffer, transcriptHash: Buffer): Buffer {
  return hmac(hash, expandLabel(hash, secret, 'finished', NO_CONTEXT, transcriptHash.length), transcriptHash);
}

/** HkdfLabel, and the counter 1 of HKDF-Expand's first block. */
function labelBlock(label: string, context: Buffer, length: number): Buffer {
  const full = `tls13 ${label}`;
  const block = Buffer.allocUnsafe(2 + 1 + full.length + 1 + context.length + 1);
  block.writeUInt16BE(length, 0);
  block[2] = full.length;
  block.write(full, 3, 'latin1');
  const contextAt = 3 + full.length;
  block[contextAt] = context.length;
  block.set(context, contextAt + 1);
  block[block.length - 1] = 1;
  return block;
}
