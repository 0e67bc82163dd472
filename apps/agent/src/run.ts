import type { Settings } from '@scale-cluster/cluster-sim';
import type { FastifyBaseLogger } from 'fastify';
import { startAgent, type StartOptions } from './server.js';

/** How long a shutdown may take before the process ends anyway; what was acknowledged is on disk all the time. */
const SHUTDOWN_LIMIT_MS = 15_000;

/** Options of {@link runAgent}. */
export interface RunOptions extends StartOptions {
  /** Called once the agent listens. */
  readonly onListening?: (url: string) => void;
}

/**
 * Runs the daemon until SIGTERM or SIGINT and gives the exit code. A second signal, or a shutdown that hangs,
 * ends the process at once; an error that nobody handled is logged and ends it with 1, for a supervisor to start
 * it anew: all clusters come back from `state.json`. Throws what `startAgent` throws.
 */
export async function runAgent(settings: Settings, options: RunOptions): Promise<number> {
  const { logger } = options;
  const agent = await startAgent(settings, options);
  options.onListening?.(agent.url);

  const exitCode = await new Promise<number>((resolve) => {
    const onSignal = (signal: NodeJS.Signals): void => {
      logger.info({ signal }, 'shutting down');
      process.once('SIGINT', () => process.exit(130));
      process.once('SIGTERM', () => process.exit(143));
      resolve(0);
    };
    process.once('SIGTERM', onSignal);
    process.once('SIGINT', onSignal);
    const onBug = (error: unknown): void => {
      logger.error({ err: error }, 'unexpected error; the agent stops, its state is safe');
      resolve(1);
    };
    process.on('uncaughtException', onBug);
    process.on('unhandledRejection', onBug);
  });

  limitShutdown(logger);
  await agent.close();
  logger.info({}, 'agent has stopped');
  return exitCode;
}

function limitShutdown(logger: FastifyBaseLogger): void {
  setTimeout(() => {
    logger.error({ limitMs: SHUTDOWN_LIMIT_MS }, 'shutdown takes too long; ending now');
    process.exit(1);
  }, SHUTDOWN_LIMIT_MS).unref();
}
