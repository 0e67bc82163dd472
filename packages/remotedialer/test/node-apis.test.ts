import { once } from 'node:events';
import { createServer, get, request, Agent } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { connect as tlsConnect, TLSSocket } from 'node:tls';
import { Agent as UndiciAgent, fetch as undiciFetch } from 'undici';
import { expect, onTestFinished, test } from 'vitest';
import { TunnelClient, tunnelAgent, undiciConnector, type Connection } from '../src/index.js';
import { makeCertificate } from './helpers/certificate.js';
import { startPair } from './helpers/tunnel.js';

const { key, cert } = await makeCertificate('cluster.test');

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
  const req = request({
    method: 'POST',
    path: '/',
    createConnection: () => asSocket(tunnels.dial('alice', 'tcp', 'x:80')),
  });
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
  const secure = tlsConnect({
    socket: asSocket(tunnels.dial('alice', 'tcp', 'cluster.test:443')),
    ca: cert,
    servername: 'cluster.test',
  });
  await once(secure, 'secureConnect');
  const req = get({ path: '/secure', createConnection: () => secure });
  const [response] = await once(req, 'response');
  expect(await text(response)).toBe('GET /secure ');
});

test('tunnelAgent() is an http.Agent whose requests go through a tunnel', async () => {
  const asked: string[] = [];
  const { tunnels } = await startPair((connection, { address }) => {
    asked.push(address);
    hello.emit('connection', connection);
  });
  const agent = tunnelAgent(tunnels.dialer('alice'), { keepAlive: true });
  onTestFinished(() => agent.destroy());
  for (const url of ['http://10.43.0.1:8080/a', 'http://[fd00::1]/b']) {
    const [response] = await once(get(url, { agent }), 'response');
    expect(await text(response)).toBe(`GET ${new URL(url).pathname} `);
  }
  expect(asked).toEqual(['10.43.0.1:8080', '[fd00::1]:80']);
});

test('undiciConnector() takes fetch through a tunnel, with TLS inside for https', async () => {
  const { tunnels } = await startPair((connection, { address }) => {
    if (address.endsWith(':80')) hello.emit('connection', connection);
    else hello.emit('connection', new TLSSocket(asSocket(connection), { isServer: true, key, cert }));
  });
  const dispatcher = new UndiciAgent({ connect: undiciConnector(tunnels.dialer('alice'), { ca: cert }) });
  onTestFinished(() => dispatcher.destroy());
  const post = (url: string): Promise<string> =>
    undiciFetch(url, { method: 'POST', body: 'data', dispatcher }).then((response) => response.text());
  expect(await post('http://cluster.test/plain')).toBe('POST /plain data');
  expect(await post('https://cluster.test/secure')).toBe('POST /secure data');
  await expect(undiciFetch('https://wrong.test/', { dispatcher })).rejects.toThrow();
});

test('a tunnel over wss: the CA decides whether the server is trusted', async () => {
  const { tunnels } = await startPair(() => undefined);
  const secure = createHttpsServer({ key, cert });
  secure.on('upgrade', (req, socket, head) => tunnels.handleUpgrade(req, socket, head));
  secure.listen(0, '127.0.0.1');
  await once(secure, 'listening');
  onTestFinished(() => void secure.close());
  const endpoint = () => ({
    url: `wss://127.0.0.1:${(secure.address() as AddressInfo).port}/`,
    headers: { 'x-tunnel-id': 'secure' },
  });
  const connect = (tls: object): TunnelClient => {
    const client = new TunnelClient({
      endpoint,
      onConnect: (connection) => void connection.pipe(connection),
      tls,
    });
    onTestFinished(() => client.destroy());
    client.start();
    return client;
  };
  const [refused] = (await once(connect({}), 'attemptFailed')) as [NodeJS.ErrnoException];
  expect(refused.code).toMatch(/SELF_SIGNED/);
  await once(connect({ ca: cert }), 'connected');
  const echo = tunnels.dial('secure', 'tcp', 'x:1');
  echo.write('over TLS');
  expect(String((await once(echo, 'data'))[0])).toBe('over TLS');
});

test('a tunnel over wss: each connection looks for its name in the certificate that it is shown', async () => {
  const { tunnels } = await startPair(() => undefined);
  const other = await makeCertificate('other.test', '127.0.0.2');
  const secure = createHttpsServer({ key, cert });
  secure.on('upgrade', (req, socket, head) => tunnels.handleUpgrade(req, socket, head));
  secure.listen(0, '127.0.0.1');
  await once(secure, 'listening');
  onTestFinished(() => void secure.close());
  const { port } = secure.address() as AddressInfo;
  const outcome = async (host: string): Promise<unknown> => {
    const client = new TunnelClient({
      endpoint: () => ({ url: `wss://${host}:${port}/`, headers: { 'x-tunnel-id': 'named' } }),
      onConnect: () => undefined,
      tls: { ca: `${cert}\n${other.cert}` },
    });
    onTestFinished(() => client.destroy());
    client.start();
    return Promise.race([
      once(client, 'connected').then(() => 'connected'),
      once(client, 'attemptFailed').then(([error]) => (error as NodeJS.ErrnoException).code),
    ]);
  };
  expect(await outcome('127.0.0.1')).toBe('connected');
  expect(await outcome('127.0.0.1')).toBe('connected');
  expect(await outcome('localhost')).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
  expect(await outcome('127.0.0.1')).toBe('connected');
  secure.setSecureContext({ key: other.key, cert: other.cert });
  expect(await outcome('127.0.0.1')).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
});

test('a socket look-alike: addresses, timeouts, and the calls that have nothing to do', async () => {
  const { tunnels } = await startPair(() => undefined);
  const connection = tunnels.dial('alice', 'tcp', '[fd00::1]:6443');
  expect(connection).toMatchObject({
    remoteAddress: 'fd00::1',
    remotePort: 6443,
    remoteFamily: 'IPv6',
    connecting: false,
  });
  expect(connection.setNoDelay().setKeepAlive().ref().unref()).toBe(connection);
  expect(connection.readyState).toBe('open');
  connection.setTimeout(5);
  await once(connection, 'timeout');
  expect(connection.destroyed).toBe(false);
  connection.setTimeout(0);
  connection.destroySoon();
  await once(connection, 'close');
  expect(connection.readyState).toBe('closed');
});
