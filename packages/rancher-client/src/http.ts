import { setMaxListeners } from 'node:events';
import type { Dispatcher } from 'undici';
import { Agent, request } from 'undici';
import { fullJitterDelay, pause, retryAfterMs } from './delay.js';
import { errorFromAnswer, NetworkError, TlsError, UnexpectedAnswerError } from './errors.js';
import type { ResolvedOptions } from './options.js';
import { describeRequest, redactSecrets } from './redact.js';
import type { Trust } from './trust.js';
import { resolveTrust } from './trust.js';

export interface RequestOptions {
  /** Sent as JSON. */
  body?: unknown;
  signal?: AbortSignal | undefined;
  /** False leaves the API token out. @default true */
  authenticated?: boolean;
  /** Further secrets in this request, taken out of anything that is shown. */
  secrets?: readonly string[];
}

/** An answer with a success status, read to its end. */
export interface Answer {
  status: number;
  text: string;
}

/**
 * HTTP towards one Rancher: a limited pool of kept-alive connections, trust, retries and errors. Paths are relative to
 * Rancher's URL and begin with `/`.
 */
export class RancherHttp {
  readonly #options: ResolvedOptions;
  #pool: Promise<{ agent: Agent; trust: Trust }> | undefined;
  readonly #closed = new AbortController();

  constructor(options: ResolvedOptions) {
    this.#options = options;
    setMaxListeners(0, this.#closed.signal); // one listener per waiting request
  }

  /** Aborted when the client is closed. */
  get closedSignal(): AbortSignal {
    return this.#closed.signal;
  }

  /** What is trusted. Found out once; a failure is forgotten, so the next call tries again. */
  async trust(): Promise<Trust> {
    return (await this.#connected()).trust;
  }

  async getJson(path: string, options?: RequestOptions): Promise<unknown> {
    return this.json('GET', path, options);
  }

  /** The parsed body; undefined if it is empty. Throws as {@link send} does, and UnexpectedAnswerError. */
  async json(method: Dispatcher.HttpMethod, path: string, options?: RequestOptions): Promise<unknown> {
    return parseJson(describeRequest(method, path), await this.send(method, path, options));
  }

  /**
   * Sends a request, retrying with full jitter on 429 (as its `Retry-After` says), 5xx and lost connections; any
   * other failure is thrown at once. A retried request may have been carried out before: a create then meets
   * "already exists".
   *
   * @throws RancherError (and its subclasses); the signal's reason when aborted
   */
  async send(method: Dispatcher.HttpMethod, path: string, options: RequestOptions = {}): Promise<Answer> {
    const { agent } = await this.#connected(options.signal);
    return this.#retried(agent, method, path, options);
  }

  /** Ends all connections and what waits on them. */
  async close(): Promise<void> {
    this.#closed.abort(new NetworkError('ERR_RANCHER_CLOSED', 'The Rancher client is closed.'));
    const pool = this.#pool;
    this.#pool = undefined;
    await pool?.then(
      ({ agent }) => agent.destroy(),
      () => undefined,
    );
  }

  /** The pool, made with the trust found out first. Concurrent first calls share one attempt. */
  #connected(signal?: AbortSignal): Promise<{ agent: Agent; trust: Trust }> {
    this.#closed.signal.throwIfAborted();
    this.#pool ??= this.#connect().catch((error: unknown) => {
      this.#pool = undefined;
      throw error;
    });
    return signal === undefined ? this.#pool : raceAbort(this.#pool, signal);
  }

  async #connect(): Promise<{ agent: Agent; trust: Trust }> {
    const { tls, logger } = this.#options;
    const trust = await resolveTrust(tls, () => this.#fetchCaCerts(), logger);
    return { agent: this.#agent(trust), trust };
  }

  /** The setting `cacerts`, read without verification and without the token: its content is what gets verified. */
  async #fetchCaCerts(): Promise<string> {
    const agent = this.#agent({ rejectUnauthorized: false });
    try {
      const path = '/v3/settings/cacerts';
      const answer = await this.#retried(agent, 'GET', path, { authenticated: false });
      return settingValue(parseJson(describeRequest('GET', path), answer));
    } finally {
      await agent.destroy();
    }
  }

  #agent(trust: { ca?: string; rejectUnauthorized: boolean }): Agent {
    const { maxConnections, timeoutMs } = this.#options;
    return new Agent({
      connections: maxConnections,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      connect: {
        timeout: Math.min(timeoutMs, 10_000),
        rejectUnauthorized: trust.rejectUnauthorized,
        ...(trust.ca === undefined ? {} : { ca: trust.ca }),
      },
    });
  }

  async #retried(
    agent: Agent,
    method: Dispatcher.HttpMethod,
    path: string,
    options: RequestOptions,
  ): Promise<Answer> {
    const { retry, random, logger } = this.#options;
    const secrets = [this.#options.token, ...(options.secrets ?? [])];
    const name = redactSecrets(describeRequest(method, path), secrets);
    for (let attempt = 0; ; attempt++) {
      const startedAt = performance.now();
      const result = await this.#once(agent, method, path, options, name, secrets);
      this.#options.onAnswer?.({
        request: name,
        status: result.status,
        durationMs: performance.now() - startedAt,
        ...(result.retryAfterMs === undefined ? {} : { retryAfterMs: result.retryAfterMs }),
      });
      if ('answer' in result) return result.answer;
      if (!result.retryable || attempt + 1 >= retry.attempts) throw result.error;
      const delayMs = result.retryAfterMs ?? fullJitterDelay(attempt, retry, random);
      logger?.debug(
        { error: result.error.message, delayMs: Math.round(delayMs) },
        'Rancher request failed, trying again',
      );
      await pause(delayMs, this.#closed.signal, options.signal);
    }
  }

  /** One try. Throws only when aborted. */
  async #once(
    agent: Agent,
    method: Dispatcher.HttpMethod,
    path: string,
    options: RequestOptions,
    name: string,
    secrets: readonly string[],
  ): Promise<Attempt> {
    try {
      const { statusCode, headers, body } = await request(`${this.#options.url}${path}`, {
        method,
        dispatcher: agent,
        headers: this.#headers(options),
        ...(options.signal === undefined ? {} : { signal: options.signal }),
        ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
      });
      const text = await body.text();
      if (statusCode < 300) return { answer: { status: statusCode, text }, status: statusCode };
      const retryAfter = Array.isArray(headers['retry-after'])
        ? headers['retry-after'][0]
        : headers['retry-after'];
      return {
        status: statusCode,
        error: errorFromAnswer(name, statusCode, redactSecrets(text, secrets)),
        retryable: statusCode === 429 || statusCode >= 500,
        retryAfterMs: retryAfterMs(retryAfter, Date.now(), this.#options.retry.maxRetryAfterMs),
      };
    } catch (error) {
      options.signal?.throwIfAborted();
      this.#closed.signal.throwIfAborted();
      return failedConnection(name, error);
    }
  }

  #headers(options: RequestOptions): Record<string, string> {
    return {
      accept: 'application/json, text/plain;q=0.9, */*;q=0.1',
      'user-agent': 'scale-cluster-agent',
      ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(options.authenticated === false ? {} : { authorization: `Bearer ${this.#options.token}` }),
    };
  }
}

/** How one try ended; status 0 is no answer. */
type Attempt = { status: number; retryAfterMs?: number | undefined } & (
  { answer: Answer } | { error: Error; retryable: boolean }
);

/** `value` of a setting; `''` if it has none. */
export function settingValue(setting: unknown): string {
  const value = (setting as { value?: unknown } | undefined)?.value;
  return typeof value === 'string' ? value : '';
}

function parseJson(request: string, answer: Answer): unknown {
  if (answer.text === '') return undefined;
  try {
    return JSON.parse(answer.text);
  } catch (error) {
    throw new UnexpectedAnswerError(
      'ERR_RANCHER_ANSWER',
      `${request}: ${answer.status}, but the answer is not JSON; is this URL a Rancher server?`,
      { request, status: answer.status, cause: error },
    );
  }
}

/** Codes of node:tls and OpenSSL for a certificate that doesn't verify. */
const certificateCodes =
  /^(ERR_TLS_CERT_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|ERR_SSL_)/;

function failedConnection(request: string, error: unknown): Attempt {
  const code = (error as { code?: unknown }).code;
  const message = error instanceof Error ? error.message : String(error);
  if (typeof code === 'string' && certificateCodes.test(code)) {
    return {
      status: 0,
      retryable: false,
      error: new TlsError(
        'ERR_RANCHER_TLS',
        `${request}: Rancher's certificate can't be verified (${code}: ${message}).`,
        { request, cause: error },
      ),
    };
  }
  const detail = typeof code === 'string' && !message.includes(code) ? `${code}: ${message}` : message;
  return {
    status: 0,
    retryable: true,
    error: new NetworkError('ERR_RANCHER_NETWORK', `${request}: no answer from Rancher (${detail}).`, {
      request,
      cause: error,
    }),
  };
}

async function raceAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
  }
}
