import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { acceptTls } from '../../src/tls13/accept-tls.js';
import { Tls13Socket } from '../../src/tls13/tls13-socket.js';
import { authority, identity } from '../tls13/support.js';

/** Go's and OpenSSL's clients against our server end. */

const root = new URL('../../../../', import.meta.url);
const program = fileURLToPath(new URL('node_modules/.cache/tlsclient', root));
const has = (command: string, argument: string): boolean => spawnSync(command, [argument]).status === 0;
const hasGo = has('go', 'version');
const hasOpenssl = has('openssl', 'version');
for (const [present, name] of [
  [hasGo, 'Go'],
  [hasOpenssl, 'openssl'],
] as const) {
  if (!present) process.stderr.write(`TLS tests with ${name} skipped: it is not on the PATH\n`);
}

let caFile: string;
const alpn = ['-alpn', 'http/1.1'];

beforeAll(async () => {
  caFile = join(await mkdtemp(join(tmpdir(), 'tls13-')), 'ca.pem');
  await writeFile(caFile, authority.cert);
  if (!hasGo) return;
  mkdirSync(fileURLToPath(new URL('node_modules/.cache/', root)), { recursive: true });
  execFileSync('go', ['build', '-o', program, '.'], {
    cwd: fileURLToPath(new URL('tools/tlsclient/', root)),
    stdio: 'inherit',
  });
});

afterAll(() => rm(dirname(caFile), { recursive: true, force: true }));

/** A stream that isn't a net.Socket, as a connection in a tunnel: Node's TLS would go around us on a socket. */
function wrap(socket: Socket): Duplex {
  const stream = new Duplex({
    allowHalfOpen: false,
    read: () => void socket.resume(),
    write: (chunk: Buffer, _encoding, callback) => void socket.write(chunk, callback),
    final: (callback) => void socket.end(callback),
    destroy: (error, callback) => {
      socket.destroy();
      callback(error);
    },
  });
  socket.on('data', (chunk: Buffer) => {
    if (!stream.push(chunk)) socket.pause();
  });
  socket.on('end', () => stream.push(null)).on('close', () => stream.destroy());
  return stream.on('error', () => undefined);
}

/** Listens, and gives each socket of acceptTls to `serve`. */
async function listen(serve: (socket: Duplex) => void): Promise<number> {
  const server = createServer({ noDelay: true }, (socket) => {
    acceptTls(wrap(socket.on('error', () => undefined)), { identity, protocols: ['http/1.1'] }, (secured) => {
      serve(secured.on('error', () => undefined));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

interface Facts {
  error?: string;
  version?: string;
  suite?: string;
  protocol?: string;
  curve?: string;
  sent?: string;
  received?: string;
  done?: number;
  bytes?: number;
}

async function goClient(
  port: number,
  command: string,
  number: number,
  flags: string[],
  environment: Record<string, string> = {},
): Promise<Facts> {
  const child = spawn(program, ['-ca', caFile, ...flags, `127.0.0.1:${port}`, command, String(number)], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  for await (const chunk of child.stdout) printed += String(chunk);
  return JSON.parse(printed) as Facts;
}

const MiB = 1024 * 1024;
const echo = (socket: Duplex): unknown => socket.pipe(socket);

describe.skipIf(!hasGo)('Go’s client', () => {
  it.each([
    ['its own choice of curves', [], 'TLS_AES_128_GCM_SHA256', 'X25519', true],
    ['X25519', ['-curves', 'X25519'], 'TLS_AES_128_GCM_SHA256', 'X25519', true],
    ['P-256', ['-curves', 'P256'], 'TLS_AES_128_GCM_SHA256', 'CurveP256', true],
    ['P-384, which is left to node:tls', ['-curves', 'P384'], undefined, 'CurveP384', false],
    ['X25519 offered, P-384 preferred', ['-curves', 'P384,X25519'], undefined, undefined, undefined],
  ] as const)('connects and echoes with %s', async (_what, flags, suite, curve, ours) => {
    const kinds: boolean[] = [];
    const port = await listen((socket) => {
      kinds.push(socket instanceof Tls13Socket);
      echo(socket);
    });
    const facts = await goClient(port, 'echo', 100_000, [...alpn, ...flags]);
    expect(facts.error).toBeUndefined();
    expect(facts.sent).toBe(facts.received);
    expect(facts.version).toBe('TLS 1.3');
    expect(facts.protocol).toBe('http/1.1');
    if (suite !== undefined) expect(facts.suite).toBe(suite);
    if (curve !== undefined) expect(facts.curve).toBe(curve);
    if (ours !== undefined) expect(kinds).toEqual([ours]);
  });

  it('uses ChaCha20 when its machine has no AES', async () => {
    const port = await listen(echo);
    const facts = await goClient(port, 'echo', 100_000, alpn, { GODEBUG: 'cpu.aes=off,cpu.pclmulqdq=off' });
    expect(facts.suite).toBe('TLS_CHACHA20_POLY1305_SHA256');
    expect(facts.sent).toBe(facts.received);
  });

  it('speaks TLS 1.2 with node:tls behind the same door', async () => {
    const port = await listen(echo);
    const facts = await goClient(port, 'echo', 100_000, ['-max', '1.2']);
    expect(facts.version).toBe('TLS 1.2');
    expect(facts.sent).toBe(facts.received);
  });

  it('sends and receives 100 MiB at the same time', async () => {
    const port = await listen(echo);
    const facts = await goClient(port, 'echo', 100 * MiB, alpn);
    expect(facts.error).toBeUndefined();
    expect(facts.sent).toBe(facts.received);
  });

  it('gets the rest of the answer and close_notify after it has closed its side', async () => {
    const port = await listen(echo);
    const facts = await goClient(port, 'halfclose', 30_000, alpn);
    expect(facts.error).toBeUndefined();
    expect(facts.sent).toBe(facts.received);
  });

  it('echoes on 300 connections at once', async () => {
    const port = await listen(echo);
    expect(await goClient(port, 'parallel', 300, alpn)).toEqual({ done: 300 });
  });

  it('is refused by name when it speaks no protocol of ours', async () => {
    const port = await listen(echo);
    const { error } = await goClient(port, 'echo', 1, ['-alpn', 'h2']);
    expect(error).toContain('no application protocol');
  });

  it('requests over net/http, kept alive and each on its own', async () => {
    const body = 'x'.repeat(70_000);
    const http = createHttpServer((_request, response) => response.end(body));
    const port = await listen((socket) => http.emit('connection', socket));
    expect(await goClient(port, 'reuse', 200, alpn)).toEqual({ done: 200, bytes: 200 * body.length });
    expect(await goClient(port, 'get', 100, alpn)).toEqual({ done: 100 });
  });
});

describe.skipIf(!hasOpenssl)('openssl s_client', () => {
  /** Types the lines one after another, each after the server has echoed the one before. */
  async function type(port: number, lines: readonly string[], flags: readonly string[]): Promise<string> {
    const child = spawn('openssl', [
      ...['s_client', '-connect', `127.0.0.1:${port}`, '-CAfile', caFile, '-verify_return_error'],
      ...['-servername', 'localhost', ...flags],
    ]);
    let printed = '';
    let next = 0;
    const go = (): void => {
      const line = lines[next];
      if (line === undefined) child.stdin.end();
      else child.stdin.write(`${line}\n`);
      next += 1;
    };
    child.stdout.on('data', (chunk: Buffer) => {
      const before = printed;
      printed += chunk.toString();
      if (!before.includes('Verify return code') && printed.includes('Verify return code')) go();
      else if (/(echo .*\n|KEYUPDATE)$/.test(printed)) go();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
      if (chunk.toString().includes('KEYUPDATE')) go();
    });
    await new Promise((resolve) => child.once('close', resolve));
    return printed;
  }

  function answer(socket: Duplex): void {
    socket.on('data', (chunk: Buffer) => socket.write(`echo ${chunk.toString()}`));
  }

  it.each([
    ['TLS_AES_128_GCM_SHA256', 'X25519'],
    ['TLS_AES_256_GCM_SHA384', 'P-256'],
    ['TLS_CHACHA20_POLY1305_SHA256', 'X25519'],
  ])('verifies our certificate and echoes with %s and %s', async (suite, group) => {
    const port = await listen((socket) => {
      expect(socket).toBeInstanceOf(Tls13Socket);
      answer(socket);
    });
    const printed = await type(port, ['one'], ['-ciphersuites', suite, '-groups', group]);
    expect(printed).toContain('Verify return code: 0 (ok)');
    expect(printed).toContain(`New, TLSv1.3, Cipher is ${suite}`);
    expect(printed).toContain('echo one');
  });

  it('updates its keys, and ours on request', async () => {
    const port = await listen(answer);
    const printed = await type(port, ['one', 'k', 'two', 'K', 'three', 'four'], []);
    expect(printed.match(/KEYUPDATE/g)?.length).toBe(2);
    for (const word of ['one', 'two', 'three', 'four']) expect(printed).toContain(`echo ${word}`);
  });
});
