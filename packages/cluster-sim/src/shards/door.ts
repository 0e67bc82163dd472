import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { Agent, createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { createProxyServer } from 'http-proxy';
import { forwardUpgrade } from '../backend/proxy/upgrade.js';
import { errorText } from '../errors.js';
import type { HostedCluster } from '../host/hosted-cluster.js';

/** Says which cluster a request through the door is for. The API itself asks for a token, so this is no secret. */
const uidHeader = 'x-scale-cluster-uid';

/** A Unix socket's path has no more room (unix(7): 108 bytes with the end). */
const longestPath = 100;

/** A folder for the doors of so many shards, which only this user can enter. */
export async function doorFolder(home: string, shards: number): Promise<string> {
  const folder = join(home, 'run');
  if (shards === 0) return folder;
  if (Buffer.byteLength(join(folder, `shard-${shards}.sock`)) > longestPath)
    return mkdtemp(join(tmpdir(), 'scale-cluster-'));
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return folder;
}

type Handler = Pick<HostedCluster, 'handle' | 'handleUpgrade'>;

/**
 * The shard's side: people's requests come in from the main thread by a Unix socket, as sockets can't be handed to
 * threads. Nothing of Rancher's traffic comes this way.
 */
export async function openDoor(
  path: string,
  find: (uid: string) => Handler | undefined,
): Promise<{ close(): Promise<void> }> {
  const server = createServer({ requestTimeout: 0, keepAliveTimeout: 90_000 }, (request, response) => {
    const cluster = take(request, find);
    if (cluster === undefined) response.writeHead(503, { 'retry-after': '5', connection: 'close' }).end();
    else cluster.handle(request, response);
  });
  server.on('upgrade', (request, socket, head) => {
    const cluster = take(request, find);
    if (cluster === undefined) socket.destroy();
    else cluster.handleUpgrade(request, socket, head);
  });
  server.on('clientError', (_error, socket) => socket.destroy());
  await rm(path, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function take(request: IncomingMessage, find: (uid: string) => Handler | undefined): Handler | undefined {
  const uid = request.headers[uidHeader];
  // Nothing of it for those who look at the headers, such as what asks whom a request is from.
  delete request.headers[uidHeader];
  return typeof uid === 'string' ? find(uid) : undefined;
}

/** The main thread's side. */
export class Door {
  readonly #target = new URL('http://shard/');
  readonly #agent: Agent;
  readonly #proxy = createProxyServer();

  constructor(path: string) {
    this.#agent = new Agent({ socketPath: path, keepAlive: true } as ConstructorParameters<typeof Agent>[0]);
    // A pipe doesn't tell its end of a source that broke off.
    this.#proxy.on('proxyRes', (answer, _request, response) =>
      answer.once('close', () => {
        if (!answer.complete) response.destroy();
      }),
    );
  }

  forward(uid: string, request: IncomingMessage, response: ServerResponse): void {
    request.headers[uidHeader] = uid;
    this.#proxy.web(request, response, { target: this.#target, agent: this.#agent }, (error) => {
      if (response.headersSent || response.destroyed) response.destroy();
      else response.writeHead(503, { 'retry-after': '5' }).end(errorText(error));
    });
  }

  forwardUpgrade(uid: string, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    request.headers[uidHeader] = uid;
    forwardUpgrade({ request, socket, head, target: this.#target, agent: this.#agent }, () => undefined);
  }

  close(): void {
    this.#agent.destroy();
    this.#proxy.close();
  }
}
