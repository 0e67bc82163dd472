import http, { type IncomingMessage } from 'node:http';
import { ClusterFaultError, DialError, KubeStatusError, messageOf, UnansweredError } from '../errors.js';
import type { ClusterLink } from '../tunnels/cluster-link.js';

/** Timeout of Rancher's typed clients (clustermanager `ToRESTConfig`), ms; watches have none. */
const requestTimeoutMs = 45_000;

/** What Rancher's controllers accept; a server may answer either. */
export const jsonAccept = 'application/json, */*';

export interface KubeRequest {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query. */
  path: string;
  body?: Buffer | string;
  contentType?: string;
  accept?: string;
  /** Status codes of 400 and above that are normal here: they are answered, others are thrown. */
  allow?: readonly number[];
  signal?: AbortSignal;
}

export interface KubeAnswer {
  status: number;
  contentType: string;
  body: Buffer;
}

/** As whom requests go out. */
export interface Identity {
  token: string;
  userAgent: string;
  impersonate?: {
    user: string;
    groups: readonly string[];
    extra: Readonly<Record<string, readonly string[]>>;
  };
}

/** Rancher as a client of one cluster's API server. Every answer that a real cluster would not give is reported. */
export class KubeClient {
  readonly link: ClusterLink;
  readonly #headers: http.OutgoingHttpHeaders;

  /** @param identity the agent's service account unless given. */
  constructor(link: ClusterLink, identity?: Identity) {
    this.link = link;
    const { token, userAgent, impersonate } = identity ?? {
      token: link.params.token,
      userAgent: `rancher/v0.0.0 (linux/amd64) kubernetes/$Format cluster ${link.cluster.id}`,
    };
    this.#headers = {
      Host: link.params.address,
      Authorization: `Bearer ${token}`,
      'User-Agent': userAgent,
      ...(impersonate ? impersonationHeaders(impersonate) : {}),
    };
  }

  /**
   * One request and its whole answer. Rejects with {@link KubeStatusError} for codes of 400 and above that are
   * not in `allow`, with a transport error otherwise.
   */
  async request(request: KubeRequest): Promise<KubeAnswer> {
    const answer = await this.#send(request, (response) => collect(response), requestTimeoutMs);
    if (answer.status >= 400 && !request.allow?.includes(answer.status)) {
      const what = describe(request);
      const detail = statusMessage(answer.body);
      if (!this.link.excused(undefined))
        this.#report(
          `http-${answer.status}`,
          `${what} [${request.contentType ?? request.accept ?? jsonAccept}]: ${detail}`,
        );
      throw new KubeStatusError(what, answer.status, detail);
    }
    return answer;
  }

  /** GETs a JSON value; undefined for a 404 when `allow` has it. */
  async get<T>(
    path: string,
    options: { allow?: readonly number[]; accept?: string } = {},
  ): Promise<T | undefined> {
    const answer = await this.request({ path, ...options });
    return answer.status >= 400 ? undefined : parseJson<T>(answer, `GET ${path}`);
  }

  /** Sends a JSON object; undefined when the answer is one of `allow`. */
  async send<T>(
    method: 'POST' | 'PUT' | 'PATCH',
    path: string,
    body: unknown,
    options: SendOptions = {},
  ): Promise<T | undefined> {
    const { contentType = 'application/json', ...rest } = options;
    const answer = await this.request({
      method,
      path,
      body: Buffer.isBuffer(body) ? body : JSON.stringify(body),
      contentType,
      ...rest,
    });
    return answer.status >= 400 ? undefined : parseJson<T>(answer, `${method} ${path}`);
  }

  /** Opens a stream (a watch): resolves with the response as soon as its head is there, whatever the status. */
  stream(request: KubeRequest): Promise<IncomingMessage> {
    return this.#send(request, (response) => Promise.resolve(response), undefined);
  }

  async #send<T>(
    request: KubeRequest,
    read: (response: IncomingMessage) => Promise<T>,
    timeoutMs: number | undefined,
    again = true,
  ): Promise<T> {
    const outgoing = http.request({
      agent: this.link.agent,
      method: request.method ?? 'GET',
      path: request.path,
      headers: {
        ...this.#headers,
        Accept: request.accept ?? jsonAccept,
        ...(request.body === undefined
          ? {}
          : {
              'Content-Type': request.contentType ?? 'application/json',
              'Content-Length': Buffer.byteLength(request.body),
            }),
      },
      ...(request.signal ? { signal: request.signal } : {}),
    });
    const cancel =
      timeoutMs === undefined
        ? undefined
        : this.link.environment.deadlines.after(timeoutMs, () =>
            outgoing.destroy(new UnansweredError(describe(request), timeoutMs)),
          );
    try {
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        outgoing.once('response', resolve);
        // Stays for good: a request may fail twice (tunnel gone, then its write cancelled), and a later error, which
        // arrives at the response as well, would be thrown without a listener.
        outgoing.on('error', reject);
        outgoing.end(request.body);
      });
      return await read(response);
    } catch (error) {
      // A kept connection that the server closed just then: Go's transport tries once more, too.
      if (
        again &&
        outgoing.reusedSocket &&
        request.body === undefined &&
        !request.signal?.aborted &&
        !(error instanceof UnansweredError)
      )
        return await this.#send(request, read, timeoutMs, false);
      this.#blame(request, error);
      throw error;
    } finally {
      cancel?.();
    }
  }

  #blame(request: KubeRequest, error: unknown): void {
    // Failed dials have been judged where they happened.
    if (request.signal?.aborted || error instanceof DialError) return;
    const kind = error instanceof UnansweredError ? 'request-unanswered' : 'request-failed';
    this.link.reportFailure(kind, `${describe(request)}: ${messageOf(error)}`, error);
  }

  #report(kind: string, detail: string): void {
    this.link.environment.violations.report(kind, this.link.cluster.id, detail);
  }
}

interface SendOptions {
  contentType?: string;
  accept?: string;
  allow?: readonly number[];
}

/** The headers of Kubernetes user impersonation; extra keys are percent-encoded and lower case. */
export function impersonationHeaders(
  impersonate: NonNullable<Identity['impersonate']>,
): http.OutgoingHttpHeaders {
  const headers: http.OutgoingHttpHeaders = {
    'Impersonate-User': impersonate.user,
    'Impersonate-Group': [...impersonate.groups],
  };
  for (const [key, values] of Object.entries(impersonate.extra))
    headers[`Impersonate-Extra-${encodeURIComponent(key)}`] = [...values];
  return headers;
}

/** Parses an answer. Throws {@link ClusterFaultError} when it isn't JSON. */
export function parseJson<T>(answer: KubeAnswer, what: string): T {
  try {
    return JSON.parse(answer.body.toString('utf8')) as T;
  } catch (error) {
    throw new ClusterFaultError(`${what} answered no JSON but ${answer.contentType}`, { cause: error });
  }
}

function collect(response: IncomingMessage): Promise<KubeAnswer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.once('error', reject);
    response.once('end', () =>
      resolve({
        status: response.statusCode ?? 0,
        contentType: response.headers['content-type'] ?? '',
        body: chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks),
      }),
    );
  });
}

function describe(request: KubeRequest): string {
  return `${request.method ?? 'GET'} ${request.path}`;
}

/** The message of a Status, or the beginning of whatever came. */
export function statusMessage(body: Buffer): string {
  const text = body.toString('utf8');
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    if (typeof message === 'string') return message;
  } catch {
    // Not JSON: the text itself has to do.
  }
  return text.slice(0, 200);
}
