import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';

/** A running Go program of tools/interop. */
export class GoPeer {
  readonly child: ChildProcess;
  /** The JSON lines it has printed; the first says that it is ready. */
  readonly lines: readonly Record<string, unknown>[];

  private constructor(child: ChildProcess, lines: readonly Record<string, unknown>[]) {
    this.child = child;
    this.lines = lines;
  }

  /** Starts `program` with `args` and waits for its first line. Ends with the test. */
  static async start(program: string, ...args: string[]): Promise<GoPeer> {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    const lines: Record<string, unknown>[] = [];
    const output = createInterface(child.stdout);
    output.on('line', (line) => lines.push(JSON.parse(line) as Record<string, unknown>));
    await once(output, 'line');
    return new GoPeer(child, lines);
  }

  async kill(): Promise<void> {
    // Null for both while it runs.
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exited;
  }
}

export interface GoServerOptions {
  /** @default a free one */
  readonly port?: number;
  /** Who it is towards its peers. */
  readonly id?: string;
  readonly token?: string;
}

/** A Go server and its control API. */
export class GoServer {
  readonly peer: GoPeer;
  readonly port: number;

  private constructor(peer: GoPeer) {
    this.peer = peer;
    this.port = Number(peer.lines[0]?.port);
  }

  static async start(program: string, options: GoServerOptions = {}): Promise<GoServer> {
    const flags = Object.entries(options).flatMap(([name, value]) => [`-${name}`, String(value)]);
    return new GoServer(await GoPeer.start(program, 'server', ...flags));
  }

  get tunnelUrl(): string {
    return `ws://127.0.0.1:${this.port}/connect`;
  }

  /** A TCP connection that the Go server forwards through the tunnel of `client`. */
  async dial(client: string, network: string, address: string): Promise<Socket> {
    return this.connect(await this.forward(client, network, address));
  }

  /** Opens a port that the Go server forwards through the tunnel of `client`. */
  async forward(client: string, network: string, address: string): Promise<number> {
    return ((await this.#control('POST', '/forward', { client, network, address })) as { port: number }).port;
  }

  /** A TCP connection to one of this machine's ports; a reset that nobody waits for is no failure. */
  connect(port: number): Socket {
    return connect({ port, host: '127.0.0.1', noDelay: true }).on('error', () => undefined);
  }

  /**
   * Lets the Go server dial, send `bytes` in one Write, which makes one message in one frame, and read as many back;
   * returns the hashes of both.
   */
  echo(client: string, address: string, bytes: number): Promise<unknown> {
    return this.#control('POST', '/echo', { client, network: 'tcp', address, bytes: String(bytes) });
  }

  async hasClient(client: string): Promise<boolean> {
    return ((await this.#control('GET', '/client', { client })) as { connected: boolean }).connected;
  }

  async addPeer(peer: { id: string; token: string; url: string }): Promise<void> {
    await this.#control('POST', '/peer', peer);
  }

  async goroutines(): Promise<number> {
    return ((await this.#control('GET', '/stats', {})) as { goroutines: number }).goroutines;
  }

  async #control(method: string, path: string, query: Record<string, string>): Promise<unknown> {
    const url = `http://127.0.0.1:${this.port}${path}?${new URLSearchParams(query).toString()}`;
    const response = await fetch(url, { method });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }
}
