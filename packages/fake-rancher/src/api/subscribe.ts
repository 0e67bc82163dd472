import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { ManagementCluster } from '../model/cluster.js';
import type { ApiContext } from './context.js';
import { clusterView } from './cluster-view.js';

const pingIntervalMs = 5_000;
/** A subscriber with more unsent bytes than this is cut. */
const maxBufferedBytes = 16 << 20;

interface Subscriber {
  socket: WebSocket;
  wantsClusters: boolean;
  /** Clusters changed since the last flush: a burst of changes of one cluster is one event. */
  changed: Set<ManagementCluster>;
}

/**
 * `/v3/subscribe`: changes of clusters as text frames, no initial list, no resume, a ping every 5 s (rancher/norman
 * pkg/subscribe/handler.go). A client that does not read is cut, so that it holds up nobody.
 */
export class Subscriptions {
  readonly #api: ApiContext;
  readonly #server = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  readonly #subscribers = new Set<Subscriber>();
  readonly #timer: NodeJS.Timeout;
  #flushing = false;

  constructor(api: ApiContext) {
    this.#api = api;
    this.#timer = setInterval(
      () => this.#broadcast(JSON.stringify({ name: 'ping', data: {} })),
      pingIntervalMs,
    );
    this.#timer.unref();
    api.registry.on('change', (cluster) => {
      for (const subscriber of this.#subscribers)
        if (subscriber.wantsClusters) subscriber.changed.add(cluster);
      this.#scheduleFlush();
    });
    api.registry.on('remove', (cluster) => {
      const frame = this.#event('resource.remove', cluster);
      for (const { socket, wantsClusters, changed } of this.#subscribers) {
        changed.delete(cluster);
        if (wantsClusters) this.#send(socket, frame);
      }
    });
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, url: URL): void {
    const types = url.searchParams.getAll('resourceTypes');
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('error', () => webSocket.terminate());
      const wantsClusters = types.length === 0 || types.includes('cluster');
      const subscriber: Subscriber = { socket: webSocket, wantsClusters, changed: new Set() };
      this.#subscribers.add(subscriber);
      webSocket.on('close', () => this.#subscribers.delete(subscriber));
    });
  }

  close(): void {
    clearInterval(this.#timer);
    for (const { socket } of this.#subscribers) socket.terminate();
    this.#server.close();
  }

  #scheduleFlush(): void {
    if (this.#flushing || this.#subscribers.size === 0) return;
    this.#flushing = true;
    setImmediate(() => {
      this.#flushing = false;
      const frames = new Map<ManagementCluster, string>();
      for (const { socket, changed } of this.#subscribers) {
        for (const cluster of changed) {
          let frame = frames.get(cluster);
          if (frame === undefined) frames.set(cluster, (frame = this.#event('resource.change', cluster)));
          this.#send(socket, frame);
        }
        changed.clear();
      }
    });
  }

  #broadcast(frame: string): void {
    for (const { socket } of this.#subscribers) this.#send(socket, frame);
  }

  #send(socket: WebSocket, frame: string): void {
    if (socket.bufferedAmount > maxBufferedBytes) socket.terminate();
    else if (socket.readyState === socket.OPEN) socket.send(frame);
  }

  #event(name: string, cluster: ManagementCluster): string {
    const data = clusterView(cluster, this.#api.base, this.#api.authenticator.userId);
    return JSON.stringify({ name, resourceType: 'cluster', data });
  }
}
