import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Binaries, KwokctlDriver, type KwokctlDriverOptions } from '../../src/index.js';

/** One line as kwokctl logs it. */
export function logLine(level: string, msg: string, err?: string): string {
  return JSON.stringify({ time: '2026-01-01T00:00:00Z', level, msg, ...(err === undefined ? {} : { err }) });
}

/**
 * A driver of a program that behaves as `body` says, JavaScript with `args` (its arguments) and `print(stderr)`, for
 * failures that the real kwokctl doesn't show at will.
 */
export async function fakeKwokctl(
  folder: string,
  body: string,
  options: KwokctlDriverOptions & { version?: string } = {},
): Promise<KwokctlDriver> {
  const path = join(folder, 'kwokctl.cjs');
  const version = options.version ?? 'kwokctl version v0.8.0 go1.26 (linux/amd64)';
  await writeFile(
    path,
    `#!${process.execPath}
const args = process.argv.slice(2);
const print = (text) => require('node:fs').writeSync(2, text + '\\n');
if (args[0] === '--version') console.log(${JSON.stringify(version)});
else { ${body} }
`,
  );
  await chmod(path, 0o755);
  const binaries = new Binaries({ paths: { kwokctl: path }, folders: [], env: {} });
  return new KwokctlDriver({ binaries, workDir: folder, ...options });
}
