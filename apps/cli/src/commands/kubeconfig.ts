import { chmod, writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { cliError } from '../errors.js';
import { connect, withServer, type RemoteOptions } from './common.js';
import { orDidYouMean } from './get.js';

interface KubeconfigOptions extends RemoteOptions {
  readonly output?: string;
}

export function addKubeconfig(program: Command): void {
  const command = program
    .command('kubeconfig')
    .description("print a kubeconfig for a cluster's own API")
    .argument('<name>', 'name of the cluster')
    .option('-o, --output <file>', 'write it to a file that only you can read');
  withServer(command).action(async (name: string, options: KubeconfigOptions) => {
    const { client, terminal } = connect(options);
    const kubeconfig = await orDidYouMean(client, name, () =>
      client.text(`/api/v1/clusters/${encodeURIComponent(name)}/kubeconfig`),
    );
    if (options.output !== undefined) {
      await writePrivately(options.output, kubeconfig);
      if (terminal.json) terminal.printJson({ file: options.output });
      else terminal.note(`try: kubectl --kubeconfig ${options.output} get nodes`);
    } else if (terminal.json) terminal.printJson({ kubeconfig });
    else terminal.print(kubeconfig.trimEnd());
  });
}

/** Writes a file with a credential, readable by its owner alone, also if it was there before with other rights. */
export async function writePrivately(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, '', { mode: 0o600, flag: 'a' });
    await chmod(file, 0o600);
    await writeFile(file, text);
  } catch (error) {
    throw cliError('ERR_CLI_FILE', `${file} can't be written: ${(error as Error).message}`, { cause: error });
  }
}
