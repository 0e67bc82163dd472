import type { FleetSummary } from '@scale-cluster/cluster-sim';
import type { Command } from 'commander';
import { getSummary } from '../api/clusters.js';
import { formatFacts } from '../output/facts.js';
import { formatBytes, formatDuration, formatPercentiles } from '../output/format.js';
import { formatTable } from '../output/table.js';
import { connect, withServer, type RemoteOptions } from './common.js';

export function addStatus(program: Command): void {
  const command = program
    .command('status')
    .description('show how the agent and all its clusters are, in numbers');
  withServer(command).action(async (options: RemoteOptions) => {
    const { client, terminal } = connect(options);
    const summary = await getSummary(client);
    if (terminal.json) {
      terminal.printJson(summary);
      return;
    }
    terminal.print(formatFacts(facts(client.url, summary)));
    terminal.print();
    terminal.print(formatTable(backendHeadings, summary.backends.map(backendRow)));
    if (summary.shards.length === 0) return;
    terminal.print();
    terminal.print(formatTable(shardHeadings, summary.shards.map(shardRow)));
  });
}

function facts(url: string, summary: FleetSummary): (readonly [string, string])[] {
  const { total, phases, tunnels, requests, memory, eventLoop, errors } = summary;
  const { cluster, steve } = tunnels;
  const counts = Object.entries(phases).flatMap(([phase, count]) => (count > 0 ? `${count} ${phase}` : []));
  const inPhases = counts.length === 0 ? '' : `: ${counts.join(', ')}`;
  const failures = cluster.failures + steve.failures;
  return [
    ['Agent', `${url}, up ${formatDuration(summary.uptimeSec * 1000)}`],
    ['Clusters', `${total}${inPhases}`],
    ['Time to active', formatPercentiles(summary.stageTimings.active, ', ')],
    ['Rancher', rancher(summary)],
    ['Bottleneck', bottleneck(summary)],
    ['Room', room(summary)],
    ['Memory', `${formatBytes(memory.rssBytes)}, ${formatBytes(memory.heapTotalBytes)} of it JavaScript's`],
    ['Event loop', `p99 ${eventLoop.p99Ms.toFixed(1)} ms late in the last minute`],
    [
      'Tunnels',
      `${cluster.connected} cluster, ${steve.connected} steve; ${cluster.reconnects + steve.reconnects} reconnects, ${failures} failed attempts`,
    ],
    ['Requests', `${requests.total}, ${formatBytes(requests.bytesOut)} sent`],
    ['Failed steps', String(errors)],
  ];
}

function rancher({ rancher: { subscribed, createsInFlight, createsQueued }, ramp }: FleetSummary): string {
  const paused = ramp.pausedMs > 0 ? `, nothing new for ${formatDuration(ramp.pausedMs)} as it refused` : '';
  const creating = `${createsInFlight} being created, ${createsQueued} wait for their turn`;
  return `${subscribed ? 'connected' : 'not connected'}; ${creating}${paused}`;
}

function bottleneck({ bottleneck: { active, reasons, since } }: FleetSummary): string {
  return active ? `this agent is: ${reasons.join(', ')}, since ${since ?? '-'}` : 'not this agent';
}

function room({ capacity: { room: clusters, limitedBy } }: FleetSummary): string {
  return `about ${clusters} more clusters${limitedBy === null ? '' : `, then ${limitedBy} runs out`}`;
}

const backendHeadings = ['BACKEND', 'STATE', 'CLUSTERS', 'ACTIVE', 'REQUESTS', 'MESSAGE'];

function backendRow(backend: FleetSummary['backends'][number]): string[] {
  const { kind, phase, clusters, phases, requests, message } = backend;
  const name = backend.default ? `${kind} (default)` : kind;
  return [name, phase, String(clusters), String(phases.active), String(requests), message];
}

const shardHeadings = ['SHARD', 'STATE', 'CLUSTERS', 'TUNNELS', 'BUSY', 'LATE P99', 'HEAP', 'RESTARTS'];

function shardRow(shard: FleetSummary['shards'][number]): string[] {
  return [
    String(shard.index),
    shard.phase,
    String(shard.clusters),
    String(shard.connectedTunnels),
    `${Math.round(shard.eventLoopShare * 100)} %`,
    `${shard.eventLoop.p99Ms.toFixed(1)} ms`,
    formatBytes(shard.memory.heapUsedBytes),
    String(shard.restarts),
  ];
}
