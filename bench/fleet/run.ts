import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AgentProcess } from './agent.js';
import { Figures } from './figures.js';
import type { Options } from './options.js';
import type { Profiler } from './profiler.js';
import type { Rancher } from './rancher.js';
import { Sampler } from './sampler.js';
import { secondsSince, until } from './wait.js';

/** One run of the benchmark: both processes, what is measured of them, and what all phases need. */
export class Run {
  readonly figures = new Figures();
  readonly sampler = new Sampler();
  /** By kind: what Rancher blames on the clusters because it can't know that the agent was meant to end. */
  readonly #excused = new Map<string, number>();
  /** How many clusters there should be. */
  clusters = 0;
  /** RSS of the agent before its first cluster. */
  emptyRssMiB = NaN;
  #agent: AgentProcess | undefined;
  readonly #start = performance.now();

  private constructor(
    readonly options: Options,
    readonly rancher: Rancher,
    readonly program: string,
    readonly home: string,
    readonly profiler: Profiler | undefined,
  ) {}

  static async begin(
    options: Options,
    rancher: Rancher,
    program: string,
    profiler: Profiler | undefined,
  ): Promise<Run> {
    const home = await mkdtemp(join(tmpdir(), 'fleet-bench-'));
    const run = new Run(options, rancher, program, home, profiler);
    await run.startAgent();
    run.emptyRssMiB = run.agent.usage.rssMiB;
    run.figures.add('start', 0, { 'RSS of the empty agent, MiB': run.emptyRssMiB });
    return run;
  }

  get agent(): AgentProcess {
    if (this.#agent === undefined) throw new Error('there is no agent now');
    return this.#agent;
  }

  async startAgent(): Promise<void> {
    this.#agent = await AgentProcess.start({
      program: this.program,
      home: this.home,
      rancher: this.rancher,
      settings: this.options.settings,
      inspect: this.profiler !== undefined,
      verbose: this.options.verbose,
    });
    this.sampler.follow(this.#agent);
    await this.profiler?.attach(this.#agent.inspectorUrl ?? '');
  }

  /** Ends the agent and answers how many seconds that took. */
  async stopAgent(signal: 'SIGTERM' | 'SIGKILL'): Promise<number> {
    this.sampler.follow(undefined);
    await this.profiler?.detach();
    const seconds = await this.agent.stop(signal);
    this.#agent = undefined;
    return seconds;
  }

  /** Says what goes on, to stderr: the table alone is for stdout. */
  say(text: string): void {
    process.stderr.write(`${secondsSince(this.#start).toFixed(1).padStart(7)} s  ${text}\n`);
  }

  /** With --profile: writes what the agent's CPU did meanwhile, by the name of the phase. */
  async profiled<T>(phase: string, work: () => Promise<T>): Promise<T> {
    await this.profiler?.startCpu();
    const result = await work();
    const summary = await this.profiler?.stopCpu(phase);
    if (summary !== undefined) this.say(`CPU of ${phase}:\n${summary}`);
    return result;
  }

  /** Resolves when all tunnels are up and both sides call all clusters active. */
  allActive(when: string): Promise<true> {
    let last = '';
    return until(`all clusters to be active ${when}`, this.options.timeoutSec, async () => {
      const [fleet, seen] = await Promise.all([this.agent.summary(), this.rancher.stats()]);
      const { phases, tunnels } = fleet;
      const counts = Object.entries(phases).filter(([, count]) => count > 0);
      const text = `${counts.map(([phase, count]) => `${phase} ${count}`).join(', ')}; Rancher: active ${seen.active}`;
      if (text !== last) this.say((last = text));
      const all = [
        phases.active,
        fleet.total,
        tunnels.cluster.connected,
        tunnels.steve.connected,
        seen.active,
        seen.tunnels.cluster,
        seen.tunnels.steve,
      ];
      return all.every((count) => count === this.clusters) ? true : undefined;
    });
  }

  /** What Rancher holds against the clusters, by kind, without what was {@link excusing | excused}. */
  async violations(): Promise<Record<string, number>> {
    const counts = Object.entries((await this.rancher.stats()).violations).map(
      ([kind, count]) => [kind, count - (this.#excused.get(kind) ?? 0)] as const,
    );
    return Object.fromEntries(counts.filter(([, count]) => count > 0));
  }

  /** Excuses what is held against the clusters meanwhile: `work` ends the agent. */
  async excusing<T>(work: () => Promise<T>): Promise<T> {
    const { violations: before } = await this.rancher.stats();
    const result = await work();
    for (const [kind, count] of Object.entries((await this.rancher.stats()).violations))
      this.#excused.set(kind, (this.#excused.get(kind) ?? 0) + count - (before[kind] ?? 0));
    return result;
  }

  async end(): Promise<void> {
    this.sampler.close();
    await this.profiler?.detach();
    await this.#agent?.stop('SIGTERM');
    await this.rancher.stop();
    await rm(this.home, { recursive: true, force: true });
  }
}
