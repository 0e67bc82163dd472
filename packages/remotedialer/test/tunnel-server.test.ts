import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { goMetrics, InvalidAddressError, SessionNotFoundError, TunnelClient } from '../src/index.js';
import { rawClient } from './helpers/raw-websocket.js';
import { startClient, startPair, startServer } from './helpers/tunnel.js';

const keep = (): void => undefined;

test('a dial for an unknown client throws with the text that Rancher matches', async () => {
  const { tunnels } = await startServer();
  expect(() => tunnels.dial('c-abc12', 'tcp', 'x:1')).toThrow(SessionNotFoundError);
  expect(() => tunnels.dial('c-abc12', 'tcp', 'x:1')).toThrow('failed to find Session for client c-abc12');
});

test('8: by default only dials that a Rancher agent allows are sent', async () => {
  const { tunnels } = await startPair(keep);
  expect(() => tunnels.dial('alice', 'udp', 'x:1')).toThrow(InvalidAddressError);
  expect(() => tunnels.dial('alice', 'unix', '/etc/passwd')).toThrow(InvalidAddressError);
  expect(tunnels.dial('alice', 'unix', '/var/run/docker.sock').protocol).toBe('unix');
});

test('allowDial replaces that rule', async () => {
  const { tunnels, url } = await startServer({ allowDial: ({ protocol }) => protocol === 'greeting' });
  await startClient(url, (connection, { protocol, address }) => connection.end(`${protocol}, ${address}`));
  expect(await text(tunnels.dial('alice', 'greeting', 'world'))).toBe('greeting, world');
  expect(() => tunnels.dial('alice', 'tcp', 'x:1')).toThrow(InvalidAddressError);
});

test('17: with several sessions of one key the newest is dialled, and the older one takes over when it ends', async () => {
  const { tunnels, url } = await startServer();
  await startClient(url, (connection) => connection.end('first'));
  const second = await startClient(url, (connection) => connection.end('second'));
  expect(await text(tunnels.dial('alice', 'tcp', 'x:1'))).toBe('second');
  await second.close();
  await expect.poll(async () => text(tunnels.dial('alice', 'tcp', 'x:1'))).toBe('first');
});

test('29: sessions of one agent may overlap while it restarts: the new one is dialled, and the end of the old one ends only its own streams', async () => {
  const { tunnels, url } = await startServer();
  const ids: string[] = [];
  tunnels.on('session', (_key, id) => ids.push(id));
  // The old one's machine has lost power: its socket stays open, and nothing comes from it ever again.
  const old = await rawClient(url);
  await expect.poll(() => ids.length).toBe(1);
  const stranded = tunnels.dial('alice', 'tcp', 'x:1');
  const failed = once(stranded, 'error');
  await startClient(url, (connection) => connection.pipe(connection));
  await expect.poll(() => ids.length).toBe(2);
  const stream = tunnels.dial('alice', 'tcp', 'x:1');
  stream.write('to the new one');
  expect(String((await once(stream, 'data'))[0])).toBe('to the new one');
  const ended = once(tunnels, 'sessionEnd');
  old.destroy();
  expect((await ended).slice(0, 2)).toEqual(['alice', ids[0]]);
  expect(((await failed)[0] as Error).message).toBe('tunnel disconnect');
  expect(tunnels.hasSession('alice')).toBe(true);
  stream.write('still');
  expect(String((await once(stream, 'data'))[0])).toBe('still');
  expect(ids[0]).not.toBe(ids[1]);
});

test('dialer() is bound to one client', async () => {
  const { tunnels, url } = await startServer();
  for (const key of ['a', 'b']) await startClient(url, (connection) => connection.end(key), { key });
  expect(await text(tunnels.dialer('a')('tcp', 'x:1'))).toBe('a');
  expect(await text(tunnels.dialer('b')('tcp', 'x:1'))).toBe('b');
  expect(tunnels.clients().sort()).toEqual(['a', 'b']);
});

test('disconnect() ends the sessions of a key: graceful without an error, cut like a broken network', async () => {
  const { tunnels, url } = await startServer();
  const errors: unknown[] = [];
  tunnels.on('sessionEnd', (_key, _id, error) => errors.push(error));
  const client = await startClient(url, keep);
  const again = once(client, 'connected');
  expect(tunnels.disconnect('alice', 'graceful')).toBe(1);
  await again;
  await expect.poll(() => tunnels.hasSession('alice')).toBe(true);
  expect(tunnels.disconnect('alice', 'cut')).toBe(1);
  await expect.poll(() => errors).toEqual([undefined, undefined]);
  expect(tunnels.disconnect('nobody')).toBe(0);
});

test('clients may dial when the server allows it, each under its own key', async () => {
  const { url } = await startServer({
    onConnect: (connection, { address }, clientKey) => connection.end(`${clientKey} asked for ${address}`),
  });
  const client = await startClient(url, keep);
  expect(await text(client.dial('tcp', 'x:1'))).toBe('alice asked for x:1');
});

test('without that a dial of a client is refused and its session lives on', async () => {
  const { client, tunnels } = await startPair((connection) => connection.end('fine'));
  const [error] = (await once(client.dial('tcp', 'x:1'), 'error')) as [Error];
  expect(error.message).toBe('connect not allowed');
  expect(await text(tunnels.dial('alice', 'tcp', 'x:1'))).toBe('fine');
});

test('close() ends all sessions, and later upgrades are refused', async () => {
  const { tunnels, url } = await startServer();
  const client = await startClient(url, keep, { backoff: { initialMs: 1, maxMs: 1 } });
  const failed = once(client, 'attemptFailed');
  await tunnels.close();
  expect(tunnels.clients()).toEqual([]);
  expect(String((await failed)[0])).toContain('503');
});

test('a client that is gone before the authorizer answers leaves no session behind', async () => {
  let allow: (value: { clientKey: string }) => void = keep;
  const { url, tunnels, http } = await startServer({
    authorize: () => new Promise((resolve) => (allow = resolve)),
  });
  const upgrade = once(http, 'upgrade');
  const client = new TunnelClient({ endpoint: () => ({ url, headers: {} }), onConnect: keep });
  client.start();
  await upgrade;
  client.destroy();
  const ended = once(tunnels, 'sessionEnd');
  allow({ clientKey: 'late' });
  await ended;
  expect(tunnels.hasSession('late')).toBe(false);
});

test('stats() adds up living and ended sessions; goMetrics() names them as Go does', async () => {
  const { tunnels, client } = await startPair((connection) => connection.pipe(connection));
  const connection = tunnels.dial('alice', 'tcp', 'echo:7');
  connection.write('12345');
  await once(connection, 'data');
  expect(tunnels.stats()).toMatchObject({
    sessions: 1,
    connections: 1,
    connectionsOpened: 1,
    bytesSent: 5,
    bytesReceived: 5,
  });
  await client.close();
  await expect.poll(() => tunnels.stats().sessions).toBe(0);
  expect(tunnels.stats()).toMatchObject({
    sessionsOpened: 1,
    sessionsEnded: 1,
    connectionsClosed: 1,
    bytesSent: 5,
  });
  expect(goMetrics(tunnels.stats())).toMatchObject({
    session_server_total_add_websocket_session: 1,
    session_server_total_transmit_bytes: 5,
  });
});
