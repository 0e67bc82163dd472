import type { Profiler } from 'node:inspector';
import { setTimeout as delay } from 'node:timers/promises';
import type { ThreadInspector } from '@scale-cluster/cluster-sim';
import { toFrame } from './call-tree.js';
import { ProfileBuilder, type Frame } from './profile-builder.js';

/** 100 samples a second, as Go's runtime takes; finer sampling slows a busy agent. */
const SAMPLING_INTERVAL_US = 10_000;

/** Samples the CPU of a thread for `seconds` and gives a pprof file. An abort ends it early and rejects. */
export async function recordCpuProfile(
  thread: ThreadInspector,
  seconds: number,
  signal: AbortSignal,
): Promise<Buffer> {
  const startedAt = Date.now();
  await thread.post('Profiler.enable');
  try {
    await thread.post('Profiler.setSamplingInterval', { interval: SAMPLING_INTERVAL_US });
    await thread.post('Profiler.start');
    await delay(seconds * 1000, undefined, { signal });
    const { profile } = (await thread.post('Profiler.stop')) as Profiler.StopReturnType;
    return await encodeCpuProfile(profile, startedAt);
  } finally {
    await thread.post('Profiler.disable');
  }
}

/** Turns V8's CPU profile into pprof's format with the sample types of Go's: `samples/count`, `cpu/nanoseconds`. */
export async function encodeCpuProfile(profile: Profiler.Profile, startedAtMs: number): Promise<Buffer> {
  const builder = new ProfileBuilder({
    sampleTypes: [
      { type: 'samples', unit: 'count' },
      { type: 'cpu', unit: 'nanoseconds' },
    ],
    periodType: { type: 'cpu', unit: 'nanoseconds' },
    period: SAMPLING_INTERVAL_US * 1000,
    timeMs: startedAtMs,
    durationMs: (profile.endTime - profile.startTime) / 1000,
  });
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const parents = new Map<number, number>();
  for (const node of profile.nodes) for (const child of node.children ?? []) parents.set(child, node.id);

  for (const [id, { count, micros }] of costPerNode(profile)) {
    const stack: Frame[] = [];
    // (root), the one node without a parent, is in every stack and says nothing; (idle) is not CPU.
    for (
      let node = nodes.get(id);
      node && parents.has(node.id);
      node = nodes.get(parents.get(node.id) ?? -1)
    ) {
      stack.push(toFrame(node.callFrame));
    }
    if (stack.length > 0 && stack[0]?.functionName !== '(idle)')
      builder.addSample(stack, [count, micros * 1000]);
  }
  return builder.finish();
}

/** How often each node was at the top, and for how long. */
function costPerNode(profile: Profiler.Profile): Map<number, { count: number; micros: number }> {
  const costs = new Map<number, { count: number; micros: number }>();
  profile.samples?.forEach((id, index) => {
    const cost = costs.get(id) ?? { count: 0, micros: 0 };
    cost.count += 1;
    // V8 now and then reports a small negative step; time must not run backwards in a profile.
    cost.micros += Math.max(0, profile.timeDeltas?.[index] ?? 0);
    costs.set(id, cost);
  });
  return costs;
}
