import type { Phase } from '@scale-cluster/cluster-sim';
import { cliError } from '../errors.js';
import type { AgentClient } from './client.js';
import { listClusters } from './clusters.js';
import { followEvents } from './events.js';

/** What the clusters waited for are in now; `undefined` for one that is gone. */
export type Phases = ReadonlyMap<string, Phase | undefined>;

/** Options of {@link waitForClusters}. */
export interface WaitOptions {
  readonly names: readonly string[];
  readonly until: 'active' | 'gone';
  readonly timeoutMs: number;
  /** Ends the wait with `ERR_CLI_CANCELLED`. */
  readonly signal?: AbortSignal;
  /** Called after each change. */
  readonly onChange?: (phases: Phases) => void;
}

/**
 * Waits until all named clusters are active, or gone. Throws `ERR_CLI_TIMEOUT` saying which are not.
 * One event stream, whatever the number of clusters.
 */
export async function waitForClusters(client: AgentClient, options: WaitOptions): Promise<void> {
  const phases = new Map<string, Phase | undefined>(options.names.map((name) => [name, undefined]));
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), options.timeoutMs);
  const open = new Set(options.names);
  const note = (name: string, phase: Phase | undefined): void => {
    phases.set(name, phase);
    const reached = options.until === 'active' ? phase === 'active' : phase === undefined;
    if (reached) open.delete(name);
    else open.add(name);
  };
  try {
    const signal =
      options.signal === undefined ? stop.signal : AbortSignal.any([stop.signal, options.signal]);
    for await (const next of followEvents(client, signal)) {
      if (next.type === 'reload') {
        const present = new Map<string, Phase>();
        for await (const { name, phase } of listClusters(client)) present.set(name, phase);
        for (const name of options.names) note(name, present.get(name));
      } else if (phases.has(next.event.cluster)) {
        note(next.event.cluster, next.event.type === 'deleted' ? undefined : next.event.phase);
      }
      options.onChange?.(phases);
      if (open.size === 0) return;
    }
  } finally {
    clearTimeout(timer);
    stop.abort();
  }
  if (options.signal?.aborted) throw cliError('ERR_CLI_CANCELLED', 'interrupted');
  throw await timeout(client, options, open);
}

async function timeout(client: AgentClient, options: WaitOptions, open: ReadonlySet<string>): Promise<Error> {
  const shown: string[] = [];
  for await (const { name, phase, lastError } of listClusters(client)) {
    if (!open.has(name)) continue;
    if (shown.length === 5) break;
    shown.push(
      `${name} is ${phase}${lastError === null ? '' : ` (${lastError.stage}: ${lastError.message})`}`,
    );
  }
  const left = `${open.size} of ${options.names.length} clusters are not ${options.until}`;
  return cliError('ERR_CLI_TIMEOUT', `${left} after ${options.timeoutMs / 1000} s: ${shown.join('; ')}`);
}
