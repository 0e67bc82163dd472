import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClusterView, FleetSummary } from '@scale-cluster/cluster-sim';
import { usageOf, type Usage } from './proc.js';
import { freePort, secondsSince, until } from './wait.js';

export interface AgentOptions {
  /** The program: a JavaScript file. */
  readonly program: string;
  readonly home: string;
  readonly rancher: { readonly url: string; readonly token: string };
  /** Keys and values of the settings file. */
  readonly settings: Readonly<Record<string, string>>;
  /** Lets {@link Inspector} in. */
  readonly inspect: boolean;
  readonly verbose: boolean;
}

const startSec = 120;
const stopSec = 60;

/** The agent as users run it, in a process of its own, driven by its REST API. */
export class AgentProcess {
  readonly #child: ChildProcess;
  readonly #url: string;
  #inspectorUrl: string | undefined;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.#url = `http://127.0.0.1:${port}`;
    process.once('exit', this.#kill);
    child.once('exit', () => process.off('exit', this.#kill));
  }

  /** Starts it and resolves when it answers. */
  static async start(options: AgentOptions): Promise<AgentProcess> {
    const port = await freePort();
    await writeSettings(options, port);
    const flags = options.inspect ? ['--inspect=127.0.0.1:0'] : [];
    const child = spawn(process.execPath, [...flags, options.program, '--home', options.home], {
      // The settings of whoever runs the benchmark must not matter.
      env: withoutSettings(process.env),
      stdio: ['ignore', options.verbose ? process.stderr : 'ignore', 'pipe'],
    });
    const agent = new AgentProcess(child, port);
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      agent.#inspectorUrl ??= /ws:\/\/\S+/.exec(text)?.[0];
      if (options.verbose) process.stderr.write(text);
    });
    await until('the agent to answer', startSec, async () => {
      if (child.exitCode !== null) throw new Error(`the agent ended with ${child.exitCode}: try --verbose`);
      return agent.#get('/health');
    });
    return agent;
  }

  /** Of the inspector, when it was let in. */
  get inspectorUrl(): string | undefined {
    return this.#inspectorUrl;
  }

  get usage(): Usage {
    return usageOf(this.#child.pid ?? NaN);
  }

  summary(): Promise<FleetSummary> {
    return this.#get('/api/v1/summary');
  }

  /** Asks for `fleet-0001` and so on; resolves when they are safe on disk. */
  async create(first: number, count: number): Promise<void> {
    await this.#post('/api/v1/clusters', { prefix: 'fleet', start: first, count });
  }

  async deleteAll(): Promise<void> {
    await this.#post('/api/v1/clusters/delete', { all: true });
  }

  /** All clusters, in the order of their names. */
  async clusters(): Promise<ClusterView[]> {
    const all: ClusterView[] = [];
    for (let after: string | undefined = ''; after !== undefined;) {
      const page: { items: ClusterView[]; next?: string } = await this.#get(
        `/api/v1/clusters?limit=1000&after=${after}`,
      );
      all.push(...page.items);
      after = page.next;
    }
    return all;
  }

  async kubeconfig(name: string): Promise<string> {
    const answer = await fetch(`${this.#url}/api/v1/clusters/${name}/kubeconfig`);
    if (!answer.ok) throw new Error(`the kubeconfig of ${name}: ${answer.status}`);
    return answer.text();
  }

  /** Ends it and answers how many seconds that took. */
  async stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<number> {
    const from = performance.now();
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return 0;
    const exited = once(this.#child, 'exit');
    const patience = setTimeout(this.#kill, stopSec * 1000);
    this.#child.kill(signal);
    await exited;
    clearTimeout(patience);
    return secondsSince(from);
  }

  readonly #kill = (): void => void this.#child.kill('SIGKILL');

  async #get<T>(path: string): Promise<T> {
    const answer = await fetch(this.#url + path, { signal: AbortSignal.timeout(30_000) });
    if (!answer.ok) throw new Error(`GET ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  async #post(path: string, body: object): Promise<void> {
    const answer = await fetch(this.#url + path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
    const text = await answer.text();
    // 207: some names were refused.
    if (!answer.ok || answer.status === 207) throw new Error(`POST ${path}: ${answer.status} ${text}`);
  }
}

/** JSON is YAML, and the file may hold the token, which neither the command line nor the environment should. */
async function writeSettings(options: AgentOptions, port: number): Promise<void> {
  const { home, rancher, settings } = options;
  const given = Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [
      key,
      /^(\d+|true|false)$/.test(value) ? (JSON.parse(value) as unknown) : value,
    ]),
  );
  const all = {
    RancherURL: rancher.url,
    BearerToken: rancher.token,
    ListenPort: port,
    LocalAPIPort: await freePort(),
    LogLevel: options.verbose ? 'info' : 'error',
    ...given,
  };
  await mkdir(join(home, 'config'), { recursive: true, mode: 0o700 });
  await writeFile(join(home, 'config', 'config'), JSON.stringify(all, undefined, 2), { mode: 0o600 });
}

function withoutSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([key]) => !/^(SCALE_AGENT|RANCHER)_/.test(key)));
}
