import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

import { users } from './scenario.js';

/** No answer takes longer, unless it is a watch's. */
const GIVE_UP_MS = 5_000;

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Sending {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly token?: string | null;
}

/** What a server says to an open watch, read bit by bit. */
export interface OpenAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly stream: IncomingMessage;
  /** Drops the connection. */
  close(): void;
}

/** A client that adds nothing to requests but who asks, and hides nothing of answers. */
export class Client {
  /** `ca`: PEM that an https server is trusted by. */
  constructor(
    private readonly url: string,
    private readonly ca?: string,
  ) {}

  async send(sending: Sending): Promise<RawAnswer> {
    const { status, headers, stream, close } = await this.open(sending);
    const timer = setTimeout(close, GIVE_UP_MS);
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of stream) chunks.push(chunk as Buffer);
    } catch {
      chunks.push(Buffer.from('<cut off>'));
    } finally {
      clearTimeout(timer);
    }
    return { status, headers, body: Buffer.concat(chunks) };
  }

  /** Resolves when the headers of the answer are there. */
  open({ method, path, headers, body, token = users.admin }: Sending): Promise<OpenAnswer> {
    const content = body === undefined || typeof body === 'string' || Buffer.isBuffer(body);
    const bytes = content ? body : JSON.stringify(body);
    const send = this.url.startsWith('https:') ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const request = send(
        this.url + path,
        {
          method,
          agent: false,
          ...(this.ca === undefined ? {} : { ca: this.ca }),
          headers: {
            'user-agent': 'differential/1.0',
            accept: 'application/json',
            ...(token === null ? {} : { authorization: `Bearer ${token}` }),
            ...(bytes === undefined
              ? {}
              : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(bytes) }),
            ...headers,
          },
        },
        (stream) =>
          resolve({
            status: stream.statusCode ?? 0,
            headers: stream.headers,
            stream,
            close: () => request.destroy(),
          }),
      );
      request.on('error', reject);
      request.end(bytes);
    });
  }
}
