import type { Duplex } from 'node:stream';
import { TLSSocket, type TLSSocketOptions } from 'node:tls';

/**
 * Most plain bytes that become one TLS record. Node's TLS keeps what is encrypted in buffers of its own, per connection
 * and for its whole life: one of 1 KiB to begin with, others of 16 KiB as soon as something doesn't fit
 * (node `src/crypto/crypto_bio.cc`). A record has 22 bytes more than its content (RFC 8446 §5.2).
 */
const SMALL_RECORD = 1000;
/** Longer answers go in larger pieces: a piece takes a turn of the event loop. */
const SMALL_ANSWER = 8 * SMALL_RECORD;
const LARGE_RECORD = 16 * 1024;

/** Most bytes that the other end's records should come in. */
export const SMALL_READ = 1024;

type Callback = (error?: Error | null) => void;

/** The server's end of TLS that takes as little memory as can be: for thousands of connections that are idle mostly. */
export class SmallTlsSocket extends TLSSocket {
  constructor(connection: Duplex, options: TLSSocketOptions) {
    super(connection, { ...options, isServer: true });
  }

  override _write(chunk: Buffer | string, encoding: BufferEncoding, callback: Callback): void {
    if (chunk.length <= SMALL_RECORD) super._write(chunk, encoding, callback);
    else this.#writePieces(typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk, callback);
  }

  override _writev(chunks: { chunk: Buffer | string; encoding: BufferEncoding }[], callback: Callback): void {
    const buffers = chunks.map(({ chunk, encoding }) =>
      typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk,
    );
    this.#writePieces(Buffer.concat(buffers), callback);
  }

  #writePieces(bytes: Buffer, callback: Callback): void {
    const size = bytes.length > SMALL_ANSWER ? LARGE_RECORD : SMALL_RECORD;
    let at = 0;
    const next = (error?: Error | null): void => {
      if ((error !== undefined && error !== null) || at >= bytes.length) return callback(error);
      const piece = bytes.subarray(at, at + size);
      at += size;
      super._write(piece, 'buffer' as BufferEncoding, next);
    };
    next();
  }
}
