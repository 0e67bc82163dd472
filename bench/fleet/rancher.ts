import type { ChildProcess } from 'node:child_process';

/** What a Rancher says of itself, whichever it is. */
export interface RancherStats {
  /** Those that are not gone yet. */
  readonly total: number;
  readonly active: number;
  /** Tunnels that are up. */
  readonly tunnels: { readonly cluster: number; readonly steve: number };
  /** What clusters did wrong, by kind. */
  readonly violations: Readonly<Record<string, number>>;
  /** Some of them, in words, by kind. */
  readonly examples: Readonly<Record<string, string>>;
  readonly cpuSec: number;
  readonly rssMiB: number;
  /** All that it tells, for the JSON file. */
  readonly raw: unknown;
}

/** The other side: a Rancher in a process of its own. */
export interface Rancher {
  readonly name: string;
  readonly url: string;
  readonly token: string;
  stats(): Promise<RancherStats>;
  /** Cuts TCP under both tunnels of a random share of the clusters. Answers how many tunnels that were. */
  drop(share: number): Promise<number>;
  stop(): Promise<void>;
}

/** Ends a child at the latest when this process ends. */
export function endWithUs(child: ChildProcess): void {
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
}
