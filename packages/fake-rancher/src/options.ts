import { OptionsError } from './errors.js';
import { randomName } from './random.js';

/** Where log lines go; pino fits. */
export interface Logger {
  debug(object: object, message: string): void;
  info(object: object, message: string): void;
  warn(object: object, message: string): void;
  error(object: object, message: string): void;
}

export interface FakeRancherOptions {
  /** Address to listen on. @default '127.0.0.1' */
  host?: string;
  /** Port to listen on; 0 lets the system choose. @default 0 */
  port?: number;
  /** HTTPS with a CA made at start (true) or plain HTTP (false). @default true */
  tls?: boolean;
  /** The API token (`<name>:<secret>`) of the one administrator. @default a random one */
  token?: string;
  /** Value of the setting `server-url`, used in links and manifests. @default the URL it listens on */
  serverUrl?: string;
  /** Milliseconds between two connected checks, and between two health checks of a cluster. @default 15_000 */
  checkIntervalMs?: number;
  /** Milliseconds from a create through /v1 until `status.clusterName` shows. @default 500 */
  provisioningDelayMs?: number;
  /** Milliseconds from the management cluster until its registration token shows. @default 250 */
  tokenDelayMs?: number;
  /** Least milliseconds that a deletion takes. @default 1_000 */
  deleteDelayMs?: number;
  /** Milliseconds between tries of API probe, health check and manifest apply. @default 5_000 */
  retryDelayMs?: number;
  /** Milliseconds that a TLS handshake or a `/ping` in a tunnel may take. @default 10_000 */
  dialTimeoutMs?: number;
  /** Clusters whose controllers may be starting at the same time (`cluster-controller-start-count`). @default 50 */
  maxStarts?: number;
  /** Manifests that may be applied at the same time (a kubectl process each, in Rancher). @default 16 */
  maxApplies?: number;
  /** Between 0 and 1; for jitter. @default Math.random */
  random?: () => number;
  logger?: Logger;
}

export type ResolvedOptions = Required<Omit<FakeRancherOptions, 'serverUrl'>> & {
  serverUrl: string | undefined;
};

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** Fills in the defaults. Throws {@link OptionsError} for values that cannot work. */
export function resolveOptions(input: FakeRancherOptions = {}): ResolvedOptions {
  const options: ResolvedOptions = {
    host: input.host ?? '127.0.0.1',
    port: input.port ?? 0,
    tls: input.tls ?? true,
    token: input.token ?? `token-${randomName(5)}:${randomName(54)}`,
    serverUrl: input.serverUrl,
    checkIntervalMs: input.checkIntervalMs ?? 15_000,
    provisioningDelayMs: input.provisioningDelayMs ?? 500,
    tokenDelayMs: input.tokenDelayMs ?? 250,
    deleteDelayMs: input.deleteDelayMs ?? 1_000,
    retryDelayMs: input.retryDelayMs ?? 5_000,
    dialTimeoutMs: input.dialTimeoutMs ?? 10_000,
    maxStarts: input.maxStarts ?? 50,
    maxApplies: input.maxApplies ?? 16,
    random: input.random ?? Math.random,
    logger: input.logger ?? silent,
  };
  if (options.token === '') throw new OptionsError('token must not be empty');
  if (!Number.isInteger(options.port) || options.port < 0 || options.port > 65_535)
    throw new OptionsError(`port must be 0 to 65535, not ${options.port}`);
  for (const name of [
    'checkIntervalMs',
    'retryDelayMs',
    'dialTimeoutMs',
    'maxStarts',
    'maxApplies',
  ] as const) {
    if (!(options[name] > 0)) throw new OptionsError(`${name} must be more than 0, not ${options[name]}`);
  }
  for (const name of ['provisioningDelayMs', 'tokenDelayMs', 'deleteDelayMs'] as const) {
    if (!(options[name] >= 0)) throw new OptionsError(`${name} must not be negative, not ${options[name]}`);
  }
  return Object.freeze(options);
}
