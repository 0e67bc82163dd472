import type { ClientRequest } from 'node:http';
import { request } from 'node:https';
import { Pool } from 'undici';
import type { Server } from './server.js';

/** How many requests are under way at a time. */
const CONNECTIONS = 16;

/** The one client that all servers are measured with: keep-alive connections, one request at a time on each. */
export class Client {
  readonly #pool: Pool;
  readonly #headers: Record<string, string>;

  constructor(private readonly server: Server) {
    this.#pool = new Pool(server.url, { connections: CONNECTIONS, connect: { ca: server.ca } });
    this.#headers = { authorization: `Bearer ${server.token}`, accept: 'application/json' };
  }

  /** Answers how many bytes came back. Throws if the status is another than the expected one. */
  async send(
    method: 'GET' | 'POST' | 'PATCH',
    path: string,
    expected: number,
    body?: object,
  ): Promise<number> {
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const answer = await this.#pool.request({
      method,
      path,
      headers: body === undefined ? this.#headers : { ...this.#headers, 'content-type': type },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const bytes = await answer.body.arrayBuffer();
    if (answer.statusCode === expected) return bytes.byteLength;
    const text = Buffer.from(bytes).toString().slice(0, 300);
    throw new Error(`${method} ${path}: ${answer.statusCode} instead of ${expected}: ${text}`);
  }

  /** Requests per second while {@link CONNECTIONS} loops send one after the other for that long. */
  async rate(milliseconds: number, sendNext: () => Promise<unknown>): Promise<number> {
    const start = performance.now();
    let count = 0;
    const loop = async (): Promise<void> => {
      while (performance.now() - start < milliseconds) {
        await sendNext();
        count += 1;
      }
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, loop));
    return (count * 1000) / (performance.now() - start);
  }

  /** Resolves when the watch is open, on a connection of its own. `onLine` is called for every event. */
  watch(path: string, onLine: () => void): Promise<ClientRequest> {
    return new Promise((resolve, reject) => {
      const open = request(
        `${this.server.url}${path}`,
        { ca: this.server.ca, headers: this.#headers, agent: false },
        (response) => {
          if (response.statusCode !== 200) reject(new Error(`watch: ${response.statusCode}`));
          response.on('data', (chunk: Buffer) => {
            for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) onLine();
          });
          response.on('error', () => undefined);
          resolve(open);
        },
      );
      open.on('error', reject);
      open.end();
    });
  }

  close(): Promise<void> {
    return this.#pool.destroy();
  }
}
