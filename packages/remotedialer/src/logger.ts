/** Where a client or server reports what happens. The shape is pino's. Tokens and payloads are never passed to it. */
export interface Logger {
  debug(object: object, message: string): void;
  info(object: object, message: string): void;
  warn(object: object, message: string): void;
  error(object: object, message: string): void;
}

const nothing = (): void => undefined;

/** Logs nothing; the default. */
export const silentLogger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
