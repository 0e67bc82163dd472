import type { KubeObject } from '../object.js';
import { encodeBehindMetadata, encodeWatchEvent } from './protobuf-encode.js';
import { RecentTexts } from './recent-texts.js';

/** Characters of JSON in one of two generations whose encoding is kept; that takes about as many bytes again. */
const GENERATION_CHARS = 1_000_000;

/** What stands behind the metadata of objects, encoded, by its JSON with kind and version before it. */
const encodedRests = new RecentTexts<Uint8Array>(GENERATION_CHARS);

/**
 * A frame of a watch in protobuf, of an object's JSON as `typeHeader` begins it: kind, version, metadata, the rest. The rest
 * is parsed and encoded once for all objects that have it in common, as those of a base have in thousands of clusters.
 *
 * @throws ApiError 406 for kinds that have no protobuf form (those of CRDs)
 */
export function encodeSharedEvent(type: string, text: string): Buffer {
  const [start = '', header = ''] = BEGINNING.exec(text) ?? [];
  const end = start === '' ? -1 : endOfObject(text, start.length - 1);
  if (end < 0) return encodeWatchEvent(type, JSON.parse(text) as KubeObject);
  const object = JSON.parse(`${text.slice(0, end)}}`) as KubeObject;
  return encodeWatchEvent(type, object, encodedRest(header + text.slice(end)));
}

function encodedRest(text: string): Uint8Array {
  const known = encodedRests.get(text);
  if (known !== undefined) return known;
  // A copy: as a part of Node.js' pool of small buffers it would keep 8 KiB of that.
  const encoded = new Uint8Array(encodeBehindMetadata(JSON.parse(text) as KubeObject));
  encodedRests.set(text, encoded);
  return encoded;
}

const BEGINNING = /^(\{"kind":"[^"\\]*","apiVersion":"[^"\\]*"),"metadata":\{/;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/** The place behind the JSON object that begins at `from`; -1 if it has no end. */
function endOfObject(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      do at = text.indexOf('"', at + 1);
      while (at > 0 && isEscaped(text, at));
      if (at < 0) return -1;
    } else if (code === OPEN) depth += 1;
    else if (code === CLOSE) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return -1;
}

/** Whether an odd number of backslashes stands before the place. */
function isEscaped(text: string, at: number): boolean {
  let first = at;
  while (text.charCodeAt(first - 1) === BACKSLASH) first -= 1;
  return (at - first) % 2 === 1;
}
