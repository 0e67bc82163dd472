import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { duplexPair, type Duplex } from 'node:stream';
import { connect, type TLSSocket } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { certificateHosts } from '../../src/fleet-parts.js';
import { Pki } from '../../src/pki/pki.js';
import { SmallTlsSocket } from '../../src/tunnels/small-tls-socket.js';
import { temporaryFolder } from '../temporary.js';

/** Both ends of a TLS connection in memory, and what the server's end has sent so far. */
async function startPair(): Promise<{ server: SmallTlsSocket; client: TLSSocket; sent: Buffer[] }> {
  const pki = await Pki.open({ folder: join(await temporaryFolder(), 'pki'), hosts: certificateHosts });
  const [near, far] = duplexPair();
  const sent: Buffer[] = [];
  const write = near.write.bind(near) as (chunk: Buffer, ...rest: never[]) => boolean;
  near.write = ((chunk: Buffer, ...rest: never[]) => {
    sent.push(Buffer.from(chunk));
    return write(chunk, ...rest);
  }) as Duplex['write'];
  const server = new SmallTlsSocket(near, { secureContext: pki.secureContext });
  const client = connect({ socket: far, ca: pki.caCert, servername: 'localhost' });
  onTestFinished(() => {
    client.destroy();
    server.destroy();
  });
  await once(client, 'secureConnect');
  return { server, client, sent };
}

/** Content lengths of TLS records (RFC 8446 §5.1: one byte type, two bytes version, two bytes length). */
function recordLengths(bytes: Buffer): number[] {
  const lengths: number[] = [];
  for (let at = 0; at < bytes.length; at += 5 + bytes.readUInt16BE(at + 3)) {
    lengths.push(5 + bytes.readUInt16BE(at + 3));
  }
  return lengths;
}

async function read(socket: TLSSocket, bytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for (let length = 0; length < bytes;) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    chunks.push(chunk);
    length += chunk.length;
  }
  return Buffer.concat(chunks);
}

describe('SmallTlsSocket', () => {
  it('sends all that is written, whatever its size and form', async () => {
    const { server, client } = await startPair();
    for (const size of [1, 999, 1000, 1001, 7999, 8001, 100_000]) {
      const body = randomBytes(size);
      server.write(body);
      expect((await read(client, size)).equals(body)).toBe(true);
    }
    server.cork();
    server.write('é'.repeat(900), 'utf8');
    server.write('x'.repeat(3000), 'latin1');
    server.uncork();
    expect((await read(client, 4800)).toString()).toBe('é'.repeat(900) + 'x'.repeat(3000));
  });

  it('shows the whole handshake and short answers in what fits a buffer of 1 KiB', async () => {
    const { server, client, sent } = await startPair();
    // ServerHello … Finished go in one write.
    expect(sent[0]?.length).toBeGreaterThan(500);
    expect(sent[0]?.length).toBeLessThanOrEqual(1024);
    server.write('session tickets go before it');
    await once(client, 'data');
    sent.length = 0;
    server.write(randomBytes(6000));
    await read(client, 6000);
    const lengths = recordLengths(Buffer.concat(sent));
    expect(Math.max(...lengths)).toBeLessThanOrEqual(1024);
    expect(lengths.reduce((sum, length) => sum + length, 0)).toBeLessThan(6000 * 1.05);
  });

  it('sends long answers in records of the largest size, not in a hundred turns of the event loop', async () => {
    const { server, client, sent } = await startPair();
    sent.length = 0;
    server.write(randomBytes(200_000));
    await read(client, 200_000);
    expect(recordLengths(Buffer.concat(sent)).length).toBeLessThan(20);
  });

  it('fails a write that is under way when the connection ends', async () => {
    const { server, client } = await startPair();
    server.on('error', () => undefined);
    const outcome = new Promise((resolve) => server.write(randomBytes(7000), resolve));
    client.destroy();
    server.destroy();
    expect(await outcome).toBeDefined();
  });
});
