/** Why a command failed; every one has a sentence for people and a stable code for programs. */
export type CliErrorCode =
  | 'ERR_CLI_USAGE'
  | 'ERR_CLI_UNREACHABLE'
  | 'ERR_CLI_BAD_ANSWER'
  | 'ERR_CLI_PARTLY_FAILED'
  | 'ERR_CLI_TIMEOUT'
  | 'ERR_CLI_CANCELLED'
  | 'ERR_CLI_FILE'
  | 'ERR_CLI_DEMO'
  | 'ERR_CLI_DOCTOR';

/** An expected failure: printed as `message`, then `hint`, without a stack. */
export class CliError extends Error {
  override readonly name = 'CliError';
  /** What to do about it. */
  readonly hint: string | undefined;
  /** 2 for a mistake in the command line, else 1. */
  readonly exitCode: number;

  constructor(
    /** One of {@link CliErrorCode}, or the code in the agent's answer. */
    readonly code: string,
    message: string,
    options: { hint?: string; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.hint = options.hint;
    this.exitCode = code === ('ERR_CLI_USAGE' satisfies CliErrorCode) ? 2 : 1;
  }
}

/** A mistake in the command line. */
export function usageError(message: string, hint?: string): CliError {
  return new CliError('ERR_CLI_USAGE' satisfies CliErrorCode, message, hint === undefined ? {} : { hint });
}

/** A failure of the command's own. */
export function cliError(
  code: CliErrorCode,
  message: string,
  options: { hint?: string; cause?: unknown } = {},
): CliError {
  return new CliError(code, message, options);
}
