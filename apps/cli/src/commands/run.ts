import { Option, type Command } from 'commander';
import { withJson, wholeNumber, type CommonOptions } from './common.js';

interface RunCommandOptions extends CommonOptions {
  readonly home?: string;
  readonly port?: number;
  readonly logLevel?: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';
}

export function addRun(program: Command): void {
  const command = program
    .command('run')
    .description('run the agent in the foreground')
    .option('--home <dir>', 'folder of settings and state (default: ~/.scale-cluster-agent)')
    .option('--port <n>', 'port of the REST API, instead of ListenPort in the settings', wholeNumber(0))
    .addOption(
      new Option('--log-level <level>', 'instead of LogLevel in the settings').choices([
        'trace',
        'debug',
        'info',
        'warn',
        'error',
        'silent',
      ]),
    );
  withJson(command).action(async (options: RunCommandOptions) => {
    // Loaded here, not above: the other commands start faster without the whole agent.
    const { loadSettings } = await import('@scale-cluster/cluster-sim');
    const { createLogger, runAgent } = await import('@scale-cluster/agent');
    const warnings: string[] = [];
    const settings = loadSettings({
      onWarning: (text) => warnings.push(text),
      ...(options.home === undefined ? {} : { home: options.home }),
      overrides: {
        ...(options.port === undefined ? {} : { ListenPort: options.port }),
        ...(options.logLevel === undefined ? {} : { LogLevel: options.logLevel }),
      },
    });
    const logger = createLogger(settings.logLevel);
    for (const warning of warnings) logger.warn({}, warning);
    process.exitCode = await runAgent(settings, { logger });
    process.exit();
  });
}
