import http from 'node:http';
import https from 'node:https';
import type { FakeRancher } from '../../src/index.js';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a body is whatever the test expects it to be
export type AnyJson = any;

export interface ApiAnswer {
  status: number;
  text: string;
  /** The body, parsed; undefined when it is no JSON. */
  json: AnyJson;
}

/** Asks a fake Rancher over its real socket, with its token unless `token` says otherwise (null: none). */
export function ask(
  rancher: Pick<FakeRancher, 'url' | 'token' | 'caCert'>,
  method: string,
  path: string,
  options: { body?: unknown; token?: string | null; headers?: http.OutgoingHttpHeaders } = {},
): Promise<ApiAnswer> {
  const { body, token = rancher.token, headers = {} } = options;
  const url = new URL(path, rancher.url);
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? https : http).request(
      url,
      {
        method,
        agent: false,
        ...(rancher.caCert === '' ? {} : { ca: rancher.caCert }),
        headers: { ...(token === null ? {} : { Authorization: `Bearer ${token}` }), ...headers },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          let json: unknown;
          try {
            json = JSON.parse(text);
          } catch {
            json = undefined;
          }
          resolve({ status: response.statusCode ?? 0, text, json });
        });
      },
    );
    request.on('error', reject);
    request.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
  });
}

/** Asks again and again until `predicate` holds; the test's own time limit ends it otherwise. */
export async function until<T>(produce: () => T | Promise<T>, predicate: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await produce();
    if (predicate(value)) return value;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
