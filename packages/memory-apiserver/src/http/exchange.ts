import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestAttributes, UserInfo } from '../registry/user.js';
import type { Accepted } from './media-type.js';
import type { Upgrade } from './streaming/upgrade.js';

/** One request on its way through the handlers. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** For clients that want to go on in another protocol. */
  readonly upgrade?: Upgrade;
  readonly acceptsGzip: boolean;
  accepted: Accepted;
  user: UserInfo;
  /** What was authorized; for requests of resources. */
  attributes?: RequestAttributes;
  /** For reports: `get`, `list`, `watch`, … */
  verb: string;
  /** For reports: `pods`, `pods/status`; `''` for other paths. */
  resource: string;
  /** Of the answer's body, so far. */
  bytes: number;
}

/** What is told of a request after it has been answered. */
export interface RequestReport {
  verb: string;
  resource: string;
  path: string;
  userAgent: string;
  code: number;
  /** Of the answer's body. */
  bytes: number;
  durationMs: number;
}
