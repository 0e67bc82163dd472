import type { ChildProcess } from 'node:child_process';
import { execFileSync, spawn } from 'node:child_process';
import { readdirSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const must = process.env['CI'] === 'true';

function works(command: string, args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/**
 * The command if it can be run. Otherwise undefined, for tests to be skipped, and the reason is printed; with
 * CI=true the tests aren't skipped and fail.
 */
function find(what: string, command: string, args: readonly string[]): string | undefined {
  if (works(command, args) || must) return command;
  process.stderr.write(
    `skipped: ${what} can't be run (${command}); these tests are not optional with CI=true\n`,
  );
  return undefined;
}

export const kubectl = find('kubectl', process.env['KUBECTL'] ?? 'kubectl', ['version', '--client']);
/** Every kubectl at hand: that of `KUBECTL`, the one in the `PATH`, and `kubectl.1.30` and the like beside it. */
export const kubectls = [...new Set([...(kubectl === undefined ? [] : [kubectl]), ...kubectlsOnPath()])];

function kubectlsOnPath(): string[] {
  const found: string[] = [];
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, 'kubectl');
    if (!works(path, ['version', '--client'])) continue;
    if (process.env['KUBECTL'] !== undefined) found.push(path);
    const beside = dirname(realpathSync(path));
    const versioned = readdirSync(beside).filter((name) => /^kubectl\.\d+\.\d+$/.test(name));
    return [...found, ...versioned.sort().map((name) => join(beside, name))];
  }
  return found;
}

export const go = find('Go', process.env['GO'] ?? 'go', ['version']);

export interface Finished {
  code: number;
  stdout: string;
  stderr: string;
}

function collect(child: ChildProcess): Promise<Finished> {
  return new Promise((resolve, reject) => {
    let [stdout, stderr] = ['', ''];
    child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? -1, stdout, stderr }));
  });
}

export interface RunOptions {
  env?: Record<string, string>;
  input?: string;
  cwd?: string;
}

/** Runs a command to its end; a code other than 0 is an answer, not an error. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const child = spawn(command, args, { cwd: options.cwd, env: { ...process.env, ...options.env } });
  child.stdin.end(options.input ?? '');
  return collect(child);
}

/** Starts a command and resolves with its process once it has printed a line that matches. */
export function startUntil(
  command: string,
  args: readonly string[],
  line: RegExp,
): Promise<{ child: ChildProcess; output: () => string }> {
  const child = spawn(command, args);
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (line.test(text)) resolve({ child, output: () => text });
    });
    child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
    child.on('close', (code) => reject(new Error(`ended with ${code} before ${line}: ${text}`)));
  });
}

/** Builds the Go program in `tools/<name>` and answers its path. */
export async function buildGoTool(name: string): Promise<string> {
  const cwd = fileURLToPath(new URL(`../../../../tools/${name}`, import.meta.url));
  const { code, stderr } = await run(go ?? 'go', ['build', '-o', `bin/${name}`, '.'], { cwd });
  if (code !== 0) throw new Error(`go build failed: ${stderr}`);
  return `${cwd}/bin/${name}`;
}

export const buildClientGo = (): Promise<string> => buildGoTool('clientgo');
