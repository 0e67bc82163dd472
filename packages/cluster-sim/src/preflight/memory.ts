import { readFileSync } from 'node:fs';
import { freemem, totalmem } from 'node:os';

/** Of the container if it has a limit (without one Node tells a number beyond every machine), else of the machine. */
export function memoryTotal(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

/**
 * What is left of {@link memoryTotal}, in bytes. In a container Node counts cached files as used; those that the kernel
 * would drop first are free here, as in a kubelet's working set.
 */
export function memoryAvailable(): number {
  const free = process.availableMemory?.() ?? freemem();
  const total = memoryTotal();
  return total < totalmem() ? Math.min(total, free + droppableCache()) : free;
}

function droppableCache(): number {
  try {
    const path = cgroupOf(readFileSync('/proc/self/cgroup', 'utf8'));
    return path === undefined ? 0 : inactiveFile(readFileSync(`/sys/fs/cgroup${path}/memory.stat`, 'utf8'));
  } catch {
    // No Linux, or control groups of version 1: then the cache counts as used, to be on the safe side.
    return 0;
  }
}

/** The group of version 2 in `/proc/self/cgroup` (cgroups(7)). */
export function cgroupOf(text: string): string | undefined {
  return /^0::(\/.*)$/m.exec(text)?.[1]?.replace(/\/$/, '');
}

/** `inactive_file` of a `memory.stat`, in bytes. */
export function inactiveFile(text: string): number {
  return Number(/^inactive_file (\d+)$/m.exec(text)?.[1] ?? 0);
}
