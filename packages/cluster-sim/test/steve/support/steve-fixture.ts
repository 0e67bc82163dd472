import { once } from 'node:events';
import type { IncomingMessage, RequestOptions } from 'node:http';
import { request } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { createServer } from 'node:net';
import { WebSocket } from 'ws';
import type { Logger } from '../../../src/logger.js';
import { SteveServer } from '../../../src/steve/steve-server.js';
import type { PrintTable, SteveCluster } from '../../../src/steve/types.js';
import { duplexPair } from './duplex-pair.js';
import { FakeCluster, printTable } from './fake-cluster.js';

export interface Reply {
  status: number;
  headers: IncomingMessage['headers'];
  text: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  body: any;
}

/** A steve server whose connections come without any network, as through a tunnel. */
export class SteveFixture<C extends SteveCluster = FakeCluster> {
  readonly steve: SteveServer;
  #tcp: Server | undefined;

  constructor(
    readonly cluster: C,
    options: { printTable?: PrintTable; logger?: Logger } = {},
  ) {
    this.steve = new SteveServer({ printTable, now: () => Date.parse('2026-01-01T00:00:00Z'), ...options });
  }

  static fake(): SteveFixture {
    return new SteveFixture(new FakeCluster());
  }

  async request(path: string, options: RequestOptions & { body?: unknown } = {}): Promise<Reply> {
    const [client, server] = duplexPair();
    this.steve.serve(server, this.cluster);
    const { body, headers, ...rest } = options;
    const outgoing = request({
      path,
      ...rest,
      headers: { host: '127.0.0.1:6080', ...(headers as Record<string, string>) },
      createConnection: () => client,
    });
    outgoing.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    let text = '';
    for await (const chunk of response) text += String(chunk);
    const json = response.headers['content-type'] === 'application/json';
    return {
      status: response.statusCode ?? 0,
      headers: response.headers,
      text,
      body: json ? (JSON.parse(text) as unknown) : undefined,
    };
  }

  /** A client of `/v1/subscribe`, over TCP because `ws` makes its own connections. */
  async subscribe(): Promise<Subscriber> {
    if (this.#tcp === undefined) {
      this.#tcp = createServer((socket) => this.steve.serve(socket, this.cluster));
      await new Promise<void>((resolve) => this.#tcp?.listen(0, '127.0.0.1', resolve));
    }
    const { port } = this.#tcp.address() as AddressInfo;
    const subscriber = new Subscriber(new WebSocket(`ws://127.0.0.1:${port}/v1/subscribe`));
    await once(subscriber.socket, 'open');
    return subscriber;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.steve.close();
    if (this.#tcp !== undefined) await new Promise((resolve) => this.#tcp?.close(resolve));
  }
}

/** One WebSocket client with its frames in order. */
export class Subscriber {
  readonly #frames: Reply['body'][] = [];
  readonly #waiting: ((frame: Reply['body']) => void)[] = [];

  constructor(readonly socket: WebSocket) {
    socket.on('message', (data: Buffer) => {
      const frame: unknown = JSON.parse(data.toString());
      const waiter = this.#waiting.shift();
      if (waiter === undefined) this.#frames.push(frame);
      else waiter(frame);
    });
  }

  send(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  next(): Promise<Reply['body']> {
    if (this.#frames.length > 0) return Promise.resolve(this.#frames.shift());
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
