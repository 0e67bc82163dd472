import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';

/** An answer prepared once and sent as it is to everyone who asks. */
export class Document {
  /** Strong validator with its quotes, for `ETag` and `If-None-Match`. */
  readonly etag: string;
  #gzip: Buffer | undefined;

  /** @param original the same document in another encoding, whose validator it shares */
  constructor(
    readonly body: Buffer,
    readonly contentType: string,
    original?: Document,
  ) {
    this.etag = original?.etag ?? `"${hash(body)}"`;
  }

  /** The body for clients that accept gzip, compressed at the first such request. */
  get gzip(): Buffer {
    return (this.#gzip ??= gzipSync(this.body));
  }

  /** Upper-case hex digest of the body. */
  get hash(): string {
    return this.etag.slice(1, -1);
  }
}

const hash = (body: Buffer): string => createHash('sha256').update(body).digest('hex').toUpperCase();

export function jsonDocument(value: unknown, contentType = 'application/json'): Document {
  return new Document(Buffer.from(JSON.stringify(value)), contentType);
}
