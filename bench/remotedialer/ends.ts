import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { build } from 'tsup';

/** Who made an end: Go's library or the one of this repository. */
export type Maker = 'go' | 'ours';

const root = new URL('../../', import.meta.url);
const folder = fileURLToPath(new URL('node_modules/.cache/remotedialer-bench/', root));

/** Builds both programs: Go's from `go/`, ours in one file from the sources, so that nothing else must be built first. */
export async function buildEnds(): Promise<void> {
  mkdirSync(folder, { recursive: true });
  execFileSync('go', ['build', '-o', `${folder}end-go`, '.'], {
    cwd: fileURLToPath(new URL('go/', import.meta.url)),
    stdio: 'inherit',
  });
  await build({
    config: false,
    silent: true,
    entry: { end: fileURLToPath(new URL('end/main.ts', import.meta.url)) },
    outDir: folder,
    outExtension: () => ({ js: '.mjs' }),
    format: 'esm',
    target: 'node20',
    platform: 'node',
    noExternal: [/^@scale-cluster\//],
    esbuildOptions: (options) => {
      options.conditions = ['@scale-cluster/source', 'node', 'import', 'default'];
    },
  });
}

/** What a process has cost so far. */
export interface Usage {
  readonly cpuMs: number;
  readonly rssKiB: number;
}

/** One end of a tunnel, in a process of its own. */
export class End {
  readonly #child: ChildProcess;
  readonly #lines: Interface;
  readonly #gone: Promise<never>;

  private constructor(child: ChildProcess, lines: Interface) {
    this.#child = child;
    this.#lines = lines;
    this.#gone = once(child, 'exit').then(() => {
      throw new Error(`${child.spawnargs.join(' ')} has exited`);
    });
    this.#gone.catch(() => undefined);
  }

  /** Starts an end and returns it with the facts it printed when it was ready. */
  static async start(
    maker: Maker,
    nodeFlags: string[],
    ...args: string[]
  ): Promise<[End, Record<string, number>]> {
    const command =
      maker === 'go' ? [`${folder}end-go`] : [process.execPath, ...nodeFlags, `${folder}end.mjs`];
    const [program = '', ...rest] = [...command, ...args];
    const child = spawn(program, rest, { stdio: ['pipe', 'pipe', 'inherit'] });
    const end = new End(child, createInterface(child.stdout));
    return [end, await end.#answer()];
  }

  /** Sends a command and returns its answer. */
  async ask(command: { do: string; [field: string]: unknown }): Promise<Record<string, number>> {
    const answer = this.#answer();
    this.#child.stdin?.write(`${JSON.stringify(command)}\n`);
    return answer;
  }

  async usage(): Promise<Usage> {
    return (await this.ask({ do: 'usage' })) as unknown as Usage;
  }

  async stop(): Promise<void> {
    const exited = once(this.#child, 'exit');
    this.#child.stdin?.end();
    await exited;
  }

  async #answer(): Promise<Record<string, number>> {
    const [line] = (await Promise.race([once(this.#lines, 'line'), this.#gone])) as [string];
    const answer = JSON.parse(line) as Record<string, number> & { error?: string };
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer;
  }
}
