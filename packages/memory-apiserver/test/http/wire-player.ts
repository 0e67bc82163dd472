import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { WireStep } from './wire-steps.js';

/** An answer as it came, but for headers that say nothing. */
export interface WireAnswer {
  step: string;
  code: number;
  headers: Record<string, string | string[]>;
  /** Text, or base64 of protobuf; absent where the step says so. */
  body?: string;
}

const HEADERS = [
  'content-type',
  'cache-control',
  'vary',
  'warning',
  'retry-after',
  'location',
  'etag',
  'expires',
];

/** Sends the requests one after another. */
export async function playWire(
  server: string,
  token: string,
  steps: readonly WireStep[],
): Promise<WireAnswer[]> {
  const answers: WireAnswer[] = [];
  for (const step of steps) answers.push(await play(server, token, step));
  return answers;
}

async function play(server: string, token: string, step: WireStep): Promise<WireAnswer> {
  const { method, path, accept, type, body, headersOnly } = step;
  const { code, headers, data } = await send(server, token, step);
  const binary = String(headers['content-type'] ?? '').includes('protobuf');
  const name = [
    method,
    path,
    accept,
    type,
    typeof body === 'string' ? body.slice(0, 60) : JSON.stringify(body),
  ];
  return {
    step: name.filter((part) => part !== undefined).join(' '),
    code,
    headers,
    ...(headersOnly === true ? {} : { body: data.toString(binary ? 'base64' : 'utf8') }),
  };
}

function send(
  server: string,
  token: string,
  { method, path, accept, type, body }: WireStep,
): Promise<{ code: number; headers: WireAnswer['headers']; data: Buffer }> {
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  const options = {
    method,
    headers: {
      // Node's client would leave the length of a DELETE's body unsaid.
      ...(text === undefined ? {} : { 'Content-Length': Buffer.byteLength(text) }),
      Authorization: `Bearer ${token}`,
      'User-Agent': 'wire/1',
      ...(accept === undefined ? {} : { Accept: accept }),
      ...(body === undefined ? {} : { 'Content-Type': type ?? 'application/json' }),
    },
  };
  return new Promise((resolve, reject) => {
    const receive = (response: IncomingMessage): void => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const all: Record<string, string[]> = {};
        for (const name of HEADERS) {
          const values = response.headersDistinct[name];
          if (values !== undefined) all[name] = values;
        }
        resolve({ code: response.statusCode ?? 0, headers: all, data: Buffer.concat(chunks) });
      });
    };
    const url = server + path;
    const request = url.startsWith('https:')
      ? httpsRequest(url, options, receive)
      : httpRequest(url, options, receive);
    request.on('error', reject);
    request.end(text);
  });
}
