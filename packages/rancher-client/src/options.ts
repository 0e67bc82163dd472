import type { DelayRange } from './delay.js';
import { OptionsError } from './errors.js';

/** Where the client says what is worth knowing; pino fits. Never given a token. */
export interface Logger {
  debug(object: object, message: string): void;
  info(object: object, message: string): void;
  warn(object: object, message: string): void;
  error(object: object, message: string): void;
}

export interface TlsOptions {
  /**
   * - `strict`: only the CA of `ca`, or else the one that Rancher publishes in `/v3/settings/cacerts`, which is fetched
   *   once without verification, as Rancher's own agent does, and trusted from then on. If Rancher publishes none
   *   (public certificate), the system's roots.
   * - `system`: the roots that come with Node (and `NODE_EXTRA_CA_CERTS`).
   * - `insecure`: no verification at all; warned about once.
   */
  mode: 'strict' | 'system' | 'insecure';
  /** PEM; used by `strict` instead of fetching. */
  ca?: string;
  /** Lower-case hex sha256 which the CA must have in `strict` (`CATTLE_CA_CHECKSUM` of an import manifest). */
  caChecksum?: string;
}

/** One answer of Rancher, or the lack of one: each try of a retried request for itself. */
export interface RancherAnswer {
  /** Method and path, without query and secrets: `POST /v3/clusters`. */
  request: string;
  /** 0 when there was none: refused, reset, timed out. */
  status: number;
  /** Until the whole body was read, waiting for a free connection included. */
  durationMs: number;
  /** What `Retry-After` asks for, as far as it is obeyed. */
  retryAfterMs?: number;
}

export interface RancherClientOptions {
  /** `https://rancher.example.com[:port]`; a trailing `/`, `/v3` or `/v1` is ignored. `http://` works too. */
  url: string;
  /** API token, an opaque string to this client. Sent as `Authorization: Bearer`. */
  token: string;
  /** @default { mode: 'strict' } */
  tls?: TlsOptions;
  logger?: Logger;
  /** 0 ≤ x < 1, for jitter. @default Math.random */
  random?: () => number;
  /** Called after every answer; for pace and metrics. */
  onAnswer?: (answer: RancherAnswer) => void;
  /** Retries of requests that met 429, 5xx or no answer. @default 5 tries, 500 ms doubling up to 15 s */
  retry?: Partial<RetryOptions>;
  /** Waiting for what Rancher makes by itself (management id, token). @default 0.5 → 2 s, 120 s in all */
  poll?: Partial<PollOptions>;
  /** `/v3/subscribe`. @default 30 s of silence, reconnects after up to 1 → 30 s */
  subscription?: Partial<SubscriptionOptions>;
  /** Connections to Rancher that are open at once; more requests wait in line. @default 16 */
  maxConnections?: number;
  /** Longest wait for an answer to begin, and between two pieces of it, in milliseconds. @default 30000 */
  timeoutMs?: number;
  /** Items per page of a list; Rancher lists everything for each page. @default 2000, at most 10000 */
  pageSize?: number;
  /** Workspace (namespace) for clusters made through the provisioning API. @default 'fleet-default' */
  workspace?: string;
}

export interface RetryOptions extends DelayRange {
  /** Tries in all, the first included. */
  readonly attempts: number;
  /** Longest `Retry-After` that is obeyed, milliseconds; a longer one is cut to this. */
  readonly maxRetryAfterMs: number;
}

export interface PollOptions extends DelayRange {
  /** Give up with WaitTimeoutError after this long. */
  readonly timeoutMs: number;
  /** Make a registration token ourselves if none has appeared for this long. */
  readonly createTokenAfterMs: number;
}

export interface SubscriptionOptions extends DelayRange {
  /** No frame for this long = the connection is dead (Rancher pings each 5 s: norman `pkg/subscribe/handler.go`). */
  readonly silenceMs: number;
  /** Longest wait for the upgrade. */
  readonly handshakeTimeoutMs: number;
}

/** {@link RancherClientOptions} with every default in place. */
export interface ResolvedOptions {
  readonly url: string;
  readonly token: string;
  readonly tls: Readonly<TlsOptions>;
  readonly logger: Logger | undefined;
  readonly random: () => number;
  readonly onAnswer: ((answer: RancherAnswer) => void) | undefined;
  readonly retry: RetryOptions;
  readonly poll: PollOptions;
  readonly subscription: SubscriptionOptions;
  readonly maxConnections: number;
  readonly timeoutMs: number;
  readonly pageSize: number;
  readonly workspace: string;
}

const defaultRetry: RetryOptions = { attempts: 5, initialMs: 500, maxMs: 15_000, maxRetryAfterMs: 60_000 };
const defaultPoll: PollOptions = {
  initialMs: 500,
  maxMs: 2_000,
  timeoutMs: 120_000,
  createTokenAfterMs: 15_000,
};
const defaultSubscription: SubscriptionOptions = {
  initialMs: 1_000,
  maxMs: 30_000,
  silenceMs: 30_000,
  handshakeTimeoutMs: 10_000,
};

/** Checks the options and puts in the defaults. Throws {@link OptionsError}. */
export function resolveOptions(options: RancherClientOptions): ResolvedOptions {
  if (options.token.trim() === '') throw new OptionsError('The Rancher API token is empty.');
  const tls = options.tls ?? { mode: 'strict' };
  const checksum = tls.caChecksum?.trim().toLowerCase();
  if (checksum !== undefined && checksum !== '' && !/^[0-9a-f]{64}$/.test(checksum)) {
    throw new OptionsError('The CA checksum must be 64 hex digits (sha256).');
  }
  return Object.freeze({
    url: normalizeUrl(options.url),
    token: options.token.trim(),
    tls: {
      mode: tls.mode,
      ...(tls.ca === undefined || tls.ca.trim() === '' ? {} : { ca: tls.ca }),
      ...(checksum === undefined || checksum === '' ? {} : { caChecksum: checksum }),
    },
    logger: options.logger,
    random: options.random ?? Math.random,
    onAnswer: options.onAnswer,
    retry: { ...defaultRetry, ...options.retry },
    poll: { ...defaultPoll, ...options.poll },
    subscription: { ...defaultSubscription, ...options.subscription },
    maxConnections: options.maxConnections ?? 16,
    timeoutMs: options.timeoutMs ?? 30_000,
    pageSize: Math.min(options.pageSize ?? 2_000, 10_000),
    workspace: options.workspace ?? 'fleet-default',
  });
}

/** Rancher's base URL without a slash at the end. Throws {@link OptionsError} if it isn't an http(s) URL. */
export function normalizeUrl(text: string): string {
  let url: URL;
  try {
    url = new URL(text.trim());
  } catch {
    throw new OptionsError(
      `The Rancher URL "${text}" is not a URL; it should look like https://rancher.example.com.`,
    );
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new OptionsError(`The Rancher URL must begin with https:// (or http://), not ${url.protocol}//.`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new OptionsError(
      'The Rancher URL must not hold a user name or password; give an API token instead.',
    );
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '').replace(/\/v[13]$/, '')}`;
}
