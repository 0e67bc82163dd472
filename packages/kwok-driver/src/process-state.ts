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

/** Subcommands of kwokctl that bring up or end processes. */
const changing = ['create', 'start', 'stop', 'delete'];

/** The kwokctl processes of a work folder that change a cluster, whoever started them. None where there is no /proc. */
export async function findCommands(workDir: string, cluster: string): Promise<number[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((entry) => /^\d+$/.test(entry));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const words = await nulSeparated(`/proc/${pid}/cmdline`);
      const name = words.indexOf('--name');
      if (!changing.includes(words[words.indexOf('cluster') - 1] ?? '')) return false;
      if (name < 0 || words[name + 1] !== cluster) return false;
      return (await nulSeparated(`/proc/${pid}/environ`)).includes(`KWOK_WORKDIR=${workDir}`);
    }),
  );
  return pids.filter((_, index) => found[index]).map(Number);
}

/** Empty for a process that has ended or is another user's. */
const nulSeparated = async (path: string): Promise<string[]> =>
  (await readFile(path, 'utf8').catch(() => '')).split('\0');

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
