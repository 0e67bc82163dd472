import type { ClusterView } from '@scale-cluster/cluster-sim';
import type { Run } from '../run.js';
import { secondsSince, until } from '../wait.js';

const paramsChanged = 'params-changed';

/** Ends the agent, starts it again on the same files, and waits until all clusters are back as they were. */
export async function restart(run: Run, phase: 'restart' | 'kill'): Promise<void> {
  const { clusters, options, rancher } = run;
  const before = await run.agent.clusters();
  const { violations } = await rancher.stats();
  // Tunnels that end, and what was under way in them: requests, pings, a canary's writes.
  const stopSec = await run.excusing(async () => {
    const seconds = await run.stopAgent(phase === 'kill' ? 'SIGKILL' : 'SIGTERM');
    run.say(`the agent has ended after ${seconds.toFixed(1)} s`);
    await until('Rancher to notice', options.timeoutSec, async () => {
      const { tunnels } = await rancher.stats();
      return tunnels.cluster + tunnels.steve === 0 ? true : undefined;
    });
    return seconds;
  });

  const from = performance.now();
  await run.startAgent();
  const cpuBefore = run.agent.usage.cpuSec;
  const listeningSec = secondsSince(from);
  await run.profiled(phase, () => run.allActive('again'));
  const seconds = secondsSince(from);
  const after = new Map((await run.agent.clusters()).map((cluster) => [cluster.name, cluster]));
  const changedIds = before.filter((cluster) => !isSame(cluster, after.get(cluster.name))).length;
  const changedParams =
    ((await rancher.stats()).violations[paramsChanged] ?? 0) - (violations[paramsChanged] ?? 0);
  run.figures.add(phase, clusters, {
    'shutdown, s': stopSec,
    'listening again, s': listeningSec,
    'all Active again, s': seconds,
    'CPU per cluster, s': (run.agent.usage.cpuSec - cpuBefore) / clusters,
    'RSS at its peak, MiB': run.agent.usage.peakRssMiB,
    'clusters whose id, address, token or CA changed': changedIds + changedParams,
  });
}

const isSame = (before: ClusterView, after: ClusterView | undefined): boolean =>
  after !== undefined && after.uid === before.uid && after.rancherId === before.rancherId;
