#!/usr/bin/env node
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf } from './errors.js';
import { startFakeRancher } from './fake-rancher.js';
import { formatViolation } from './model/violations.js';
import type { FakeRancherOptions, Logger } from './options.js';

const usage = `Usage: fake-rancher [options]

A small Rancher for demos and tests. Runs until SIGTERM or SIGINT, then prints what clusters did wrong.

  --host ADDRESS          address to listen on (127.0.0.1)
  --port NUMBER           port to listen on (0: any free one)
  --http                  plain HTTP instead of HTTPS
  --token NAME:SECRET     API token (random); better in the environment as FAKE_RANCHER_TOKEN
  --server-url URL        setting server-url (where it listens)
  --check-interval MS     between two connected or health checks (15000)
  --json                  print one line {url, token, caCertFile, pid} when ready, and violations as JSON
  --verbose               log violations as they happen
  --help
`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      host: { type: 'string' },
      port: { type: 'string' },
      http: { type: 'boolean' },
      token: { type: 'string' },
      'server-url': { type: 'string' },
      'check-interval': { type: 'string' },
      json: { type: 'boolean' },
      verbose: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const token = values.token ?? process.env['FAKE_RANCHER_TOKEN'];
  const options: FakeRancherOptions = {
    tls: values.http !== true,
    ...(values.host === undefined ? {} : { host: values.host }),
    ...(values.port === undefined ? {} : { port: Number(values.port) }),
    ...(token === undefined ? {} : { token }),
    ...(values['server-url'] === undefined ? {} : { serverUrl: values['server-url'] }),
    ...(values['check-interval'] === undefined ? {} : { checkIntervalMs: Number(values['check-interval']) }),
    ...(values.verbose ? { logger: stderrLogger } : {}),
  };
  const ended = new Promise<void>((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });
  const rancher = await startFakeRancher(options);
  const folder = await mkdtemp(join(tmpdir(), 'fake-rancher-'));
  try {
    const caCertFile = rancher.caCert === '' ? null : join(folder, 'ca.pem');
    if (caCertFile !== null) await writeFile(caCertFile, rancher.caCert);
    const { url } = rancher;
    process.stdout.write(
      values.json
        ? `${JSON.stringify({ url, token: rancher.token, caCertFile, pid: process.pid })}\n`
        : `fake-rancher at ${url}\n  API token       ${rancher.token}\n  CA certificate  ${caCertFile ?? 'none (plain HTTP)'}\n`,
    );
    await ended;
    const violations = rancher.violations();
    await rancher.close();
    process.stdout.write(
      values.json
        ? `${JSON.stringify({ violations })}\n`
        : `${violations.length === 0 ? 'no violations' : violations.map(formatViolation).join('\n')}\n`,
    );
    return 0;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const write = (object: object, message: string): void =>
  void process.stderr.write(`${new Date().toISOString()} ${message} ${JSON.stringify(object)}\n`);
const stderrLogger: Logger = { debug() {}, info: write, warn: write, error: write };

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    process.stderr.write(`fake-rancher: ${messageOf(error)}\n`);
    process.exitCode = 2;
  },
);
