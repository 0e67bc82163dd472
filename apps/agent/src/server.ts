import type { AddressInfo } from 'node:net';
import { Fleet, type Settings } from '@scale-cluster/cluster-sim';
import type { FastifyBaseLogger } from 'fastify';
import { createAgent } from './app.js';
import type { AgentApp } from './context.js';
import { ListenError } from './errors.js';
import { startMemoryLog } from './memory-log.js';
import { startPingServer } from './ping-server.js';
import { startPprofServer } from './profiling/pprof-server.js';
import { version } from './version.js';

/** Options of {@link startAgent}. */
export interface StartOptions {
  /** A pino logger. */
  readonly logger: FastifyBaseLogger;
  /** Port of the ping server on 127.0.0.1. @default 6080; 0 takes any free port */
  readonly pingPort?: number;
}

/** A daemon that listens. */
export interface RunningAgent {
  /** Where the REST API is, such as `http://127.0.0.1:9090`. */
  readonly url: string;
  /** Where profiles are, when `Pprof` is on. */
  readonly pprofUrl: string | undefined;
  /** The port of the ping server; `undefined` if another program has it. */
  readonly pingPort: number | undefined;
  readonly fleet: Fleet;
  /** Stops taking requests, writes the state, ends the tunnels. Safe to call again. */
  close(): Promise<void>;
}

/**
 * Starts the whole daemon: reads the state, listens, and only then lets the fleet turn to Rancher, which need
 * not be reachable. Throws {@link ListenError} when a port can't be had, the fleet's `TemplateError` and
 * `StateError` when its files are wrong; nothing is left open then.
 */
export async function startAgent(settings: Settings, options: StartOptions): Promise<RunningAgent> {
  const { logger } = options;
  const closers: (() => Promise<void> | void)[] = [];
  const closeAll = async (): Promise<void> => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    const fleet = await Fleet.open({ settings, logger });
    closers.push(() => fleet.close());
    const app = await createAgent({ fleet, settings, logger });
    closers.push(() => app.close());
    const url = await listen(app, settings);

    const ping = await startPingServer({
      logger,
      ...(options.pingPort === undefined ? {} : { port: options.pingPort }),
    });
    if (ping) closers.push(() => ping.close());
    const pprof = settings.pprof ? await startPprof(settings, logger, fleet) : undefined;
    if (pprof) closers.push(() => pprof.close());
    closers.push(startMemoryLog(settings.memLogIntervalSec, logger, () => fleet.names().length));

    fleet.start();
    logger.info(
      { version, url, pprof: pprof?.url, rancher: settings.rancherURL, home: settings.home },
      'agent is listening',
    );
    let closed: Promise<void> | undefined;
    return { url, pprofUrl: pprof?.url, pingPort: ping?.port, fleet, close: () => (closed ??= closeAll()) };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

async function listen(app: AgentApp, { listenAddress: host, listenPort: port }: Settings): Promise<string> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    throw listenError(error, 'the REST API', 'ListenPort', host, port);
  }
  const { address, family, port: bound } = app.server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${bound}`;
}

async function startPprof(
  settings: Settings,
  logger: FastifyBaseLogger,
  fleet: Fleet,
): ReturnType<typeof startPprofServer> {
  try {
    return await startPprofServer({ port: settings.pprofPort, logger, fleet });
  } catch (error) {
    throw listenError(error, 'profiles', 'PprofPort', '127.0.0.1', settings.pprofPort);
  }
}

function listenError(error: unknown, what: string, setting: string, host: string, port: number): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: 'the port is in use, perhaps by another agent',
    EACCES: 'ports below 1024 need more rights',
    EADDRNOTAVAIL: 'this machine has no such address',
  };
  const reason = code === undefined ? undefined : reasons[code];
  if (reason === undefined) return error;
  return new ListenError(
    `can't listen on ${host}:${port} for ${what}: ${reason}; choose another ${setting}`,
    {
      cause: error,
    },
  );
}
