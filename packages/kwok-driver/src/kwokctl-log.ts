/** One line of what kwokctl writes to stderr; slog's JSON when stderr isn't a terminal. */
export interface KwokctlLogEntry {
  level: string;
  msg: string;
  err: string;
}

/** Reads kwokctl's stderr. Lines that aren't JSON (kubectl's, klog's) become entries with only `msg`. Never throws. */
export function parseKwokctlLog(stderr: string): KwokctlLogEntry[] {
  return stderr
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map(parseLine);
}

function parseLine(line: string): KwokctlLogEntry {
  if (line.startsWith('{')) {
    try {
      const { level, msg, err } = JSON.parse(line) as Record<string, unknown>;
      if (typeof msg === 'string') return { level: text(level), msg, err: text(err) };
    } catch {
      // Not JSON after all.
    }
  }
  return { level: '', msg: line, err: '' };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** The one line that tells best why kwokctl failed. */
export function reasonOf(entries: readonly KwokctlLogEntry[]): string {
  const last = entries.findLast(({ level }) => level === 'ERROR') ?? entries.at(-1);
  if (last === undefined) return 'nothing on stderr';
  return last.err === '' || last.msg === 'Execute exit' ? last.err || last.msg : `${last.msg}: ${last.err}`;
}
