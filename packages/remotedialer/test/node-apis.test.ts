import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, get, request, Agent } from 'node:http';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { connect as tlsConnect, TLSSocket } from 'node:tls';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { Connection } from '../src/index.js';
import { startPair } from './helpers/tunnel.js';

let key: string;
let cert: string;

beforeAll(() => {
  const folder = mkdtempSync(join(tmpdir(), 'remotedialer-'));
  const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const args = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=cluster.test';
  execFileSync('openssl', [...args.split(' '), '-addext', 'subjectAltName=DNS:cluster.test', '-keyout', keyFile, '-out', certFile], { stdio: 'ignore' });
  [key, cert] = [readFileSync(keyFile, 'utf8'), readFileSync(certFile, 'utf8')];
  rmSync(folder, { recursive: true });
});

const hello = createServer((req, res) => {
  void text(req).then((body) => res.end(`${req.method} ${req.url} ${body}`));
});

/** A connection in the place where Node's types want a net.Socket. */
const asSocket = (connection: Connection): Socket => connection as unknown as Socket;

test('an http server in process answers over a connection, keep-alive included', async () => {
  const { tunnels } = await startPair((connection) => hello.emit('connection', connection));
  let dials = 0;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  agent.createConnection = (): Socket => {
    dials++;
    return asSocket(tunnels.dial('alice', 'tcp', 'not-used:80'));
  };
  for (const path of ['/ping', '/pong']) {
    const [response] = await once(get({ path, agent }), 'response');
    expect(await text(response)).toBe(`GET ${path} `);
  }
  expect(dials).toBe(1);
  agent.destroy();
});

test('http.request works with createConnection and a large body', async () => {
  const { tunnels } = await startPair((connection) => hello.emit('connection', connection));
  const req = request({ method: 'POST', path: '/', createConnection: () => asSocket(tunnels.dial('alice', 'tcp', 'x:80')) });
  const body = 'a'.repeat(300_000);
  req.end(body);
  const [response] = await once(req, 'response');
  expect(await text(response)).toBe(`POST / ${body}`);
});

test('TLS runs over a connection on both ends: TLSSocket as server, tls.connect({socket}) as client', async () => {
  const { tunnels } = await startPair((connection) => {
    const secure = new TLSSocket(asSocket(connection), { isServer: true, key, cert });
    hello.emit('connection', secure);
  });
  const secure = tlsConnect({ socket: asSocket(tunnels.dial('alice', 'tcp', 'cluster.test:443')), ca: cert, servername: 'cluster.test' });
  await once(secure, 'secureConnect');
  const req = get({ path: '/secure', createConnection: () => secure });
  const [response] = await once(req, 'response');
  expect(await text(response)).toBe('GET /secure ');
});
