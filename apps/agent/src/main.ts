#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { loadSettings } from '@scale-cluster/cluster-sim';
import { createLogger } from './log.js';
import { runAgent } from './run.js';
import { exitCodeOf, sentenceOf } from './user-errors.js';
import { version } from './version.js';

const usage = `scale-cluster-agent: simulates Kubernetes clusters and registers them with Rancher

Usage: scale-cluster-agent [--home DIR] [--version] [--help]

  --home DIR   folder of settings and state (default: $SCALE_AGENT_HOME or ~/.scale-cluster-agent)

Settings are read from DIR/config/config and from SCALE_AGENT_* variables.
`;

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      home: { type: 'string' },
      version: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help || values.version) {
    process.stdout.write(values.help ? usage : `${version}\n`);
    return 0;
  }
  const warnings: string[] = [];
  const settings = loadSettings({
    onWarning: (text) => warnings.push(text),
    ...(values.home === undefined ? {} : { home: values.home }),
  });
  const logger = createLogger(settings.logLevel);
  for (const warning of warnings) logger.warn({}, warning);
  return runAgent(settings, { logger });
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`scale-cluster-agent: ${sentenceOf(error)}\n`);
    process.exit(exitCodeOf(error));
  },
);
