import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ApiServerOptions, Cluster, CreateClusterOptions } from '../../src/index.js';
import { ApiServer } from '../../src/index.js';

export interface Answer {
  code: number;
  headers: Headers;
  text: string;
  // Tests look into bodies of many kinds.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  body: any;
}

export interface SendOptions {
  body?: unknown;
  headers?: Record<string, string>;
  token?: string | null;
}

/** One cluster behind plain HTTP on a free port. */
export class TestCluster {
  private constructor(
    readonly url: string,
    readonly server: ApiServer,
    readonly cluster: Cluster,
    private readonly stop: () => Promise<void>,
  ) {}

  /** Without controllers unless the options say otherwise: nothing happens but what requests do. */
  static async start(
    options: ApiServerOptions = { controllers: [] },
    cluster: Partial<CreateClusterOptions> = {},
  ): Promise<TestCluster> {
    const server = new ApiServer(options);
    const created = server.createCluster({
      name: 'test',
      uid: 'test',
      base: server.emptyBase,
      caCert: 'PEM',
      tokens: { admin: { username: 'admin', groups: ['system:masters'] } },
      ...cluster,
    });
    const http = createServer((request, response) => created.handle(request, response));
    http.on('upgrade', (request, socket, head) => created.handleUpgrade(request, socket, head));
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    return new TestCluster(
      `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
      server,
      created,
      async () => {
        await server.close();
        http.closeAllConnections();
        await new Promise((resolve) => http.close(resolve));
      },
    );
  }

  async close(): Promise<void> {
    await this.stop();
  }

  /** A string body is sent as it is, anything else as JSON. */
  fetch(
    method: string,
    path: string,
    { body, headers, token = 'admin' }: SendOptions = {},
  ): Promise<Response> {
    return fetch(this.url + path, {
      method,
      headers: {
        ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
  }

  async send(method: string, path: string, options: SendOptions = {}): Promise<Answer> {
    const response = await this.fetch(method, path, options);
    const text = await response.text();
    const json = response.headers.get('content-type') === 'application/json' && text !== '';
    return {
      code: response.status,
      headers: response.headers,
      text,
      body: json ? JSON.parse(text) : undefined,
    };
  }

  /** Opens a watch; its events are read one by one. */
  async watch(path: string, headers: Record<string, string> = {}): Promise<WatchReader> {
    const response = await this.fetch('GET', path, { headers });
    if (response.status !== 200 || response.body === null)
      throw new Error(`watch: ${response.status} ${await response.text()}`);
    return new WatchReader(response.body.getReader());
  }
}

export interface WatchEvent {
  type: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  object: any;
}

export class WatchReader {
  #buffered = '';
  readonly #decoder = new TextDecoder();

  constructor(private readonly reader: ReadableStreamDefaultReader<Uint8Array>) {}

  /** The next event; undefined at the end of the stream. */
  async next(): Promise<WatchEvent | undefined> {
    for (;;) {
      const end = this.#buffered.indexOf('\n');
      if (end >= 0) {
        const line = this.#buffered.slice(0, end);
        this.#buffered = this.#buffered.slice(end + 1);
        return JSON.parse(line) as WatchEvent;
      }
      const { done, value } = await this.reader.read();
      if (done) return undefined;
      this.#buffered += this.#decoder.decode(value, { stream: true });
    }
  }

  /** The next events as `TYPE name`. */
  async names(count: number): Promise<string[]> {
    const names: string[] = [];
    for (let i = 0; i < count; i += 1) {
      const event = await this.next();
      names.push(`${event?.type} ${event?.object.metadata?.name ?? ''}`);
    }
    return names;
  }

  async close(): Promise<void> {
    await this.reader.cancel();
  }
}

export const configMap = (
  name: string,
  more: object = {},
): { metadata: { name: string } } & Record<string, unknown> => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  ...more,
});

export const MAPS = '/api/v1/namespaces/default/configmaps';
