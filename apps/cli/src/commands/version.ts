import type { Command } from 'commander';
import { version } from '../version.js';
import { connect, withServer, type RemoteOptions } from './common.js';

export function addVersion(program: Command): void {
  const command = program
    .command('version')
    .description('show the versions of this command and of the agent');
  withServer(command).action(async (options: RemoteOptions) => {
    const { client, terminal } = connect(options);
    const agent = await client.get<{ version: string }>('/health').then(
      (health) => health.version,
      () => null,
    );
    if (terminal.json) terminal.printJson({ cli: version, agent, node: process.versions.node });
    else {
      terminal.print(`scale-cluster ${version} (Node ${process.versions.node})`);
      terminal.print(agent === null ? `no agent at ${client.url}` : `agent ${agent} at ${client.url}`);
    }
  });
}
