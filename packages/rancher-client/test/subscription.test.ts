import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { WebSocketServer } from 'ws';
import type { ClusterEvent, RancherClient } from '../src/index.js';
import { NetworkError, UnauthorizedError } from '../src/index.js';
import { parseEvent } from '../src/subscription.js';
import { RancherStub, token, v3Cluster } from './support/rancher-stub.js';

/** What a subscriber saw, in order, with a way to wait for the next thing. */
class Observer {
  readonly #seen: unknown[] = [];
  readonly #waiting: ((value: unknown) => void)[] = [];
  readonly controller = new AbortController();

  constructor(client: RancherClient) {
    client.subscribe({
      resourceTypes: ['cluster'],
      signal: this.controller.signal,
      onConnected: () => this.#push('connected'),
      onDisconnected: (error) => this.#push(error ?? 'ended'),
      onEvent: (event) => this.#push(event),
    });
  }

  next(): Promise<unknown> {
    if (this.#seen.length > 0) return Promise.resolve(this.#seen.shift());
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  get pending(): number {
    return this.#seen.length;
  }

  #push(value: unknown): void {
    const waiter = this.#waiting.shift();
    if (waiter === undefined) this.#seen.push(value);
    else waiter(value);
  }
}

async function withSockets(): Promise<{ stub: RancherStub; sockets: WebSocketServer }> {
  const stub = await RancherStub.start();
  const sockets = new WebSocketServer({ noServer: true });
  stub.onUpgrade = (request, socket, head) =>
    sockets.handleUpgrade(request, socket, head, (ws) => sockets.emit('connection', ws, request));
  return { stub, sockets };
}

const connection = async (sockets: WebSocketServer): Promise<[WebSocket, IncomingMessage]> =>
  (await once(sockets, 'connection')) as [WebSocket, IncomingMessage];

const frame = (name: string, data: unknown, resourceType = 'cluster'): string =>
  JSON.stringify({ name, resourceType, data });

describe('subscribe', () => {
  it('asks for the resource types with the token and passes changes and removals on', async () => {
    const { stub, sockets } = await withSockets();
    await using _ = stub;
    const opened = connection(sockets);
    const observer = new Observer(stub.client());
    const [socket, request] = await opened;
    expect(await observer.next()).toBe('connected');
    expect(request.url).toBe('/v3/subscribe?resourceTypes=cluster');
    expect(request.headers.authorization).toBe(`Bearer ${token}`);
    socket.send(frame('ping', {}));
    socket.send('not json');
    socket.send(frame('resource.change', { id: 'n1' }, 'node'));
    socket.send(frame('resource.change', v3Cluster('c-abcde', 'x', { state: 'active' })));
    socket.send(frame('resource.remove', v3Cluster('c-abcde', 'x')));
    expect(await observer.next()).toMatchObject({
      name: 'change',
      cluster: { id: 'c-abcde', state: 'active' },
    });
    expect(await observer.next()).toMatchObject({ name: 'remove', cluster: { id: 'c-abcde' } });
    observer.controller.abort();
    await once(socket, 'close');
    expect(observer.pending).toBe(0);
  });

  it('connects again after the connection was cut', async () => {
    const { stub, sockets } = await withSockets();
    await using _ = stub;
    const first = connection(sockets);
    const observer = new Observer(stub.client());
    const second = first.then(([socket]) => {
      const again = connection(sockets);
      socket.terminate();
      return again;
    });
    expect(await observer.next()).toBe('connected');
    expect(await observer.next()).toBeInstanceOf(NetworkError);
    expect(await observer.next()).toBe('connected');
    const [socket] = await second;
    socket.send(frame('resource.change', v3Cluster('c-abcde', 'x')));
    expect(((await observer.next()) as ClusterEvent).cluster.id).toBe('c-abcde');
    observer.controller.abort();
  });

  it('treats silence as a dead connection', async () => {
    const { stub, sockets } = await withSockets();
    await using _ = stub;
    const observer = new Observer(stub.client({ subscription: { silenceMs: 60 } }));
    expect(await observer.next()).toBe('connected');
    expect(await observer.next()).toMatchObject({
      message: expect.stringContaining('nothing was heard') as unknown,
    });
    expect(await observer.next()).toBe('connected');
    observer.controller.abort();
    sockets.close();
  });

  it('is kept alive by pings alone', async () => {
    const { stub, sockets } = await withSockets();
    await using _ = stub;
    sockets.on('connection', (socket) => {
      let sent = 0;
      const pings = setInterval(() => {
        socket.send(frame('ping', {}));
        if (++sent === 40) socket.close(1000);
      }, 20);
      socket.on('close', () => clearInterval(pings));
    });
    const observer = new Observer(stub.client({ subscription: { silenceMs: 500 } }));
    expect(await observer.next()).toBe('connected');
    // Not NetworkError: it lived for 0.8 s until the server ended it.
    expect(await observer.next()).toBe('ended');
    observer.controller.abort();
  });

  it("reports a refused upgrade with Rancher's words and tries again", async () => {
    const { stub, sockets } = await withSockets();
    await using _ = stub;
    const accept = stub.onUpgrade;
    stub.onUpgrade = (_request, socket) => {
      stub.onUpgrade = accept;
      socket.end('HTTP/1.1 401 Unauthorized\r\nContent-Length: 17\r\n\r\nmust authenticate');
    };
    const observer = new Observer(stub.client());
    const refusal = await observer.next();
    expect(refusal).toBeInstanceOf(UnauthorizedError);
    expect(String(refusal)).toContain('GET /v3/subscribe: 401 Unauthorized: must authenticate');
    expect(await observer.next()).toBe('connected');
    observer.controller.abort();
    sockets.close();
  });

  it('ends with the client', async () => {
    const { stub, sockets } = await withSockets();
    await using _ = stub;
    const opened = connection(sockets);
    const client = stub.client();
    const observer = new Observer(client);
    const [socket] = await opened;
    expect(await observer.next()).toBe('connected');
    const closed = once(socket, 'close');
    await client.close();
    await closed;
    expect(observer.pending).toBe(0);
  });

  it('verifies the server as every other request does', async () => {
    await using stub = await RancherStub.start({ tls: true });
    const sockets = new WebSocketServer({ noServer: true });
    stub.onUpgrade = (request, socket, head) => sockets.handleUpgrade(request, socket, head, () => undefined);
    const observer = new Observer(stub.client());
    expect(await observer.next()).toBe('connected');
    observer.controller.abort();
    const distrusting = new Observer(stub.client({ tls: { mode: 'system' } }));
    expect(String(await distrusting.next())).toContain('certificate');
    distrusting.controller.abort();
  });
});

describe('parseEvent', () => {
  it('never throws, whatever is in a frame', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array().map((bytes) => Buffer.from(bytes)),
          fc
            .record({
              name: fc.constantFrom('resource.change', 'resource.remove', 'ping', '__proto__'),
              resourceType: fc.constant('cluster'),
              data: fc.jsonValue(),
            })
            .map((value) => Buffer.from(JSON.stringify(value))),
        ),
        (data) => {
          const event = parseEvent(data);
          expect(event === undefined || event.cluster.id !== '').toBe(true);
        },
      ),
    );
  });
});
