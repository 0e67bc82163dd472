import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { duplexPair, type Duplex } from 'node:stream';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { onTestFinished } from 'vitest';
import { createAuthority, createLeaf, type KeyPairPem } from '../../src/pki/certificates.js';
import { ServerIdentity } from '../../src/pki/server-identity.js';
import { acceptTls } from '../../src/tls13/accept-tls.js';
import { TlsAlertError } from '../../src/tls13/alerts.js';
import { uint16s, vector } from '../../src/tls13/messages.js';
import { RecordReader } from '../../src/tls13/record-reader.js';
import { cipherSuites, type CipherSuite } from '../../src/tls13/suites.js';
import { Tls13Socket } from '../../src/tls13/tls13-socket.js';
import { TrafficKeys, type Opened } from '../../src/tls13/traffic-keys.js';

const now = Date.now();
export const authority: KeyPairPem = await createAuthority('test', now);
export const leaf: KeyPairPem = await createLeaf(authority, {
  hosts: ['localhost', '10.43.0.1', '127.0.0.1'],
  days: 7,
  now,
});
export const identity = new ServerIdentity(leaf);

/** Both ends of a TLS connection in memory: Node's client, and what acceptTls gave. */
export interface TlsPair {
  client: TLSSocket;
  server: Duplex;
  /** Below the server's TLS. */
  near: Duplex;
}

/** Connects Node's client to acceptTls; resolves when both have finished the handshake. */
export async function tlsPair(
  options: ConnectionOptions = {},
  protocols: readonly string[] = ['http/1.1'],
): Promise<TlsPair> {
  const [near, far] = duplexPair();
  const accepted = new Promise<Duplex>((resolve) => acceptTls(near, { identity, protocols }, resolve));
  const client = connect({ socket: far, ca: authority.cert, servername: 'localhost', ...options });
  onTestFinished(() => {
    client.destroy();
    near.destroy();
  });
  const [server] = await Promise.all([accepted, once(client, 'secureConnect')]);
  server.on('error', () => undefined);
  return { client, server, near };
}

/** Reads exactly so many bytes. */
export async function read(from: Duplex, bytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  await new Promise<void>((resolve, reject) => {
    const take = (chunk: Buffer): void => {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= bytes) done();
    };
    const fail = (): void => reject(new Error(`closed after ${length} of ${bytes} bytes`));
    const done = (): void => {
      from.off('data', take).off('close', fail);
      resolve();
    };
    from.on('data', take).once('close', fail);
  });
  return Buffer.concat(chunks);
}

export const suite: CipherSuite = cipherSuites.get(0x1301) ?? raise();

function raise(): never {
  throw new Error('TLS_AES_128_GCM_SHA256 is missing');
}

/** The alert that `act` throws, or undefined if it doesn't. */
export function alertOf(act: () => unknown): number | undefined {
  try {
    act();
  } catch (error) {
    if (error instanceof TlsAlertError) return error.alert;
    throw error;
  }
  return undefined;
}

/** The bytes in pieces of these sizes, the rest in one. */
export function chunked(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let at = 0;
  for (const size of sizes) {
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return [...chunks, bytes.subarray(at)];
}

export interface HelloChanges {
  versions?: number[];
  suites?: number[];
  groups?: number[];
  signatures?: number[];
  compression?: number[];
  shares?: { group: number; key: Buffer }[];
  protocols?: string[];
  extra?: { type: number; content: Buffer };
}

/** The body of a ClientHello that would do, but for the changes. */
export function helloBody(changes: HelloChanges): Buffer {
  const shares = changes.shares ?? [{ group: 0x1d, key: Buffer.alloc(32, 9) }];
  const entries = shares.map(({ group, key }) => Buffer.concat([uint16s(group), vector(2, key)]));
  let body: Buffer = Buffer.concat([
    uint16s(0x0303),
    Buffer.alloc(32, 7),
    vector(1, Buffer.alloc(32, 8)),
    vector(2, uint16s(...(changes.suites ?? [0x1301]))),
    vector(1, Buffer.from(changes.compression ?? [0])),
    vector(2),
  ]);
  body = withExtension(body, 43, vector(1, uint16s(...(changes.versions ?? [0x0304]))));
  body = withExtension(body, 10, vector(2, uint16s(...(changes.groups ?? [0x1d]))));
  body = withExtension(body, 13, vector(2, uint16s(...(changes.signatures ?? [0x0403]))));
  body = withExtension(body, 51, vector(2, ...entries));
  if (changes.protocols !== undefined) {
    const names = changes.protocols.map((name) => vector(1, Buffer.from(name)));
    body = withExtension(body, 16, vector(2, ...names));
  }
  const { extra } = changes;
  return extra === undefined ? body : withExtension(body, extra.type, extra.content);
}

/** The hello with one more extension at its end. */
export function withExtension(body: Buffer, type: number, content: Buffer): Buffer {
  const compressionAt = 35 + (body[34] ?? 0) + 2 + body.readUInt16BE(35 + (body[34] ?? 0));
  const at = compressionAt + 1 + (body[compressionAt] ?? 0);
  return Buffer.concat([
    body.subarray(0, at),
    vector(2, body.subarray(at + 2), uint16s(type), vector(2, content)),
  ]);
}

/** A Tls13Socket, and what the other end needs to be the other end by hand. */
export interface KeyedPair {
  server: Tls13Socket;
  /** The other end below TLS. */
  far: Duplex;
  /** Protects what goes to the server. */
  toServer: TrafficKeys;
  /** Opens what comes from it. */
  fromServer: TrafficKeys;
  send(type: number, content: Buffer): void;
  /** The next record from the server, opened. */
  receive(): Promise<Opened>;
}

/** A Tls13Socket as after a handshake. */
export function keyedPair(maxRecords?: number): KeyedPair {
  const [near, far] = duplexPair();
  const [up, down] = [randomBytes(32), randomBytes(32)];
  const keys = (secret: Buffer): TrafficKeys => new TrafficKeys(suite, secret);
  const server = new Tls13Socket(
    near,
    { reading: keys(up), writing: keys(down), reader: new RecordReader(), protocol: undefined },
    maxRecords,
  );
  server.on('error', () => undefined);
  onTestFinished(() => void near.destroy());
  const [toServer, fromServer, records] = [keys(up), keys(down), new RecordReader()];
  const receive = async (): Promise<Opened> => {
    for (;;) {
      const record = records.next();
      if (record !== undefined) return fromServer.open(record);
      const chunk = far.read() as Buffer | null;
      if (chunk === null) await once(far, 'readable');
      else records.add(chunk);
    }
  };
  const send = (type: number, content: Buffer): void => {
    far.write(toServer.seal(type, [content], content.length));
  };
  return { server, far, toServer, fromServer, send, receive };
}
