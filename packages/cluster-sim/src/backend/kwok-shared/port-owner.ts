import { readdir, readFile, readlink } from 'node:fs/promises';

/**
 * The process that listens on a TCP port, as far as this machine tells us (Linux `/proc`; processes of other users
 * don't show what they have open): its pid and the beginning of its command line.
 */
export async function portOwner(port: number): Promise<{ pid: number; command: string } | undefined> {
  const tables = await Promise.all(['tcp', 'tcp6'].map((table) => read(`/proc/net/${table}`)));
  const sockets = new Set(
    tables.flatMap((table) => listeners(table, port)).map((inode) => `socket:[${inode}]`),
  );
  if (sockets.size === 0) return undefined;
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    const files = await readdir(`/proc/${pid}/fd`).catch(() => []);
    const links = await Promise.all(files.map((file) => readlink(`/proc/${pid}/fd/${file}`).catch(() => '')));
    if (!links.some((link) => sockets.has(link))) continue;
    // Only the program: arguments may hold secrets.
    const [command = ''] = (await read(`/proc/${pid}/cmdline`)).split('\0', 1);
    return { pid: Number(pid), command };
  }
  return undefined;
}

const listenState = '0A';

/** Inodes of the sockets that listen on the port: columns of `/proc/net/tcp` (kernel `proc_net_tcp.rst`). */
export function listeners(table: string, port: number): string[] {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  return table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local = '', , state]) => state === listenState && local.endsWith(`:${wanted}`))
    .flatMap((columns) => columns[9] ?? []);
}

const read = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');
