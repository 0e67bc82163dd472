import type { FleetSummary } from '@scale-cluster/cluster-sim';
import type { Command } from 'commander';
import type { AgentClient } from '../api/client.js';
import { getSummary, type ClusterEvent } from '../api/clusters.js';
import { followEvents } from '../api/events.js';
import { bar, formatBytes, formatDuration, formatPercentiles } from '../output/format.js';
import { LiveBlock } from '../output/live-block.js';
import type { Terminal } from '../output/terminal.js';
import { connect, withServer, type RemoteOptions } from './common.js';

/** Events that stay on the screen. */
const LAST_EVENTS = 10;
const REFRESH_MS = 1000;

export function addWatch(program: Command): void {
  const command = program
    .command('watch')
    .description('watch what happens: a live view on a terminal, a line for each event otherwise');
  withServer(command).action(async (options: RemoteOptions) => {
    const { client, terminal } = connect(options);
    const stop = new AbortController();
    process.once('SIGINT', () => stop.abort());
    process.once('SIGTERM', () => stop.abort());
    if (terminal.live) await watchLive(client, terminal, stop);
    else await watchLines(client, terminal, stop.signal);
  });
}

async function watchLines(client: AgentClient, terminal: Terminal, signal: AbortSignal): Promise<void> {
  for await (const next of followEvents(client, signal)) {
    if (next.type !== 'event') continue;
    if (terminal.json) terminal.printJson(next.event, false);
    else terminal.print(describe(next.event));
  }
}

async function watchLive(client: AgentClient, terminal: Terminal, stop: AbortController): Promise<void> {
  const last: ClusterEvent[] = [];
  let summary = await getSummary(client);
  let lost = '';
  const lines = (): string[] => [...describeSummary(client.url, summary), '', ...last.map(describe), lost];
  const block = new LiveBlock(terminal, lines, () => '');
  const timer = setInterval(() => {
    getSummary(client).then(
      (next) => {
        summary = next;
        lost = '';
        block.update();
      },
      (error: Error) => {
        lost = `${error.message}; trying again`;
        block.update();
      },
    );
  }, REFRESH_MS);
  block.update();
  try {
    for await (const next of followEvents(client, stop.signal)) {
      if (next.type !== 'event') continue;
      last.push(next.event);
      if (last.length > LAST_EVENTS) last.shift();
      block.update();
    }
  } finally {
    clearInterval(timer);
    block.finish();
  }
}

/** One event in one line: when, which cluster, what. */
export function describe(event: ClusterEvent): string {
  const what =
    event.type === 'stage'
      ? `reached ${event.stage ?? ''}`
      : event.type === 'error'
        ? `failed: ${event.message ?? ''}`
        : event.type === 'phase'
          ? `is ${event.phase}`
          : event.type;
  return `${event.at}  ${event.cluster}  ${what}`;
}

function describeSummary(url: string, summary: FleetSummary): string[] {
  const { total, phases, tunnels, requests, rancher, memory, stageTimings } = summary;
  const counts = Object.entries(phases).filter(([phase, count]) => count > 0 && phase !== 'active');
  return [
    `${url}  up ${formatDuration(summary.uptimeSec * 1000)}  Rancher ${rancher.subscribed ? 'connected' : 'not connected'}`,
    `${bar(phases.active, total, 30)} ${phases.active}/${total} active  ${counts.map(([phase, count]) => `${phase} ${count}`).join('  ')}`,
    `time to active  ${formatPercentiles(stageTimings.active, '  ')}`,
    `tunnels  cluster ${tunnels.cluster.connected}  steve ${tunnels.steve.connected}  reconnects ${tunnels.cluster.reconnects + tunnels.steve.reconnects}  connections ${tunnels.cluster.connections}`,
    `requests ${requests.total}  sent ${formatBytes(requests.bytesOut)}  memory ${formatBytes(memory.rssBytes)}  errors ${summary.errors}`,
  ];
}
