import { parseArgs } from 'node:util';
import { kubeVersion } from '../version.js';

/** What the command line says. */
export interface Settings {
  port: number;
  host: string;
  kubeconfigFile: string;
  version: string;
  name: string;
  nodes: number;
  /** YAML or JSON files. */
  objectFiles: string[];
  controllers: boolean;
  dataFolder?: string;
}

/** The command line can't be understood; the message says why. */
export class UsageError extends Error {
  readonly code = 'ERR_USAGE';
}

export const HELP = `A Kubernetes API server in memory, with controllers, a scheduler and simulated kubelets.

Usage: memory-apiserver [options]

  --port N           port to listen on, 0 for a free one (6443)
  --host ADDRESS     address to listen on (127.0.0.1)
  --kubeconfig FILE  kubeconfig to write, for nobody else to read (memory-apiserver.kubeconfig)
  --version VERSION  what /version says, such as v1.33.4+k3s1 (v1.34.1)
  --name NAME        name of the cluster (kubernetes)
  --nodes N          how many nodes it has (1)
  --objects FILE     YAML or JSON of objects that it begins with, Stages included; may be given again
  --no-controllers   leave objects as they are written, as a bare kube-apiserver does
  --data FOLDER      keep objects, token and certificate there; the next start goes on with them
  -h, --help         show this

It runs until SIGINT or SIGTERM. Exit code: 0, 2 for a wrong command line, 1 for anything else.
`;

/** Undefined when only help is asked for. Throws {@link UsageError}. */
export function readSettings(args: readonly string[]): Settings | undefined {
  const values = parse(args);
  if (values.help) return undefined;
  try {
    kubeVersion(values.version);
  } catch (error) {
    throw new UsageError(`--version: ${(error as Error).message}`);
  }
  if (!/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(values.name))
    throw new UsageError(
      `--name: lower case letters, digits, '-' and '.', not ${JSON.stringify(values.name)}`,
    );
  return {
    port: wholeNumber('--port', values.port, 65_535),
    host: values.host,
    kubeconfigFile: values.kubeconfig,
    version: values.version,
    name: values.name,
    nodes: wholeNumber('--nodes', values.nodes, 10_000),
    objectFiles: values.objects,
    controllers: !values['no-controllers'],
    ...(values.data === undefined ? {} : { dataFolder: values.data }),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        port: { type: 'string', default: '6443' },
        host: { type: 'string', default: '127.0.0.1' },
        kubeconfig: { type: 'string', default: 'memory-apiserver.kubeconfig' },
        version: { type: 'string', default: 'v1.34.1' },
        name: { type: 'string', default: 'kubernetes' },
        nodes: { type: 'string', default: '1' },
        objects: { type: 'string', multiple: true, default: [] },
        'no-controllers': { type: 'boolean', default: false },
        data: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function wholeNumber(option: string, text: string, max: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number <= max) return number;
  throw new UsageError(`${option}: a whole number from 0 to ${max}, not ${JSON.stringify(text)}`);
}
