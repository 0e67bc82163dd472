import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { decodeProtobuf } from '../../src/codec/protobuf.js';
import { WireReader } from '../../src/codec/wire.js';
import { TestCluster } from './test-cluster.js';
import { playWire, type WireAnswer } from './wire-player.js';
import { setup, steps, watches } from './wire-steps.js';

const recorded = JSON.parse(
  readFileSync(new URL('../fixtures/wire-1.34.json', import.meta.url), 'utf8'),
) as WireAnswer[];

let ours: WireAnswer[];
let cluster: TestCluster;
beforeAll(async () => {
  cluster = await TestCluster.start();
  await playWire(cluster.url, 'admin', setup);
  ours = await playWire(cluster.url, 'admin', steps);
  // Watches end by themselves after a second: all at once.
  ours.push(...(await Promise.all(watches.map((step) => playWire(cluster.url, 'admin', [step])))).flat());
}, 30_000);
afterAll(async () => {
  await cluster.close();
});

/** What differs between two runs of the same server. */
function stable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(stable);
  if (typeof value === 'string')
    return value
      .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UID')
      .replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, 'TIME')
      .replace(/\b(current: |record \()\d+/g, '$1N')
      .replace(/hash=[0-9A-F]+/g, 'hash=HASH');
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => key !== 'managedFields');
  return Object.fromEntries(
    kept.map(([key, item]) =>
      key === 'resourceVersion' || key === 'continue' || key === 'serverAddress'
        ? [key, 'N']
        : [key, stable(item)],
    ),
  );
}

/** The events in length-delimited frames. */
function framesOf(body: Buffer): unknown[] {
  const events: unknown[] = [];
  for (let at = 0; at < body.length;) {
    const end = at + 4 + body.readUInt32BE(at);
    const event = new WireReader(body, at + 4, end);
    event.tag();
    const type = event.string();
    event.tag();
    const raw = event.nested();
    raw.tag();
    events.push({ type, object: decodeProtobuf(raw.view()) });
    at = end;
  }
  return events;
}

function decoded({ headers, body = '' }: WireAnswer): unknown {
  const type = String(headers['content-type'] ?? '');
  if (type.endsWith('protobuf;stream=watch')) return framesOf(Buffer.from(body, 'base64'));
  if (type.startsWith('application/vnd.kubernetes.protobuf'))
    return decodeProtobuf(Buffer.from(body, 'base64'));
  if (type.startsWith('application/yaml')) return parseYaml(body, { version: '1.1' });
  if (!type.startsWith('application/json') || body === '') return body;
  if (!body.startsWith('{"type":')) return JSON.parse(body);
  const lines = body.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as unknown);
}

/** Bookmarks come by the clock, but for the one behind the initial events. */
const isTimed = (event: unknown): boolean => {
  const { type, object } = event as { type?: string; object?: { metadata?: { annotations?: object } } };
  return type === 'BOOKMARK' && object?.metadata?.annotations === undefined;
};

const untimed = (body: unknown): unknown =>
  Array.isArray(body) ? body.filter((event) => !isTimed(event)) : body;

/** What is allowed to differ, and why. */
const ALLOWED: Readonly<Record<string, string>> = {
  'GET /apis/apps/v1/deployments?watch=1&timeoutSeconds=1&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan application/json':
    'an empty Deployment is made of its internal type, in which replicas is no pointer: `replicas: 0`',
};

const comparable = (answer: WireAnswer | undefined): unknown => {
  if (answer === undefined) return undefined;
  const { etag, expires, ...headers } = answer.headers;
  return {
    step: answer.step,
    code: answer.code,
    headers: stable({ ...headers, etag: etag !== undefined, expires: expires !== undefined }),
    ...(answer.body === undefined ? {} : { body: stable(untimed(decoded(answer))) }),
  };
};

describe('like kube-apiserver is answered', () => {
  it.each(recorded.map((answer, index) => [answer.step, answer, index] as const))(
    '%s',
    (_step, answer, index) => {
      if (Object.hasOwn(ALLOWED, answer.step))
        expect(comparable(ours[index])).not.toEqual(comparable(answer));
      else expect(comparable(ours[index])).toEqual(comparable(answer));
    },
  );
});
