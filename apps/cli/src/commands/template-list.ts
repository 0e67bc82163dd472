import type { TemplateView } from '@scale-cluster/cluster-sim';
import type { Command } from 'commander';
import { formatTable } from '../output/table.js';
import { connect, withServer, type RemoteOptions } from './common.js';

export function addTemplateList(parent: Command): void {
  const command = parent.command('list').alias('ls').description('list the templates that the agent has');
  withServer(command).action(async (options: RemoteOptions) => {
    const { client, terminal } = connect(options);
    const { items } = await client.get<{ items: TemplateView[] }>('/api/v1/templates');
    if (terminal.json) terminal.printJson(items);
    else terminal.print(formatTable(headings, items.map(toRow)));
  });
}

const headings = ['NAME', 'CLUSTERS', 'VERSION', 'NODES', 'OBJECTS', 'LONGEST NAME', 'ERROR'];

function toRow({ name, clusters, version, nodes, objects, maxNameLength, error }: TemplateView): string[] {
  return [
    name,
    String(clusters),
    version ?? '-',
    ...[nodes, objects, maxNameLength].map((count) => (count === undefined ? '-' : String(count))),
    error ?? '',
  ];
}
