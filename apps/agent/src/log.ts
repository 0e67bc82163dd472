import { pino, type Logger as PinoLogger } from 'pino';
import type { Settings } from '@scale-cluster/cluster-sim';

/**
 * The program's logger: JSON lines on stdout, written at once so that none is lost in a crash. What could be a
 * secret by its name is blanked, should a caller ever pass it.
 */
export function createLogger(level: Settings['logLevel']): PinoLogger {
  return pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: ['token', 'bearerToken', 'apiKey', 'authorization', '*.token', '*.bearerToken', '*.apiKey', '*.authorization'],
  });
}
