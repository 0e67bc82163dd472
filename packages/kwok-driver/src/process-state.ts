import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { KwokDriverError } from './errors.js';

/** Whether this machine tells about processes by files; without, only whether a number is in use can be asked. */
export const hasProc = existsSync('/proc/self/cwd');

/** Whether a process number is in use, be it by a zombie. */
export function isPidInUse(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Kills a process if there still is one. */
export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

/**
 * Waits until killed processes are gone with their ports. kwokctl returns right after its SIGKILL, while a
 * kube-apiserver of some hundred megabytes takes a moment to go.
 *
 * @throws KwokDriverError with the code ERR_KWOK_PROCESS_LEFT after 10 s
 */
export async function waitUntilEnded(pids: readonly number[], cluster: string): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    const ended = await Promise.all(pids.map(hasEnded));
    if (ended.every((one) => one)) return;
    await delay(25);
  }
  const message = `processes of cluster "${cluster}" outlive SIGKILL: ${pids.join(', ')}`;
  throw new KwokDriverError('ERR_KWOK_PROCESS_LEFT', message, { cluster });
}

/** A zombie has ended when its last thread has: until then files and ports are open. */
async function hasEnded(pid: number): Promise<boolean> {
  if (!hasProc) return !isPidInUse(pid);
  try {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    return /^State:\s+[ZX]/m.test(status) && (await readdir(`/proc/${pid}/task`)).length <= 1;
  } catch {
    return true;
  }
}
