import { request } from 'node:https';
import { createServer, type Server } from 'node:net';
import { createAuthority, createServerCertificate } from '@scale-cluster/memory-apiserver';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { BackendCluster } from '../../src/backend/backend.js';
import { PortPool } from '../../src/backend/kwok/port-pool.js';
import { PortListeners, type PortListenersOptions } from '../../src/local-access/port-listeners.js';

const authority = createAuthority();
const leaf = createServerCertificate(authority, ['127.0.0.1']);

/** Answers with its name. */
const clusterOf = (name: string): BackendCluster =>
  ({ handle: (_request, response) => void response.end(name) }) as Partial<BackendCluster> as BackendCluster;

let basePort: number;
let listeners: PortListeners;
let ports: Map<string, number>;
let logged: string[];
let later: { delayMs: number; run: () => void }[];
const others: Server[] = [];

const create = (options: Partial<PortListenersOptions> = {}): PortListeners => {
  const log = (_details: object, text = '') => void logged.push(text);
  return new PortListeners({
    pki: { leaf },
    host: '127.0.0.1',
    basePort,
    avoid: [],
    find: clusterOf,
    onPort: (name, port) => ports.set(name, port),
    delay: (_key, delayMs, run) => later.push({ delayMs, run }),
    logger: { debug: log, info: log, warn: log, error: log },
    ...options,
  });
};

beforeEach(async () => {
  [basePort = 0] = await new PortPool({ random: () => Math.random() }).take(1);
  ports = new Map();
  logged = [];
  later = [];
});

afterEach(async () => {
  await listeners.close();
  for (const other of others.splice(0)) other.close();
});

const get = (port: number): Promise<string> =>
  new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path: '/', ca: authority.cert, agent: false }, (response) => {
      let text = String(response.statusCode === 200 ? '' : response.statusCode);
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve(text));
    })
      .on('error', reject)
      .end();
  });

const listening = (...names: string[]) =>
  expect.poll(() => names.every((name) => listeners.port(name) !== undefined)).toBe(true);

const occupy = async (port: number): Promise<void> => {
  const other = createServer().listen(port, '127.0.0.1');
  await new Promise((resolve) => other.once('listening', resolve));
  others.push(other);
};

it('gives each cluster a port, without those of other listeners, where its API answers over HTTPS', async () => {
  listeners = create({ avoid: [basePort + 1] });
  listeners.open('a');
  listeners.open('b');
  listeners.open('a');
  await listening('a', 'b');
  const [a = 0, b = 0] = [ports.get('a'), ports.get('b')];
  expect(b).toBeGreaterThan(a);
  expect([a, b]).not.toContain(basePort + 1);
  expect([await get(a), await get(b)]).toEqual(['a', 'b']);
});

it('answers 503 while the API of the cluster is not there', async () => {
  listeners = create({ find: () => undefined });
  listeners.open('a');
  await listening('a');
  expect(await get(ports.get('a') ?? 0)).toBe('503');
});

it('gives a cluster the port of before, which no other gets meanwhile', async () => {
  listeners = create();
  listeners.reserve([['old', basePort]]);
  listeners.open('new');
  listeners.open('old', basePort);
  await listening('new', 'old');
  expect(ports.get('old')).toBe(basePort);
  expect(ports.get('new')).not.toBe(basePort);
});

it('takes the next port when another program has one, and says so', async () => {
  await occupy(basePort);
  listeners = create();
  listeners.open('a', basePort);
  await listening('a');
  expect(ports.get('a')).toBeGreaterThan(basePort);
  expect(logged[0]).toMatch(/taken by another program/);
});

it('gives the port of a removed cluster to the next', async () => {
  listeners = create();
  listeners.open('a');
  await listening('a');
  const port = ports.get('a');
  listeners.remove('a');
  expect(listeners.port('a')).toBeUndefined();
  listeners.open('b', port);
  await listening('b');
  expect(ports.get('b')).toBe(port);
});

it('starts a listener again that fails, on its port, and says both', async () => {
  const servers: Server[] = [];
  const record: typeof createServer = (...args: unknown[]) => {
    const server = (createServer as (...own: unknown[]) => Server)(...args);
    servers.push(server);
    return server;
  };
  listeners = create({ createServer: record });
  listeners.open('a');
  await listening('a');
  const port = ports.get('a');
  servers.at(-1)?.emit('error', Object.assign(new Error('too many open files'), { code: 'EMFILE' }));
  expect(listeners.port('a')).toBeUndefined();
  expect(logged.at(-1)).toMatch(/failed, will be started again/);
  expect(later).toMatchObject([{ delayMs: 1_000 }]);
  later[0]?.run();
  await listening('a');
  expect(listeners.port('a')).toBe(port);
  expect(await get(port ?? 0)).toBe('a');
  expect(logged.at(-1)).toMatch(/is back/);
});
