import { Session } from 'node:inspector/promises';
import type { ShardView, ThreadInspector } from '@scale-cluster/cluster-sim';
import { HeapSampler } from './heap-profile.js';

/** The part of the fleet that profiles are taken of. */
export interface ShardInspectors {
  shards(): Pick<ShardView, 'index'>[];
  shardInspector(index: number): ThreadInspector;
}

/** A thread to take profiles of. */
export interface ProfiledThread {
  readonly inspector: ThreadInspector;
  /** Since when allocations are sampled. */
  heap(): Promise<Buffer>;
}

/** The threads of the agent: the main one, and those of shards by their numbers. */
export class ProfiledThreads {
  private readonly session = new Session();
  /** Of the main thread. */
  private readonly own: ThreadInspector = {
    post: (method, params) => this.session.post(method as 'Profiler.enable', params as never),
  };
  private readonly main: HeapSampler;
  private readonly shards = new Map<number, HeapSampler>();

  constructor(private readonly fleet: ShardInspectors) {
    this.main = new HeapSampler(this.own);
  }

  /** Begins to sample allocations everywhere. */
  async start(): Promise<void> {
    this.session.connect();
    await this.main.start();
    // A shard whose thread is still starting is sampled from the first time that somebody asks.
    await Promise.all(
      this.fleet.shards().map(({ index }) =>
        this.sampler(index)
          .start()
          .catch(() => undefined),
      ),
    );
  }

  /** Throws ShardNotFoundError. */
  get(shard: number | undefined): ProfiledThread {
    if (shard === undefined) return { inspector: this.own, heap: () => this.main.take() };
    return {
      inspector: this.fleet.shardInspector(shard),
      heap: async () => {
        const sampler = this.sampler(shard);
        try {
          return await sampler.take();
        } catch {
          // Its thread was started anew.
          await sampler.start();
          return sampler.take();
        }
      },
    };
  }

  stop(): void {
    this.session.disconnect();
  }

  private sampler(shard: number): HeapSampler {
    let sampler = this.shards.get(shard);
    if (sampler === undefined)
      this.shards.set(shard, (sampler = new HeapSampler(this.fleet.shardInspector(shard))));
    return sampler;
  }
}
