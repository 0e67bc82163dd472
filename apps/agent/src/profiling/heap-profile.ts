import type { HeapProfiler } from 'node:inspector';
import type { ThreadInspector } from '@scale-cluster/cluster-sim';
import { toFrame } from './call-tree.js';
import { ProfileBuilder, type Frame } from './profile-builder.js';

/** One sample per 512 KiB allocated, as Go's runtime does: cheap enough to leave on. */
const SAMPLING_INTERVAL_BYTES = 512 * 1024;

/**
 * Samples allocations of a thread from `start()` on; each `take()` shows what of them is still alive. Memory allocated
 * before `start()` and memory outside V8's heap (sockets, TLS, Buffers) is not seen.
 */
export class HeapSampler {
  private startedAt = 0;

  constructor(private readonly thread: ThreadInspector) {}

  async start(): Promise<void> {
    this.startedAt = Date.now();
    await this.thread.post('HeapProfiler.enable');
    await this.thread.post('HeapProfiler.startSampling', { samplingInterval: SAMPLING_INTERVAL_BYTES });
  }

  async take(): Promise<Buffer> {
    const taken = (await this.thread.post(
      'HeapProfiler.getSamplingProfile',
    )) as HeapProfiler.GetSamplingProfileReturnType;
    return encodeHeapProfile(taken.profile, Date.now(), Date.now() - this.startedAt);
  }
}

/** Turns V8's sampling heap profile into pprof's format (`inuse_space/bytes`). */
export async function encodeHeapProfile(
  profile: HeapProfiler.SamplingHeapProfile,
  timeMs: number,
  durationMs: number,
): Promise<Buffer> {
  const space = { type: 'inuse_space', unit: 'bytes' };
  const builder = new ProfileBuilder({
    sampleTypes: [space],
    periodType: { type: 'space', unit: 'bytes' },
    period: SAMPLING_INTERVAL_BYTES,
    timeMs,
    durationMs,
  });
  const visit = (node: HeapProfiler.SamplingHeapProfileNode, callers: readonly Frame[]): void => {
    const stack = [toFrame(node.callFrame), ...callers];
    if (node.selfSize > 0) builder.addSample(stack, [Math.round(node.selfSize)]);
    for (const child of node.children) visit(child, stack);
  };
  for (const child of profile.head.children) visit(child, []);
  return builder.finish();
}
