import { most } from '../statistics.js';
import type { Run } from '../run.js';
import type { Sample } from '../sampler.js';
import { secondsSince } from '../wait.js';
import { hold } from './hold.js';

/** Grows the fleet to `target` clusters, waits until all are Active, and holds it. */
export async function ramp(run: Run, target: number): Promise<void> {
  const phase = 'ramp';
  const added = target - run.clusters;
  const first = run.clusters + 1;
  const from = performance.now();
  const fromSec = run.sampler.nowSec;
  const cpuBefore = run.agent.usage.cpuSec;
  run.sampler.everySec = 1;
  run.clusters = target;
  await run.profiled(`${phase}-${target}`, async () => {
    await run.agent.create(first, added);
    await run.allActive('');
  });
  const seconds = secondsSince(from);
  const rampCpuSec = run.agent.usage.cpuSec - cpuBefore;
  run.figures.add(phase, target, {
    Active: (await run.rancher.stats()).active,
    'all Active after, s': seconds,
    'Active per s': added / seconds,
    'CPU per activation, s': rampCpuSec / added,
    'connections at the peak, per cluster':
      most(run.sampler.between(fromSec).map(({ connections }) => connections)) / target,
    ...(await stages(run)),
  });
  const rampEndSec = run.sampler.nowSec;
  await hold(run);
  // The agent tells the delay of whole minutes: the one in which the ramp ended is told within the next. Of its first
  // minute it tells what it has so far, and the 99th percentile of a few seconds is their worst value.
  const delays = run.sampler
    .between(fromSec + 60, rampEndSec + 60)
    .map(({ eventLoopP99Ms }) => eventLoopP99Ms);
  const idleMiB = run.figures.find('hold', 'RSS, MiB', target);
  const { peakRssMiB } = run.agent.usage;
  const idleCores = run.figures.find('hold', 'CPU per 1,000 clusters, % of a core', target) / 100 / 1000;
  const idleCpuSec = idleCores * clusterSeconds(run.sampler.between(fromSec, rampEndSec));
  run.figures.add(phase, target, {
    'CPU to become Active, less what idles meanwhile, s': (rampCpuSec - idleCpuSec) / added,
    'event-loop delay p99, ms': most(delays),
    'RSS at its peak, MiB': peakRssMiB,
    'RSS at its peak / idle': peakRssMiB / idleMiB,
  });
}

/** How long clusters were connected, over all clusters. */
function clusterSeconds(samples: readonly Sample[]): number {
  const spans = samples.map(({ atSec, tunnels }, index) => {
    const { atSec: nextSec } = samples[index + 1] ?? { atSec };
    return (tunnels / 2) * (nextSec - atSec);
  });
  return spans.reduce((sum, span) => sum + span, 0);
}

/** Seconds from a cluster's creation to each stage, over all clusters so far. */
async function stages(run: Run): Promise<Record<string, number>> {
  const { stageTimings } = await run.agent.summary();
  return Object.fromEntries(
    Object.entries(stageTimings).flatMap(([stage, timing]) =>
      (['p50', 'p95', 'p99'] as const).map((rank) => [`time to ${stage} ${rank}, s`, timing[rank] / 1000]),
    ),
  );
}
