import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';

/** A running Go program of tools/interop. */
export class GoPeer {
  readonly child: ChildProcess;
  /** The JSON line it printed when it was ready. */
  readonly ready: Record<string, unknown>;

  private constructor(child: ChildProcess, ready: Record<string, unknown>) {
    this.child = child;
    this.ready = ready;
  }

  /** Starts `program` with `args` and waits for its first line. Ends with the test. */
  static async start(program: string, ...args: string[]): Promise<GoPeer> {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    return new GoPeer(child, JSON.parse(line) as Record<string, unknown>);
  }

  async kill(): Promise<void> {
    const exited = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exited;
  }
}

/** A Go server and its control API. */
export class GoServer {
  readonly #origin: string;
  readonly peer: GoPeer;

  private constructor(peer: GoPeer) {
    this.peer = peer;
    this.#origin = `127.0.0.1:${String(peer.ready.port)}`;
  }

  static async start(program: string): Promise<GoServer> {
    return new GoServer(await GoPeer.start(program, 'server'));
  }

  get tunnelUrl(): string {
    return `ws://${this.#origin}/connect`;
  }

  /** A TCP connection that the Go server forwards through the tunnel of `client`. */
  async dial(client: string, network: string, address: string): Promise<Socket> {
    return this.connect(await this.forward(client, network, address));
  }

  /** Opens a port that the Go server forwards through the tunnel of `client`. */
  async forward(client: string, network: string, address: string): Promise<number> {
    const query = new URLSearchParams({ client, network, address });
    return ((await this.#control('POST', `/forward?${query.toString()}`)) as { port: number }).port;
  }

  connect(port: number): Socket {
    return connect({ port, host: '127.0.0.1', noDelay: true });
  }

  async hasClient(client: string): Promise<boolean> {
    return ((await this.#control('GET', `/client?client=${client}`)) as { connected: boolean }).connected;
  }

  async goroutines(): Promise<number> {
    return ((await this.#control('GET', '/stats')) as { goroutines: number }).goroutines;
  }

  async #control(method: string, path: string): Promise<unknown> {
    const response = await fetch(`http://${this.#origin}${path}`, { method });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }
}
