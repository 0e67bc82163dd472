import { readFileSync } from 'node:fs';

/** Bytes that processes hold. */
export interface Memory {
  /** All that is in memory, what processes share counted in each of them. */
  readonly rss: number;
  /** What they share is split among them: the sum is what the machine really gives. */
  readonly pss: number;
}

/** Sums over processes that run; Linux only (/proc/PID/smaps_rollup). */
export function memoryOf(pids: Iterable<number>): Memory {
  let [rss, pss] = [0, 0];
  for (const pid of pids) {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    const bytes = (field: string): number =>
      Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'mu').exec(text)?.[1] ?? 0) * 1024;
    rss += bytes('Rss');
    pss += bytes('Pss');
  }
  return { rss, pss };
}
