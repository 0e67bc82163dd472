import { readdirSync, readFileSync } from 'node:fs';

/** What a process holds and has used, all its threads together. */
export interface Usage {
  readonly rssMiB: number;
  /** The most it ever held. */
  readonly peakRssMiB: number;
  readonly cpuSec: number;
  readonly openFiles: number;
}

/** USER_HZ: what /proc counts CPU time in, 100 on every Linux architecture that Node runs on. */
const ticksPerSec = 100;

/** Reads /proc (see proc(5)); throws when the process is gone. */
export function usageOf(pid: number): Usage {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const MiB = (field: string): number =>
    Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024;
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name of the program is in parentheses and may hold blanks; utime and stime are fields 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return {
    rssMiB: MiB('VmRSS'),
    peakRssMiB: MiB('VmHWM'),
    cpuSec: (Number(fields[11]) + Number(fields[12])) / ticksPerSec,
    openFiles: readdirSync(`/proc/${pid}/fd`).length,
  };
}
