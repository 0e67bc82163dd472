import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { endWithUs, type Rancher, type RancherStats } from './rancher.js';
import { freePort, until } from './wait.js';

const token = 'token-peer:secret';
/** How much is kept of what the peer says, for the case that it fails. */
const lastWordsChars = 4_000;

/** The part of `GET /peer/stats` that is used here. */
interface PeerStats {
  readonly clusters: { readonly total: number; readonly active: number };
  readonly open: { readonly clusterSessions: number; readonly steveSessions: number };
  readonly violations: {
    readonly kinds?: Readonly<Record<string, number>> | null;
    readonly samples?: readonly { readonly kind: string; readonly time: string; readonly detail: string }[];
  };
  readonly self: { readonly cpuSeconds: number; readonly rssMiB: number };
}

/** Starts an independent stand-in for Rancher and resolves when it answers. */
export async function startPeer(
  program: string,
  flags: readonly string[],
  verbose: boolean,
): Promise<Rancher> {
  const port = await freePort();
  // A second, plain listener: to drive it without its certificate.
  const control = `http://127.0.0.1:${await freePort()}`;
  const args = [
    'serve',
    '--listen',
    `127.0.0.1:${port}`,
    '--http-listen',
    new URL(control).host,
    '--token',
    token,
  ];
  const child = spawn(program, [...args, '--canary', '20', ...flags], {
    stdio: ['ignore', verbose ? 'inherit' : 'ignore', 'pipe'],
  });
  endWithUs(child);
  let lastWords = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (verbose) process.stderr.write(text);
    lastWords = (lastWords + text).slice(-lastWordsChars);
  });
  let stopping = false;
  child.once('exit', (code, signal) => {
    if (stopping) return;
    // Nothing that is measured from here on would mean anything.
    process.stderr.write(`${lastWords}\nthe peer has ended by itself (${signal ?? `code ${code}`})\n`);
    process.exit(1);
  });
  await once(child, 'spawn');
  const call = async <T>(path: string, method = 'GET'): Promise<T> => {
    const answer = await fetch(control + path, { method, headers: { Authorization: `Bearer ${token}` } });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  };
  const stats = async (): Promise<RancherStats> => {
    const raw = await call<PeerStats>('/peer/stats');
    const { clusters, open, violations, self } = raw;
    return {
      total: clusters.total,
      active: clusters.active,
      tunnels: { cluster: open.clusterSessions, steve: open.steveSessions },
      violations: violations.kinds ?? {},
      examples: Object.fromEntries(
        (violations.samples ?? []).map(({ kind, time, detail }) => [kind, `${time} ${detail}`]),
      ),
      cpuSec: self.cpuSeconds,
      rssMiB: self.rssMiB,
      raw,
    };
  };
  await until('the peer to answer', 20, stats);
  return {
    name: 'peer',
    url: `https://127.0.0.1:${port}`,
    token,
    stats,
    drop: async (share) => {
      const { sockets } = await call<{ sockets: number }>(`/peer/drop?fraction=${share}&tunnel=both`, 'POST');
      return sockets;
    },
    stop: async () => {
      stopping = true;
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    },
  };
}
