import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';
import {
  decodeMessage,
  encodeAddClient,
  encodeConnect,
  encodeRemoveClient,
  formatMessage,
} from '../src/index.js';
import { frame, rawClient } from './helpers/raw-websocket.js';
import { startClient, startServer, type TestServer } from './helpers/tunnel.js';

/** Two servers that know each other. */
async function startPeers(): Promise<[TestServer, TestServer]> {
  const left = await startServer({ peer: { id: '10.0.0.1', token: 'left-token' } });
  const right = await startServer({ peer: { id: '10.0.0.2', token: 'right-token' } });
  left.tunnels.addPeer({ id: '10.0.0.2', token: 'right-token', url: right.url });
  right.tunnels.addPeer({ id: '10.0.0.1', token: 'left-token', url: left.url });
  return [left, right];
}

test('a client of one server can be dialled through the other', async () => {
  const [left, right] = await startPeers();
  await startClient(left.url, (connection, { protocol, address }) =>
    connection.end(`${protocol} ${address}`),
  );
  await expect.poll(() => right.tunnels.hasSession('alice')).toBe(true);
  expect(right.tunnels.clients()).toEqual([]);
  expect(await text(right.tunnels.dial('alice', 'tcp', '10.43.0.1:443'))).toBe('tcp 10.43.0.1:443');
});

test('clients that were there before the peer are announced too, and withdrawn when they leave', async () => {
  const left = await startServer({ peer: { id: 'l', token: 'lt' } });
  const client = await startClient(left.url, (connection) => connection.end('hi'));
  const right = await startServer({ peer: { id: 'r', token: 'rt' } });
  right.tunnels.addPeer({ id: 'l', token: 'lt', url: left.url });
  left.tunnels.addPeer({ id: 'r', token: 'rt', url: right.url });
  await expect.poll(() => right.tunnels.hasSession('alice')).toBe(true);
  await client.close();
  await expect.poll(() => right.tunnels.hasSession('alice')).toBe(false);
});

test('an own session is preferred to one of a peer', async () => {
  const [left, right] = await startPeers();
  await startClient(left.url, (connection) => connection.end('left'));
  await expect.poll(() => right.tunnels.hasSession('alice')).toBe(true);
  await startClient(right.url, (connection) => connection.end('right'));
  expect(await text(right.tunnels.dial('alice', 'tcp', 'x:1'))).toBe('right');
});

test('bytes flow both ways through a peer, and errors come through with their text', async () => {
  const [left, right] = await startPeers();
  await startClient(left.url, (connection, { address }) => {
    if (address === 'echo:1') connection.pipe(connection);
    else connection.destroy(new Error('dial tcp x:1: connect: connection refused'));
  });
  await expect.poll(() => right.tunnels.hasSession('alice')).toBe(true);
  const echo = right.tunnels.dial('alice', 'tcp', 'echo:1');
  const body = 'abc'.repeat(100_000);
  let answer = '';
  echo.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk));
  echo.write(body);
  await expect.poll(() => answer.length).toBe(body.length);
  expect(answer).toBe(body);
  const [error] = (await once(right.tunnels.dial('alice', 'tcp', 'x:1'), 'error')) as [Error];
  expect(error.message).toBe('dial tcp x:1: connect: connection refused');
});

/** A bare peer link to `server`, whose announcements the test makes itself. */
async function rawLink(): Promise<{
  server: TestServer;
  send: (...messages: Buffer[]) => void;
  closed: Promise<unknown>;
}> {
  const server = await startServer({ peer: { id: 'me', token: 'mine' } });
  server.tunnels.addPeer({ id: 'raw', token: 'secret', url: 'ws://127.0.0.1:1/' });
  const socket = await rawClient(server.url, { 'x-api-tunnel-id': 'raw', 'x-api-tunnel-token': 'secret' });
  const closed = once(socket.resume(), 'close');
  const send = (...messages: Buffer[]): void => {
    for (const message of messages) socket.write(frame(2, message, { client: true }));
  };
  return { server, send, closed };
}

test('29: session keys beyond 2^53 are told apart', async () => {
  const { server, send } = await rawLink();
  send(encodeAddClient('bob', '9223372036854775806'), encodeAddClient('bob', '9223372036854775807'));
  await expect.poll(() => server.tunnels.hasSession('bob')).toBe(true);
  send(encodeRemoveClient('bob', '9223372036854775806'), encodeAddClient('carol', '1'));
  await expect.poll(() => server.tunnels.hasSession('carol')).toBe(true);
  expect(server.tunnels.hasSession('bob')).toBe(true);
  send(encodeRemoveClient('bob', '9223372036854775807'));
  await expect.poll(() => server.tunnels.hasSession('bob')).toBe(false);
});

test('22: a malformed announcement ends the link', async () => {
  const { send, closed } = await rawLink();
  send(encodeAddClient('bob', 'not-a-number'));
  await closed;
});

test('a peer with a wrong token is left to the authorizer', async () => {
  const [left] = await startPeers();
  const headers = { 'x-api-tunnel-id': '10.0.0.2', 'x-api-tunnel-token': 'wrong', 'x-tunnel-id': 'mallory' };
  const session = once(left.tunnels, 'session');
  await rawClient(left.url, headers);
  expect((await session)[0]).toBe('mallory');
});

test('a dial over a link for a client that is not there, or without a client, fails with the Go text', async () => {
  const http = createServer().listen(0, '127.0.0.1');
  await once(http, 'listening');
  onTestFinished(() => void http.close());
  // The other end of the link, bare: what the server answers to dials on it is what counts.
  const answers: string[] = [];
  const sockets = new WebSocketServer({ server: http });
  const server = await startServer({ peer: { id: 'me', token: 'mine' } });
  const linked = once(sockets, 'connection');
  server.tunnels.addPeer({
    id: 'raw',
    token: 't',
    url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}/`,
  });
  const [link] = (await linked) as [WebSocket];
  link.on('message', (data: Buffer) => answers.push(formatMessage(decodeMessage(data))));
  link.send(encodeConnect(2, 'ghost::tcp', 'x:1'));
  link.send(encodeConnect(3, 'tcp', 'x:1'));
  await expect
    .poll(() => answers)
    .toEqual(['Error 2 "failed to find Session for client ghost"', 'Error 3 "invalid clientKey/proto: tcp"']);
});

test('removePeer() ends both links', async () => {
  const [left, right] = await startPeers();
  await startClient(left.url, (connection) => connection.end());
  await expect.poll(() => right.tunnels.hasSession('alice')).toBe(true);
  right.tunnels.removePeer('10.0.0.1');
  await expect.poll(() => right.tunnels.hasSession('alice')).toBe(false);
});

test('addPeer() without an identity is refused', async () => {
  const { tunnels, url } = await startServer();
  expect(() => tunnels.addPeer({ id: 'x', token: 'y', url })).toThrow('peer');
});
