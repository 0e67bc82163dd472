import type { IncomingMessage, ServerResponse } from 'node:http';
import { ApiError, messageOf } from '../errors.js';
import type { Logger } from '../options.js';
import type { Authenticator } from './authenticate.js';
import { errorBody, sendJson, unauthorizedBody, type RequestContext } from './http.js';

export type Handler = (context: RequestContext) => void | Promise<void>;

interface Route {
  method: string;
  segments: string[];
  /** Matches longer paths too. */
  prefix: boolean;
  open: boolean;
  handler: Handler;
}

/** Finds the handler for a path, asks for authentication where needed and turns errors into answers. */
export class Router {
  readonly #routes: Route[] = [];
  readonly #authenticator: Authenticator;
  readonly #logger: Logger;

  constructor(authenticator: Authenticator, logger: Logger) {
    this.#authenticator = authenticator;
    this.#logger = logger;
  }

  /**
   * @param pattern `/v3/clusters/:id`; a final `/*` takes any rest; method `*` takes all.
   * @param options `open`: needs no authentication here (none at all, or one of its own).
   */
  add(method: string, pattern: string, handler: Handler, options: { open?: boolean } = {}): void {
    const prefix = pattern.endsWith('/*');
    const segments = (prefix ? pattern.slice(0, -2) : pattern).split('/').slice(1);
    this.#routes.push({ method, segments, prefix, open: options.open ?? false, handler });
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://rancher.invalid');
    try {
      const match = this.#match(request.method ?? 'GET', url.pathname);
      if (!(match && 'route' in match && match.route.open) && !this.#authenticator.allows(request))
        return sendJson(response, 401, unauthorizedBody(url.pathname));
      if (!match) throw new ApiError(404, 'NotFound', `${url.pathname} not found`);
      if (!('route' in match)) throw new ApiError(405, 'MethodNotAllowed', 'Method not allowed');
      await match.route.handler({ request, response, url, params: match.params });
    } catch (error) {
      this.#fail(request, response, error);
    }
  }

  #match(
    method: string,
    path: string,
  ): { route: Route; params: Record<string, string> } | { other: true } | undefined {
    const parts = path.split('/').slice(1);
    if (parts.length > 1 && parts.at(-1) === '') parts.pop();
    let other = false;
    for (const route of this.#routes) {
      if (route.prefix ? parts.length < route.segments.length : parts.length !== route.segments.length)
        continue;
      const params: Record<string, string> = {};
      const fits = route.segments.every((segment, index) => {
        const part = parts[index] ?? '';
        if (!segment.startsWith(':')) return segment === part;
        params[segment.slice(1)] = safeDecode(part);
        return part !== '';
      });
      if (!fits) continue;
      if (route.method === method || route.method === '*') return { route, params };
      other = true;
    }
    return other ? { other } : undefined;
  }

  #fail(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    if (response.headersSent) {
      response.destroy();
      return;
    }
    let known = error;
    if (!(known instanceof ApiError)) {
      this.#logger.error({ error: messageOf(error), path: request.url }, 'request failed');
      known = new ApiError(500, 'ServerError', messageOf(error));
    }
    sendJson(response, (known as ApiError).status, errorBody(known as ApiError));
  }
}

function safeDecode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
