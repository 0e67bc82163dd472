import { createInflate, constants, type Inflate } from 'node:zlib';

/** Names and values of a SPDY frame; names are lower case. */
export type SpdyHeaders = ReadonlyMap<string, string>;

/** Words of the dictionary that come with their lengths (SPDY/3 draft, 2.6.10.1). */
const WORDS =
  'options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age ' +
  'allow authorization cache-control connection content-base content-encoding content-language content-length ' +
  'content-location content-md5 content-range content-type date etag expect expires from host if-match ' +
  'if-modified-since if-none-match if-range if-unmodified-since last-modified location max-forwards pragma ' +
  'proxy-authenticate proxy-authorization range referer retry-after server te trailer transfer-encoding upgrade ' +
  'user-agent vary via warning www-authenticate method get status|200 OK|version|HTTP/1.1|url public set-cookie ' +
  'keep-alive origin';

/** The dictionary's end: status codes, parts of dates and usual values, without any separators. */
const TAIL =
  '100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505' +
  '203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized' +
  '403 Forbidden404 Not Found500 Internal Server Error501 Not Implemented503 Service Unavailable' +
  'Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMT' +
  'chunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,' +
  'text/javascript,publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.';

/** What both ends' compressors know before the first header: SPDY/3 draft, 2.6.10.1. */
export const headerDictionary = Buffer.concat([
  // `200 OK` is a word with a space in it.
  ...WORDS.split('|').flatMap((part) => (part === '200 OK' ? [part] : part.split(' ')).map(withLength)),
  Buffer.from(TAIL, 'latin1'),
]);

function withLength(word: string): Buffer {
  const bytes = Buffer.from(word, 'latin1');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** A block of more bytes is no honest client's: those of Kubernetes need less than 200. */
const MAX_BLOCK_BYTES = 64 * 1024;

/**
 * Reads the header blocks of one connection, which are pieces of one zlib stream, in the order of their arrival.
 * Each call has to be awaited before the next.
 */
export class HeaderReader {
  readonly #inflate: Inflate = createInflate({
    dictionary: headerDictionary,
    flush: constants.Z_SYNC_FLUSH,
  });
  #chunks: Buffer[] = [];
  #size = 0;
  #fail: ((error: Error) => void) | undefined;

  constructor() {
    this.#inflate.on('data', (chunk: Buffer) => {
      this.#size += chunk.length;
      if (this.#size <= MAX_BLOCK_BYTES) this.#chunks.push(chunk);
      else this.#inflate.destroy(new RangeError('SPDY header block is too large'));
    });
    this.#inflate.on('error', (error) => this.#fail?.(error));
  }

  /** Rejects for a block that can't be read. */
  async read(block: Buffer): Promise<SpdyHeaders> {
    await new Promise<void>((resolve, reject) => {
      this.#fail = reject;
      this.#inflate.write(block, (error) => (error ? reject(error) : resolve()));
    });
    const plain = Buffer.concat(this.#chunks);
    this.#chunks = [];
    this.#size = 0;
    return parseHeaders(plain);
  }

  close(): void {
    this.#inflate.destroy();
  }
}

/** Name/value pairs, each with 32 bits of length before it (SPDY/3 draft, 2.6.10). Throws RangeError. */
export function parseHeaders(block: Buffer): SpdyHeaders {
  let at = 0;
  const number = (): number => {
    const value = block.readUInt32BE(at);
    at += 4;
    return value;
  };
  const text = (): string => {
    const length = number();
    if (at + length > block.length) throw new RangeError('SPDY header block is cut off');
    return block.toString('latin1', at, (at += length));
  };
  const headers = new Map<string, string>();
  for (let left = number(); left > 0; left -= 1) headers.set(text().toLowerCase(), text());
  return headers;
}

/** Begin of a zlib stream without a dictionary (RFC 1950). */
const ZLIB_HEADER = Buffer.from([0x78, 0x01]);
/**
 * A header block of no headers, as a DEFLATE block that is stored uncompressed (RFC 1951, 3.2.4). The empty one behind
 * it is what a sync flush leaves: Go's reader gives out what it has only then.
 */
const NO_HEADERS = Buffer.from([0x00, 0x04, 0x00, 0xfb, 0xff, 0, 0, 0, 0, 0x00, 0x00, 0x00, 0xff, 0xff]);

/**
 * The header block of a reply, which has no headers: nothing that would have to be compressed.
 *
 * @param first of the connection
 */
export const emptyHeaderBlock = (first: boolean): Buffer =>
  first ? Buffer.concat([ZLIB_HEADER, NO_HEADERS]) : NO_HEADERS;
