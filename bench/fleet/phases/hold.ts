import { setTimeout as sleep } from 'node:timers/promises';
import { worstDelayP99Ms } from '../delays.js';
import { median, most } from '../statistics.js';
import type { Run } from '../run.js';

/** What counts as idle: the last third of the time. */
const idleShare = 1 / 3;
/** The agent counts delays every ten seconds or so, and what the ramp has left is done by then. */
const firstMinuteSec = 60;

/**
 * Leaves the fleet alone. Only its end counts: client-go's idle connections run out after 90 s, and what the ramp wrote
 * stays in the clusters' event logs for 5 minutes.
 */
export async function hold(run: Run): Promise<void> {
  const { agent, clusters, options, sampler } = run;
  const fromSec = sampler.nowSec;
  const holdSec = options.holdSec[options.steps.indexOf(clusters)] ?? NaN;
  run.say(`holding ${clusters} for ${holdSec} s`);
  sampler.everySec = 5;
  const settlingSec = holdSec * (1 - idleShare);
  const firstSec = Math.min(firstMinuteSec, settlingSec);
  await sleep(firstSec * 1000);
  const { eventLoopDelays } = await agent.summary();
  await sleep((settlingSec - firstSec) * 1000);
  const idleFromSec = sampler.nowSec;
  const before = agent.usage.cpuSec;
  await run.profiled(`hold-${clusters}`, () => sleep(holdSec * 1000 * idleShare));
  const cores = (agent.usage.cpuSec - before) / (sampler.nowSec - idleFromSec);
  const samples = sampler.between(idleFromSec);
  const rssMiB = median(samples.map((sample) => sample.rssMiB));
  // What is told of "the last minute" may be of the one before that: only this is surely all idle.
  const minutes = sampler.between(fromSec + 120).map(({ eventLoopP99Ms }) => eventLoopP99Ms);
  run.figures.add('hold', clusters, {
    'still Active': (await run.rancher.stats()).active,
    'RSS, MiB': rssMiB,
    'RSS per cluster, MB': (rssMiB * 2 ** 20) / 1e6 / clusters,
    'RSS per cluster without the empty agent, MB': ((rssMiB - run.emptyRssMiB) * 2 ** 20) / 1e6 / clusters,
    'CPU per 1,000 clusters, % of a core': (cores * 100 * 1000) / clusters,
    'event-loop delay p99, ms': worstDelayP99Ms(eventLoopDelays, (await agent.summary()).eventLoopDelays),
    'worst minute: event-loop delay p99, ms': most(minutes),
    'connections per cluster': median(samples.map(({ connections }) => connections)) / clusters,
    'open files per cluster': agent.usage.openFiles / clusters,
  });
  await run.profiler?.heap(`hold-${clusters}`, clusters, options.snapshot).then((text) => run.say(text));
  sampler.everySec = 1;
}

/** What a cluster costs in the largest fleet, compared with the smallest one of this run. */
export function growth(run: Run): void {
  const { figures, options } = run;
  const [small = NaN] = options.steps;
  const large = options.steps.at(-1) ?? NaN;
  if (small === large) return;
  const ratio = (name: string): number =>
    figures.find('hold', name, large) / figures.find('hold', name, small);
  figures.add('growth', large, {
    [`RSS per cluster / at ${small}`]: ratio('RSS per cluster without the empty agent, MB'),
    [`CPU per cluster / at ${small}`]: ratio('CPU per 1,000 clusters, % of a core'),
  });
}
