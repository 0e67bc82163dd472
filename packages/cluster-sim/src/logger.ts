/** What this package logs to; a pino logger fits. Objects never hold tokens or keys. */
export interface Logger {
  debug(object: object, message: string): void;
  info(object: object, message: string): void;
  warn(object: object, message: string): void;
  error(object: object, message: string): void;
}

const nothing = (): void => undefined;

/** Logs nowhere: the default of every `logger` option. */
export const silentLogger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
