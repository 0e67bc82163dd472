import { setTimeout as sleep } from 'node:timers/promises';
import { most } from '../statistics.js';
import type { Run } from '../run.js';
import { secondsSince, until } from '../wait.js';

/** Cuts the tunnels of a share of the clusters at once and waits until all are back. */
export async function drop(run: Run): Promise<void> {
  const { agent, clusters, options, rancher, sampler } = run;
  const reconnects = async (): Promise<number> => {
    const { tunnels } = await agent.summary();
    return tunnels.cluster.reconnects + tunnels.steve.reconnects;
  };
  const before = await reconnects();
  const fromSec = sampler.nowSec;
  const from = performance.now();
  const cut = await rancher.drop(options.dropShare);
  run.say(`cut ${cut} tunnels`);
  await run.profiled('drop', async () => {
    await until('all tunnels to be up again', options.timeoutSec, async () =>
      (await reconnects()) >= before + cut ? true : undefined,
    );
    await run.allActive('after the drop');
  });
  const seconds = secondsSince(from);
  // One more look, so that the last reconnects are among the samples.
  await sleep(2000);
  const samples = sampler.between(fromSec - 5);
  const rates = samples.slice(1).map((sample, index) => {
    const last = samples[index] ?? sample;
    return (sample.reconnects - last.reconnects) / (sample.atSec - last.atSec);
  });
  run.figures.add('drop', clusters, {
    'tunnels cut': cut,
    'all back, s': seconds,
    'reconnects per s at the peak': most(rates),
  });
}
