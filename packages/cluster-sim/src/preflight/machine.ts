import { getHeapStatistics } from 'node:v8';
import { memoryAvailable } from './memory.js';

/** What this machine (or container) leaves to this process. */
export interface Machine {
  /** Open files allowed; undefined where the system has no such limit to read (Windows). */
  openFiles: number | undefined;
  /** Processes and threads allowed to this user; undefined where that can't be read. */
  tasks: number | undefined;
  /** Memory that is free now, in bytes. */
  memoryBytes: number;
  /** Limit of V8's heap, in bytes, of all threads that clusters in memory can be in together. */
  heapBytes: number;
}

/**
 * Looks at the machine as it is now. Limits are those of the start of the process: Node raises the soft limit of open
 * files to the hard one by itself, and only the administrator can raise the hard one.
 *
 * @param shards worker threads that clusters are spread over; 0 if they are in the main thread
 */
export function readMachine(shards = 0): Machine {
  limits ??= readLimits();
  return {
    ...limits,
    memoryBytes: memoryAvailable(),
    // Each thread has a heap, with the same limit: see WorkerShard.
    heapBytes: getHeapStatistics().heap_size_limit * Math.max(1, shards),
  };
}

let limits: Pick<Machine, 'openFiles' | 'tasks'> | undefined;

interface Report {
  userLimits?: Record<
    'open_files' | 'max_user_processes',
    { hard?: number | string; soft?: number | string }
  >;
}

function readLimits(): Pick<Machine, 'openFiles' | 'tasks'> {
  const { userLimits } = process.report.getReport() as Report;
  return {
    openFiles: limitOf(userLimits?.open_files?.hard),
    tasks: limitOf(userLimits?.max_user_processes?.soft),
  };
}

const limitOf = (value: number | string | undefined): number | undefined =>
  value === undefined ? undefined : value === 'unlimited' ? Infinity : Number(value);
