import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Tls13Socket } from '../../src/tls13/tls13-socket.js';
import { SmallTlsSocket } from '../../src/tunnels/small-tls-socket.js';
import { read, tlsPair } from './support.js';

describe('acceptTls', () => {
  it.each(['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'])(
    'does TLS 1.3 itself with %s',
    async (ciphers) => {
      const { client, server } = await tlsPair({ ciphers });
      expect(server).toBeInstanceOf(Tls13Socket);
      expect(client.getProtocol()).toBe('TLSv1.3');
      expect(client.getCipher().name).toBe(ciphers);
      expect(client.authorized).toBe(true);
      client.write('hello');
      expect((await read(server, 5)).toString()).toBe('hello');
      server.write('good day');
      expect((await read(client, 8)).toString()).toBe('good day');
    },
  );

  it('gives a client of TLS 1.2 to node:tls', async () => {
    const { client, server } = await tlsPair({ maxVersion: 'TLSv1.2' });
    expect(server).toBeInstanceOf(SmallTlsSocket);
    client.write('hello');
    expect((await read(server, 5)).toString()).toBe('hello');
  });

  it('is a socket that http serves', async () => {
    const { client, server } = await tlsPair();
    const body = randomBytes(100_000);
    const http = createServer((incoming, response) => {
      incoming.resume();
      incoming.on('end', () => response.end(body));
    });
    onTestFinished(() => void http.close());
    http.emit('connection', server);
    for (let count = 0; count < 3; count += 1) {
      const sent = request({
        createConnection: () => client,
        method: 'POST',
        path: '/',
        headers: { host: 'x' },
      });
      sent.end(randomBytes(50_000));
      const [response] = (await once(sent, 'response')) as [NodeJS.ReadableStream];
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      expect(Buffer.concat(chunks).equals(body)).toBe(true);
      break;
    }
  });
});
