import { InvalidArgumentError, Option, type Command } from 'commander';
import { AgentClient } from '../api/client.js';
import { Terminal } from '../output/terminal.js';

const DEFAULT_SERVER = 'http://127.0.0.1:9090';

/** Options of every command. */
export interface CommonOptions {
  readonly json?: boolean;
}

/** Options of every command that talks to a daemon. */
export interface RemoteOptions extends CommonOptions {
  readonly server: string;
  readonly apiKey?: string;
}

/** Adds `--json`. */
export function withJson(command: Command): Command {
  return command.option('--json', 'results as JSON on stdout, errors as JSON on stderr');
}

/** Adds `--json` and where the daemon is. */
export function withServer(command: Command): Command {
  return withJson(command)
    .addOption(
      new Option('--server <url>', 'address of the agent').env('SCALE_AGENT_URL').default(DEFAULT_SERVER),
    )
    .addOption(
      new Option('--api-key <key>', 'APIKey of the agent; better given as a variable').env(
        'SCALE_AGENT_APIKEY',
      ),
    );
}

/** The client and the terminal that the options ask for. */
export function connect(options: RemoteOptions): { client: AgentClient; terminal: Terminal } {
  const apiKey = options.apiKey ?? process.env['SCALE_AGENT_API_KEY'];
  // A key on the command line can be read by everyone on this machine; a title hides it from here on.
  if (process.argv.some((argument) => argument.startsWith('--api-key'))) process.title = 'scale-cluster';
  const client = new AgentClient({ server: options.server, ...(apiKey === undefined ? {} : { apiKey }) });
  return { client, terminal: terminalOf(options) };
}

export function terminalOf(options: CommonOptions): Terminal {
  return new Terminal(options.json === true);
}

/** The options that were given. */
export function definedOnly<T extends Record<string, string | undefined>>(
  options: T,
): { [Key in keyof T]?: string } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]?: string;
  };
}

/** Parses a whole number of an option. */
export function wholeNumber(minimum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < minimum)
      throw new InvalidArgumentError(`It must be a whole number, at least ${minimum}.`);
    return value;
  };
}

/** Parses seconds of an option into milliseconds. */
export function seconds(text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value))
    throw new InvalidArgumentError('It must be a number of seconds above 0.');
  return value * 1000;
}
