import type { WebSocket } from 'ws';
import { WatchedCounts, WatchedResources, WatchedSchemas } from './watched.js';
import type { Watched, WatchEnvironment } from './watched.js';
import { typesOf } from './schemas.js';
import type { SteveObject, SubscribeMessage } from './types.js';

/** Types that can be subscribed to although nothing of them ever changes. */
const still = new Set(['management.cattle.io.cluster', 'userpreference', 'subscribe', 'apiroot']);

/** A client that reads so slowly that this much waits for it has its streams stopped; it subscribes again. */
const maxBufferedBytes = 4 * 1024 * 1024;

/** One client on `/v1/subscribe`: its streams, until it goes. */
export class SubscribeSession {
  readonly #streams = new Map<string, { message: SubscribeMessage; watched: Watched }>();

  constructor(
    private readonly socket: WebSocket,
    private readonly environment: WatchEnvironment,
  ) {
    socket.on('message', (data: Buffer) => this.#receive(data.toString()));
    socket.on('close', () => this.#end());
    // 'close' follows.
    socket.on('error', () => socket.terminate());
  }

  /** Tells the client that the connection is alive (each 30 s, from the shared ticker). */
  ping(): void {
    this.#send({ name: 'ping' });
  }

  close(): void {
    this.socket.close(1001);
    this.#end();
  }

  #end(): void {
    for (const { watched } of this.#streams.values()) watched.close();
    this.#streams.clear();
  }

  #receive(text: string): void {
    let message: SubscribeMessage;
    try {
      message = JSON.parse(text) as SubscribeMessage;
      if (typeof message !== 'object' || message === null) throw new Error('not an object');
    } catch {
      this.#send({ name: 'resource.error', data: { error: 'the message is not a JSON object' } });
      return;
    }
    if (message.stop === true) this.#stop(message);
    else if (!this.#streams.has(keyOf(message))) this.#start(message);
  }

  #start(message: SubscribeMessage): void {
    const key = keyOf(message);
    const emit = (name: string, fields: SteveObject): void => {
      if (this.socket.bufferedAmount > maxBufferedBytes) this.#stop(message);
      else this.#send({ name, ...identity(message), ...fields });
    };
    try {
      const watched = this.#watch(message, emit);
      if (watched === undefined) throw new Error(`failed to find schema ${message.resourceType ?? ''}`);
      this.#streams.set(key, { message, watched });
      emit('resource.start', {});
      watched.open();
    } catch (error) {
      emit('resource.error', { data: { error: (error as Error).message } });
      this.#streams.delete(key);
      emit('resource.stop', {});
    }
  }

  #watch(message: SubscribeMessage, emit: (name: string, fields: SteveObject) => void): Watched | undefined {
    const name = (message.resourceType ?? '').toLowerCase();
    const type = typesOf(this.environment.cluster.catalog).find(name);
    if (type !== undefined) return new WatchedResources(this.environment, type, message, emit);
    if (name === 'count' || name === 'counts') return new WatchedCounts(this.environment, emit);
    if (name === 'schema' || name === 'schemas') return new WatchedSchemas(this.environment, emit);
    return still.has(name) ? { open: () => undefined, close: () => undefined } : undefined;
  }

  #stop(message: SubscribeMessage): void {
    const key = keyOf(message);
    const stream = this.#streams.get(key);
    if (stream === undefined) return;
    this.#streams.delete(key);
    stream.watched.close();
    this.#send({ name: 'resource.stop', ...identity(stream.message) });
  }

  #send(event: SteveObject): void {
    if (this.socket.readyState === this.socket.OPEN) this.socket.send(JSON.stringify(event));
  }
}

/** Messages of equal keys mean the same stream. */
function keyOf({
  resourceType = '',
  namespace = '',
  id = '',
  selector = '',
  mode = '',
}: SubscribeMessage): string {
  return [resourceType, namespace, id, selector, mode].join('\n');
}

/** The part of the message that every event of its stream repeats. */
function identity({ resourceType, namespace, id, selector, mode }: SubscribeMessage): SteveObject {
  return {
    resourceType,
    ...(namespace === undefined || namespace === '' ? {} : { namespace }),
    ...(id === undefined || id === '' ? {} : { id }),
    ...(selector === undefined || selector === '' ? {} : { selector }),
    ...(mode === undefined || mode === '' ? {} : { mode }),
  };
}
