import { freemem } from 'node:os';
import { getHeapStatistics } from 'node:v8';
import { formatBytes, plural } from '../output/format.js';
import { fail, ok, warn, type Finding } from './finding.js';

const MIB = 1024 * 1024;

/** What clusters need: `scale-cluster demo` shows 1.7 MiB and 0.5 MiB of heap for each; rounded up. */
export const needs = {
  /** Two tunnels. */
  filesPerCluster: 2,
  /** Listeners, the state, connections to Rancher's API and of the REST API. */
  filesBase: 200,
  /** Resident, with all the connections that Rancher holds through a tunnel. */
  bytesPerCluster: 2 * MIB,
  bytesBase: 200 * MIB,
  /** The part of it on V8's heap, which has a limit of its own. */
  heapPerCluster: 0.75 * MIB,
  heapBase: 100 * MIB,
} as const;

/** Open files that this process may have; undefined where the system doesn't tell (Windows). */
export function openFileLimit(): number | undefined {
  const report = process.report.getReport() as { userLimits?: { open_files?: { hard?: number | string } } };
  const hard = report.userLimits?.open_files?.hard;
  if (hard === undefined) return undefined;
  return hard === 'unlimited' ? Infinity : Number(hard);
}

/** Node raises the soft limit to the hard one at its start, so the hard one counts. */
export function checkOpenFiles(count: number, limit: number | undefined): Finding {
  const needed = needs.filesBase + count * needs.filesPerCluster;
  if (limit === undefined) return ok('open files', 'this system has no such limit to read');
  const message = `${limit} allowed, ${needed} needed for ${plural(count, 'cluster')}`;
  return limit >= needed
    ? ok('open files', message)
    : fail(
        'open files',
        message,
        `raise the hard limit, as in "ulimit -Hn ${needed * 2}" or LimitNOFILE= of systemd`,
      );
}

/** Compares what clusters need with what is free here (or in this container). */
export function checkMemory(
  count: number,
  available = availableMemory(),
  heapLimit = getHeapStatistics().heap_size_limit,
): Finding[] {
  const needed = needs.bytesBase + count * needs.bytesPerCluster;
  const message = `${formatBytes(available)} available, about ${formatBytes(needed)} needed for ${plural(count, 'cluster')}`;
  const fits = Math.max(0, Math.floor((available - needs.bytesBase) / needs.bytesPerCluster));
  const memory =
    available >= needed
      ? ok('memory', message)
      : fail('memory', message, `use a larger machine, or at most about ${plural(fits, 'cluster')} here`);

  const heapNeeded = needs.heapBase + count * needs.heapPerCluster;
  const heapMessage = `limit ${formatBytes(heapLimit)}, about ${formatBytes(heapNeeded)} needed`;
  const heap =
    heapLimit >= heapNeeded
      ? ok('JavaScript heap', heapMessage)
      : warn(
          'JavaScript heap',
          heapMessage,
          `start with NODE_OPTIONS=--max-old-space-size=${Math.ceil((heapNeeded * 1.5) / MIB)}`,
        );
  return [memory, heap];
}

/** What is free, within the limit of a container if there is one. */
function availableMemory(): number {
  return process.availableMemory?.() ?? freemem();
}
