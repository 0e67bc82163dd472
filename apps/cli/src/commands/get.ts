import type { Command } from 'commander';
import type { AgentClient } from '../api/client.js';
import { clusterNames, getCluster, type Cluster } from '../api/clusters.js';
import { CliError } from '../errors.js';
import { formatFacts } from '../output/facts.js';
import { formatDuration } from '../output/format.js';
import { nearest } from '../output/nearest.js';
import { formatTable } from '../output/table.js';
import type { Terminal } from '../output/terminal.js';
import { connect, withServer, type RemoteOptions } from './common.js';

export function addGet(program: Command): void {
  const command = program
    .command('get')
    .description('show one cluster')
    .argument('<name>', 'name of the cluster');
  withServer(command).action(async (name: string, options: RemoteOptions) => {
    const { client, terminal } = connect(options);
    const cluster = await orDidYouMean(client, name, () => getCluster(client, name));
    if (terminal.json) terminal.printJson(cluster);
    else printCluster(terminal, cluster);
  });
}

/** Adds the name that was probably meant to the error for an unknown one. */
export async function orDidYouMean<T>(client: AgentClient, name: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof CliError) || error.code !== 'ERR_FLEET_CLUSTER_NOT_FOUND') throw error;
    const meant = nearest(name, await clusterNames(client));
    throw new CliError(error.code, error.message, {
      hint: meant === undefined ? "see 'scale-cluster list'" : `did you mean ${meant}?`,
      cause: error,
    });
  }
}

function printCluster(terminal: Terminal, cluster: Cluster): void {
  const { rancher, lastError } = cluster;
  const inRancher =
    rancher === null ? '-' : `${rancher.state}${rancher.message === '' ? '' : `, ${rancher.message}`}`;
  const facts: [string, string][] = [
    ['Name', cluster.name],
    ['Phase', cluster.phase],
    ['Rancher id', cluster.rancherId ?? '-'],
    ['In Rancher', inRancher],
    ['Backend', cluster.backend],
    ['Template', `${cluster.template}, ${cluster.nodes} nodes`],
    ['Created', cluster.createdAt],
  ];
  if (lastError !== null) {
    const retry = lastError.retryAt === null ? '' : `, next try ${lastError.retryAt}`;
    facts.push([
      'Last error',
      `${lastError.stage}: ${lastError.message} (${lastError.attempts} times${retry})`,
    ]);
  }
  terminal.print(formatFacts(facts));
  terminal.print();
  terminal.print(
    formatTable(
      ['STAGE', 'REACHED', 'AFTER'],
      Object.entries(cluster.stages).map(([stage, at]) => {
        const ms = cluster.timings[stage as keyof Cluster['timings']];
        return [stage, at ?? '-', ms === null ? '-' : formatDuration(ms)];
      }),
    ),
  );
  terminal.print();
  terminal.print(
    formatTable(
      ['TUNNEL', 'STATUS', 'SINCE', 'RECONNECTS', 'CONNECTIONS'],
      Object.entries(cluster.tunnels).map(([tunnel, view]) => [
        tunnel,
        view.status,
        view.connectedSince ?? '-',
        String(view.reconnects),
        String(view.connections),
      ]),
    ),
  );
  if (cluster.conditions.length === 0) return;
  terminal.print();
  terminal.print(
    formatTable(
      ['CONDITION', 'STATUS', 'REASON', 'MESSAGE'],
      cluster.conditions.map(({ type, status, reason, message }) => [type, status, reason, message]),
    ),
  );
}
