import type { IncomingMessage } from 'node:http';
import { parse } from 'yaml';
import { SteveError } from './errors.js';
import type { SteveObject } from './types.js';

/** Longest body that is read; kube-apiserver's own limit. */
const maxBodyBytes = 3 * 1024 * 1024;

/** Reads a request's body. Throws SteveError 413 beyond 3 MiB. */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBodyBytes)
      throw new SteveError(413, 'RequestEntityTooLarge', 'the body is larger than 3 MiB');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The body as an object, JSON or (by its content type) YAML. Throws SteveError 422. */
export async function readObject(request: IncomingMessage): Promise<SteveObject> {
  const value = parseBody(await readBody(request), request.headers['content-type'] ?? '');
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidBody('it is not an object');
  return value as SteveObject;
}

/** JSON, or YAML if the content type says so. Throws SteveError 422. */
export function parseBody(text: string, contentType: string): unknown {
  try {
    return contentType.includes('yaml') ? (parse(text) as unknown) : JSON.parse(text);
  } catch (error) {
    throw invalidBody((error as Error).message);
  }
}

const invalidBody = (why: string): SteveError =>
  new SteveError(422, 'InvalidBodyContent', `Failed to parse body: ${why}`);
