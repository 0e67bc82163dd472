/** Codes of errors that someone can put right without reading the program: usage and settings end with 2, the rest 1. */
const exitCodes: Readonly<Record<string, number>> = {
  ERR_SETTINGS: 2,
  ERR_TEMPLATE: 2,
  ERR_PARSE_ARGS_UNKNOWN_OPTION: 2,
  ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL: 2,
  ERR_PARSE_ARGS_INVALID_OPTION_VALUE: 2,
  ERR_FLEET_STATE: 1,
  ERR_AGENT_LISTEN: 1,
};

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** The exit code that a program should end with: 2 for a mistake in usage or settings, else 1. */
export function exitCodeOf(error: unknown): number {
  return exitCodes[codeOf(error) ?? ''] ?? 1;
}

/** One sentence for a mistake of the user, the whole stack for a bug. */
export function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return (codeOf(error) ?? '') in exitCodes ? error.message : (error.stack ?? error.message);
}
