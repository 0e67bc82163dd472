import type { Logger } from '@scale-cluster/remotedialer';

/** What this package logs to; a pino logger fits. Objects never hold tokens or keys. */
export type { Logger };

const nothing = (): void => undefined;

/** Logs nowhere: the default of every `logger` option. */
export const silentLogger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
