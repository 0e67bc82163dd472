import { Churn } from '../churn.js';
import { mean, slope } from '../statistics.js';
import type { Run } from '../run.js';
import type { Sample } from '../sampler.js';
import { setTimeout as sleep } from 'node:timers/promises';

/** Until then memory may still find its level. */
const warmUpSec = 600;

/** Keeps the fleet busy for a long time and looks how its memory goes. */
export async function soak(run: Run): Promise<void> {
  const { agent, clusters, options, sampler } = run;
  const fromSec = sampler.nowSec;
  const cpuBefore = agent.usage.cpuSec;
  run.say(`${options.soakMin} min with ${options.churnPerSec} changes per s`);
  sampler.everySec = 10;
  const churn = await Churn.start(agent, options.churnPerSec);
  await run.profiled('soak', () => sleep(options.soakMin * 60_000));
  await churn.stop();
  if (churn.failed > 0) run.say(`${churn.failed} changes failed, first ${churn.failure}`);
  sampler.everySec = 1;
  const seconds = sampler.nowSec - fromSec;
  const settled = sampler.between(fromSec + warmUpSec);
  const perHour = (of: (sample: Sample) => number): number =>
    slope(settled.map((sample) => [sample.atSec / 3600, of(sample)]));
  run.figures.add('soak', clusters, {
    'still Active': (await run.rancher.stats()).active,
    'changes per s': churn.done / seconds,
    'changes that failed': churn.failed,
    'CPU, % of a core': ((agent.usage.cpuSec - cpuBefore) / seconds) * 100,
    'RSS slope after 10 min, % per hour':
      (perHour(({ rssMiB }) => rssMiB) / mean(settled.map(({ rssMiB }) => rssMiB))) * 100,
    "slope of V8's pages of the main thread, MiB per hour": perHour(({ mainHeapMiB }) => mainHeapMiB),
    "slope of V8's pages of the shards, MiB per hour": perHour(({ shardHeapsMiB }) => shardHeapsMiB),
  });
}
