import { pino, type Logger as PinoLogger } from 'pino';
import type { Settings } from '@scale-cluster/cluster-sim';

/** What could be a secret by its name is blanked, should a caller ever pass it. */
const secrets = ['token', 'bearerToken', 'apiKey', 'authorization'];

/** The program's logger: JSON lines on stdout or in `file`, written at once so that none is lost in a crash. */
export function createLogger(level: Settings['logLevel'], file?: string): PinoLogger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: [...secrets, ...secrets.map((name) => `*.${name}`)],
  };
  return file === undefined
    ? pino(options)
    : pino(options, pino.destination({ dest: file, sync: true, mode: 0o600 }));
}
