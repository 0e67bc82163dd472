import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, Agent, request, type IncomingMessage } from 'node:http';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Alert, TlsAlertError } from '../../src/tls13/alerts.js';
import { ContentType } from '../../src/tls13/records.js';
import { keyedPair, read, tlsPair, type KeyedPair } from './support.js';

const keyUpdate = (request: number): Buffer => Buffer.from([24, 0, 0, 1, request]);

/** The alert that the server sends and the error that its socket ends with must be the same. */
async function expectFailure(pair: KeyedPair, alert: number): Promise<void> {
  const failed = once(pair.server, 'error') as Promise<[TlsAlertError]>;
  const sent = await pair.receive();
  expect(sent).toEqual({ type: ContentType.alert, content: Buffer.from([2, alert]) });
  const [error] = await failed;
  expect(error).toBeInstanceOf(TlsAlertError);
  expect(error.alert).toBe(alert);
  expect(pair.server.destroyed).toBe(true);
}

describe('Tls13Socket', () => {
  it('carries any data in any pieces both ways, with Node’s client', async () => {
    const { client, server } = await tlsPair();
    const pieces = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40_000 }), {
      minLength: 1,
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(pieces, pieces, fc.boolean(), async (up, down, corked) => {
        const [sent, answered] = [Buffer.concat(up), Buffer.concat(down)];
        if (corked) server.cork();
        for (const piece of up) client.write(piece);
        for (const piece of down) server.write(piece);
        if (corked) server.uncork();
        const [atServer, atClient] = await Promise.all([
          read(server, sent.length),
          read(client, answered.length),
        ]);
        expect(atServer.equals(sent)).toBe(true);
        expect(atClient.equals(answered)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('joins what is written while corked to one record', async () => {
    const { server, receive } = keyedPair();
    server.cork();
    server.write('HTTP/1.1 200 OK\r\n\r\n', 'latin1');
    server.write('é', 'utf8');
    server.uncork();
    expect((await receive()).content.toString()).toBe('HTTP/1.1 200 OK\r\n\r\né');
  });

  it('cuts long writes into records of the largest size, a few at a time', async () => {
    const { server, receive } = keyedPair();
    const body = randomBytes(200_000);
    let written = false;
    server.write(body, () => (written = true));
    const parts: Buffer[] = [];
    parts.push((await receive()).content);
    expect(parts[0]?.length).toBe(16_384);
    expect(written).toBe(false);
    while (parts.reduce((sum, part) => sum + part.length, 0) < body.length)
      parts.push((await receive()).content);
    expect(Buffer.concat(parts).equals(body)).toBe(true);
    expect(parts.length).toBe(Math.ceil(200_000 / 16_384));
  });

  it('doesn’t read on while its reader doesn’t', async () => {
    const { server, far, send } = keyedPair();
    const record = randomBytes(16_000);
    let [sent, full] = [0, false];
    while (!full) {
      send(ContentType.applicationData, record);
      sent += record.length;
      full = far.writableNeedDrain;
      await new Promise(setImmediate);
    }
    expect(server.readableLength).toBeLessThanOrEqual(2 * 16_384);
    expect(sent).toBeLessThan(200_000);
    expect((await read(server, sent)).length).toBe(sent);
  });

  it('ends both ways with close_notify, whoever begins', async () => {
    const first = await tlsPair();
    const closed = Promise.all([once(first.client, 'end'), once(first.server, 'close')]);
    first.client.once('end', () => first.client.end());
    first.server.resume();
    first.server.end('bye');
    expect((await read(first.client, 3)).toString()).toBe('bye');
    await closed;

    const second = keyedPair();
    second.send(ContentType.applicationData, Buffer.from('last'));
    second.send(ContentType.alert, Buffer.from([1, Alert.closeNotify]));
    second.send(ContentType.applicationData, Buffer.from('behind the end'));
    const chunks: Buffer[] = [];
    second.server.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      second.server.write('answer');
    });
    await once(second.server, 'end');
    expect(Buffer.concat(chunks).toString()).toBe('last');
    expect((await second.receive()).content.toString()).toBe('answer');
    expect(await second.receive()).toEqual({ type: ContentType.alert, content: Buffer.from([1, 0]) });
  });

  it('goes over to the client’s new keys, and answers a thousand requests for its own with one', async () => {
    const { server, far, toServer, fromServer, send, receive } = keyedPair();
    for (let count = 0; count < 1000; count += 1) {
      send(ContentType.handshake, keyUpdate(1));
      toServer.update();
    }
    send(ContentType.applicationData, Buffer.from('new'));
    expect((await read(server, 3)).toString()).toBe('new');
    expect(far.readableLength).toBe(0);
    server.write('one');
    expect(await receive()).toEqual({ type: ContentType.handshake, content: keyUpdate(0) });
    fromServer.update();
    expect((await receive()).content.toString()).toBe('one');
    server.write('two');
    expect((await receive()).content.toString()).toBe('two');
  });

  it('takes a KeyUpdate in two records, with nothing between them', async () => {
    const pair = keyedPair();
    pair.send(ContentType.handshake, keyUpdate(0).subarray(0, 2));
    pair.send(ContentType.handshake, keyUpdate(0).subarray(2));
    pair.toServer.update();
    pair.send(ContentType.applicationData, Buffer.from('new'));
    expect((await read(pair.server, 3)).toString()).toBe('new');
    pair.send(ContentType.handshake, keyUpdate(0).subarray(0, 2));
    pair.send(ContentType.applicationData, Buffer.from('between'));
    await expectFailure(pair, Alert.unexpectedMessage);
  });

  it('renews its keys by itself after so many records', async () => {
    const { server, receive, fromServer } = keyedPair(2);
    for (const text of ['a', 'b', 'c']) server.write(text);
    expect((await receive()).content.toString()).toBe('a');
    expect((await receive()).content.toString()).toBe('bc');
    server.write('d');
    expect(await receive()).toEqual({ type: ContentType.handshake, content: keyUpdate(0) });
    fromServer.update();
    expect((await receive()).content.toString()).toBe('d');
  });

  it.each<[string, number, number, Buffer]>([
    ['another handshake message', Alert.unexpectedMessage, ContentType.handshake, Buffer.from([1, 0, 0, 0])],
    ['a KeyUpdate of no known kind', Alert.illegalParameter, ContentType.handshake, keyUpdate(2)],
    ['a KeyUpdate without content', Alert.decodeError, ContentType.handshake, Buffer.from([24, 0, 0, 0])],
    [
      'a handshake message that is too long',
      Alert.decodeError,
      ContentType.handshake,
      Buffer.from([24, 0, 0, 2]),
    ],
    [
      'something behind a KeyUpdate',
      Alert.unexpectedMessage,
      ContentType.handshake,
      Buffer.from([24, 0, 0, 1, 0, 9]),
    ],
    ['an empty handshake record', Alert.unexpectedMessage, ContentType.handshake, Buffer.alloc(0)],
    ['half an alert', Alert.decodeError, ContentType.alert, Buffer.from([2])],
    ['a protected ChangeCipherSpec', Alert.unexpectedMessage, ContentType.changeCipherSpec, Buffer.from([1])],
  ])('ends the connection with the right alert after %s', async (_what, alert, type, content) => {
    const pair = keyedPair();
    pair.send(type, content);
    await expectFailure(pair, alert);
  });

  it('ends the connection with the right alert when records are not the client’s, or not protected', async () => {
    const changed = keyedPair();
    const record = changed.toServer.seal(ContentType.applicationData, [Buffer.from('x')], 1);
    record[7] = (record[7] ?? 0) ^ 1;
    changed.far.write(record);
    await expectFailure(changed, Alert.badRecordMac);

    const plain = keyedPair();
    plain.far.write(Buffer.from([ContentType.alert, 3, 3, 0, 2, 1, 0]));
    await expectFailure(plain, Alert.unexpectedMessage);
  });

  it('is destroyed by an alert of the client, without an answer, and waits after user_canceled', async () => {
    const { server, far, send } = keyedPair();
    send(ContentType.applicationData, Buffer.alloc(0));
    send(ContentType.alert, Buffer.from([1, Alert.userCanceled]));
    send(ContentType.applicationData, Buffer.from('more'));
    expect((await read(server, 4)).toString()).toBe('more');
    const failed = once(server, 'error') as Promise<[TlsAlertError]>;
    send(ContentType.alert, Buffer.from([2, 80]));
    expect((await failed)[0].received).toBe(true);
    expect(far.readableLength).toBe(0);
  });

  it('ends when the connection ends without close_notify, and is destroyed with it', async () => {
    const ended = keyedPair();
    ended.send(ContentType.applicationData, Buffer.from('last'));
    ended.far.end();
    const end = once(ended.server, 'end');
    expect((await read(ended.server, 4)).toString()).toBe('last');
    await end;

    const { server, near } = await tlsPair();
    const closed = once(server, 'close');
    near.destroy(new Error('tunnel lost'));
    await closed.catch(() => undefined);
    expect(server.destroyed).toBe(true);
  });

  it('serves many requests of a kept connection', async () => {
    const { client, server } = await tlsPair();
    const http = createServer((incoming, response) => {
      incoming.resume().on('end', () => response.end(`${incoming.url} ${'x'.repeat(40_000)}`));
    });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    agent.createConnection = () => client;
    onTestFinished(() => {
      agent.destroy();
      http.close();
    });
    http.emit('connection', server);
    for (const path of ['/a', '/b', '/c']) {
      const sent = request({ agent, method: 'POST', path, headers: { host: 'x' } });
      sent.end(randomBytes(50_000));
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      let body = '';
      for await (const chunk of response) body += String(chunk);
      expect(body).toBe(`${path} ${'x'.repeat(40_000)}`);
    }
  });
});
