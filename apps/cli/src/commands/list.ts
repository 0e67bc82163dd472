import { Option, type Command } from 'commander';
import { backendKinds, listClusters, phaseNames, type Cluster, type ListFilter } from '../api/clusters.js';
import { formatDuration } from '../output/format.js';
import { formatTable } from '../output/table.js';
import { connect, definedOnly, withServer, type RemoteOptions } from './common.js';

interface ListOptions extends RemoteOptions, ListFilter {
  readonly quiet?: boolean;
}

export function addList(program: Command): void {
  const command = program
    .command('list')
    .alias('ls')
    .description('list clusters')
    .addOption(new Option('--phase <phase>', 'only clusters in this phase').choices([...phaseNames]))
    .option('--prefix <prefix>', 'only clusters whose names begin so')
    .addOption(new Option('--backend <kind>', 'only clusters of this backend').choices([...backendKinds]))
    .option('--template <name>', 'only clusters made of this template')
    .option('-l, --label <selector>', 'label selector over name, phase, backend, template, rancherId')
    .option('-q, --quiet', 'only names');
  withServer(command).action(async (options: ListOptions) => {
    const { client, terminal } = connect(options);
    const { phase, prefix, backend, template, label } = options;
    const filter = definedOnly({ phase, prefix, backend, template, label });
    const clusters: Cluster[] = [];
    for await (const cluster of listClusters(client, filter)) {
      if (options.quiet && !terminal.json) terminal.print(cluster.name);
      else clusters.push(cluster);
    }
    if (terminal.json) terminal.printJson(options.quiet ? clusters.map(({ name }) => name) : clusters);
    else if (clusters.length > 0) terminal.print(formatTable(headings, clusters.map(toRow)));
    else if (!options.quiet) terminal.note("no clusters; make some with 'scale-cluster create'");
  });
}

const headings = ['NAME', 'PHASE', 'RANCHER ID', 'TUNNELS', 'BACKEND', 'NODES', 'AGE', 'LAST ERROR'];

function toRow(cluster: Cluster): string[] {
  const { cluster: api, steve } = cluster.tunnels;
  const up = [api, steve].filter((tunnel) => tunnel.status === 'connected').length;
  return [
    cluster.name,
    cluster.phase,
    cluster.rancherId ?? '-',
    `${up}/2`,
    cluster.backend,
    String(cluster.nodes),
    formatDuration(Math.max(0, Date.now() - Date.parse(cluster.createdAt))),
    cluster.lastError === null ? '' : `${cluster.lastError.stage}: ${cluster.lastError.message}`,
  ];
}
