import { once } from 'node:events';
import { WebSocket } from 'ws';

/** One thread of a process, to send commands to (https://chromedevtools.github.io/devtools-protocol/v8/). */
export interface Thread {
  readonly name: string;
  send<T>(method: string, params?: object): Promise<T>;
}

interface Message {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
  readonly method?: string;
  readonly params?: Record<string, unknown>;
}

/** The inspector of a Node process and, by Node's domain `NodeWorker`, of its worker threads. */
export class Inspector {
  readonly #socket: WebSocket;
  readonly #main: Channel;
  readonly #workers = new Map<string, Channel & Thread>();

  private constructor(
    socket: WebSocket,
    private readonly onThread: (thread: Thread) => Promise<void>,
  ) {
    this.#socket = socket;
    this.#main = new Channel('main', (text) => socket.send(text));
    socket.on('message', (data: Buffer) => this.#receive(this.#main, data.toString()));
    socket.once('close', () =>
      this.#threads.forEach((thread) => thread.fail(new Error('the agent has ended'))),
    );
  }

  /**
   * @param onThread called for every thread, those that start later included
   */
  static async connect(url: string, onThread: (thread: Thread) => Promise<void>): Promise<Inspector> {
    const socket = new WebSocket(url, { perMessageDeflate: false, maxPayload: 0 });
    await once(socket, 'open');
    const inspector = new Inspector(socket, onThread);
    await onThread(inspector.#main);
    await inspector.#main.send('NodeWorker.enable', { waitForDebuggerOnStart: false });
    return inspector;
  }

  get threads(): readonly Thread[] {
    return this.#threads;
  }

  get #threads(): Channel[] {
    return [this.#main, ...this.#workers.values()];
  }

  close(): void {
    this.#socket.close();
  }

  #receive(channel: Channel, text: string): void {
    const { method, params = {}, ...answer } = JSON.parse(text) as Message;
    if (answer.id !== undefined) return channel.answer(answer.id, answer);
    const session = String(params['sessionId']);
    if (method === 'NodeWorker.attachedToWorker') this.#addWorker(session);
    else if (method === 'NodeWorker.receivedMessageFromWorker') {
      const worker = this.#workers.get(session);
      if (worker !== undefined) this.#receive(worker, String(params['message']));
    } else if (method === 'NodeWorker.detachedFromWorker') {
      this.#workers.get(session)?.fail(new Error('the thread has ended'));
      this.#workers.delete(session);
    }
  }

  #addWorker(sessionId: string): void {
    const worker = new Channel(`worker-${sessionId}`, (message) => {
      // That a thread has ended is told by an event.
      this.#main.send('NodeWorker.sendMessageToWorker', { sessionId, message }).catch(() => undefined);
    });
    this.#workers.set(sessionId, worker);
    this.onThread(worker).catch(() => undefined);
  }
}

/** Matches answers with commands. */
class Channel implements Thread {
  readonly #waiting = new Map<number, { resolve: (result: never) => void; reject: (error: Error) => void }>();
  #lastId = 0;

  constructor(
    readonly name: string,
    private readonly write: (text: string) => void,
  ) {}

  send<T>(method: string, params: object = {}): Promise<T> {
    const id = ++this.#lastId;
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.write(JSON.stringify({ id, method, params }));
    });
  }

  answer(id: number, { result, error }: Message): void {
    const { resolve, reject } = this.#waiting.get(id) ?? {};
    this.#waiting.delete(id);
    if (error !== undefined) reject?.(new Error(error.message));
    else resolve?.(result as never);
  }

  fail(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
