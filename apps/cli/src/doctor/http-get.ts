import http from 'node:http';
import https from 'node:https';

const TIMEOUT_MS = 10_000;

/** Options of {@link httpGet}. */
export interface GetOptions {
  readonly headers?: Record<string, string>;
  readonly ca?: string;
  readonly rejectUnauthorized?: boolean;
}

/** An answer with its body read. */
export interface GetAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** A GET with a CA of one's own, which the built-in fetch can't have. Rejects on network and TLS errors. */
export function httpGet(url: string, options: GetOptions = {}): Promise<GetAnswer> {
  return new Promise((resolve, reject) => {
    const { get } = url.startsWith('https:') ? https : http;
    const request = get(url, { ...options, timeout: TIMEOUT_MS, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (body += chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      );
      response.on('error', reject);
    });
    request.on('timeout', () => request.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)));
    request.on('error', reject);
  });
}
