import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentProcess } from './agent.js';
import { secondsSince } from './wait.js';

/** How the agent was at one moment. Seconds count from the begin of the run. */
export interface Sample {
  readonly atSec: number;
  readonly rssMiB: number;
  /** Pages of V8's heaps: of the main thread, and of all shards. What is left of the RSS is neither's. */
  readonly mainHeapMiB: number;
  readonly shardHeapsMiB: number;
  readonly cpuSec: number;
  /** What the agent says of its last minute, or of its whole life while that is shorter. */
  readonly eventLoopP99Ms: number;
  /** Virtual connections in all tunnels. */
  readonly connections: number;
  /** Tunnels that are up. */
  readonly tunnels: number;
  /** Connects of tunnels that had been up before. */
  readonly reconnects: number;
}

const MiB = 1 << 20;

/** Looks at the agent at a steady pace as long as the benchmark runs. */
export class Sampler {
  readonly samples: Sample[] = [];
  readonly #start = performance.now();
  readonly #end = new AbortController();
  #agent: AgentProcess | undefined;
  /** A summary costs the agent some milliseconds with thousands of clusters: not too often while it should idle. */
  everySec = 1;

  constructor() {
    void this.#run();
  }

  get nowSec(): number {
    return secondsSince(this.#start);
  }

  /** Looks at this one from now on; at none while there is none. */
  follow(agent: AgentProcess | undefined): void {
    this.#agent = agent;
  }

  between(fromSec: number, toSec = Infinity): Sample[] {
    return this.samples.filter(({ atSec }) => atSec >= fromSec && atSec <= toSec);
  }

  close(): void {
    this.#end.abort();
  }

  async #run(): Promise<void> {
    const { signal } = this.#end;
    while (!signal.aborted) {
      // An agent that is being restarted does not answer.
      await this.#look().catch(() => undefined);
      await sleep(this.everySec * 1000, undefined, { signal }).catch(() => undefined);
    }
  }

  async #look(): Promise<void> {
    const agent = this.#agent;
    if (agent === undefined) return;
    const { eventLoop, tunnels, memory, shards } = await agent.summary();
    const { cluster, steve } = tunnels;
    if (agent !== this.#agent) return;
    const { rssMiB, cpuSec } = agent.usage;
    const shardHeaps = shards.reduce((sum, shard) => sum + shard.memory.heapTotalBytes, 0);
    this.samples.push({
      atSec: this.nowSec,
      rssMiB,
      mainHeapMiB: (memory.heapTotalBytes - shardHeaps) / MiB,
      shardHeapsMiB: shardHeaps / MiB,
      cpuSec,
      eventLoopP99Ms: eventLoop.p99Ms,
      connections: cluster.connections + steve.connections,
      tunnels: cluster.connected + steve.connected,
      reconnects: cluster.reconnects + steve.reconnects,
    });
  }
}
