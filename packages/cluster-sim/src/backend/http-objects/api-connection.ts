import { ApiError, type Status } from '@scale-cluster/memory-apiserver';
import { Agent, request, type Dispatcher } from 'undici';
import { errorText } from '../../errors.js';

/** How one kube-apiserver is reached: by a client certificate or a token. PEM texts. */
export interface ApiCredentials {
  /** `https://127.0.0.1:6443` */
  server: string;
  caCert: string;
  clientCert?: string;
  clientKey?: string;
  token?: string;
}

export interface ApiRequest {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path with query. */
  path: string;
  body?: unknown;
  /** Of the body. @default application/json */
  contentType?: string;
  /** @default application/json */
  accept?: string;
  signal?: AbortSignal;
}

/** A kube-apiserver that doesn't answer in this time is taken for gone. */
const answerMs = 30_000;

/**
 * Requests to one kube-apiserver over connections that are kept. Everything but success is an ApiError: the Status that
 * was answered, or 503 when nothing was.
 */
export class ApiConnection {
  readonly #agent: Agent;
  readonly #headers: Readonly<Record<string, string>>;
  readonly server: string;

  constructor({ server, caCert, clientCert, clientKey, token }: ApiCredentials) {
    this.server = server;
    this.#headers = {
      'user-agent': 'scale-cluster-agent',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
    this.#agent = new Agent({
      connect: { ca: caCert, cert: clientCert, key: clientKey },
      headersTimeout: answerMs,
      // Watches say nothing for minutes.
      bodyTimeout: 0,
    });
  }

  /** The answer's JSON. */
  async json<T>(ask: ApiRequest): Promise<T> {
    const { statusCode, body } = await this.#send(ask);
    const text = await body.text().catch((error: unknown) => {
      throw unavailable(error);
    });
    if (statusCode >= 400) throw errorOf(statusCode, text);
    return JSON.parse(text) as T;
  }

  /** Whether a health endpoint says ok; false also when nothing answers. */
  async isOk(path: string, signal?: AbortSignal): Promise<boolean> {
    try {
      const { statusCode, body } = await this.#send({
        path,
        accept: '*/*',
        ...(signal === undefined ? {} : { signal }),
      });
      await body.dump();
      return statusCode === 200;
    } catch {
      return false;
    }
  }

  /** The lines of an answer as they come, until it ends or `signal` aborts (then it throws). */
  async *lines(ask: ApiRequest): AsyncGenerator<string, void, undefined> {
    const { statusCode, body } = await this.#send(ask);
    if (statusCode >= 400) throw errorOf(statusCode, await body.text());
    let rest = '';
    body.setEncoding('utf8');
    for await (const chunk of body as AsyncIterable<string>) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
  }

  /** Ends all connections, watches included. */
  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  async #send(ask: ApiRequest): Promise<Dispatcher.ResponseData> {
    const { method = 'GET', path, body, contentType, accept = 'application/json', signal } = ask;
    try {
      return await request(`${this.server}${path}`, {
        dispatcher: this.#agent,
        method,
        headers: {
          ...this.#headers,
          accept,
          ...(body === undefined ? {} : { 'content-type': contentType ?? 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (error) {
      throw unavailable(error);
    }
  }
}

function unavailable(error: unknown): ApiError {
  return new ApiError(503, 'ServiceUnavailable', `the Kubernetes API does not answer: ${errorText(error)}`);
}

function errorOf(code: number, text: string): ApiError {
  try {
    const status = JSON.parse(text) as Partial<Status>;
    if (status.kind === 'Status')
      return new ApiError(status.code ?? code, status.reason ?? '', status.message ?? '', status.details);
  } catch {
    // Some refusals are plain text: authentication filters, a proxy on the way.
  }
  return new ApiError(code, '', text.trim().slice(0, 500));
}
