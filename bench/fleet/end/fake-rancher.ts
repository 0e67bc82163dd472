/** fake-rancher in a process of its own, driven by messages of its parent. */
import { startFakeRancher } from '@scale-cluster/fake-rancher';

/** What the parent may ask for. */
export type Command = { readonly do: 'stats' } | { readonly do: 'drop'; readonly share: number };

const rancher = await startFakeRancher();

function answer(command: Command): object {
  if (command.do === 'drop') return { sockets: rancher.dropTunnels(command.share) };
  const clusters = rancher.clusters();
  const count = (holds: (cluster: (typeof clusters)[number]) => boolean): number =>
    clusters.filter(holds).length;
  const violations = rancher.violations();
  const { user, system } = process.cpuUsage();
  return {
    total: clusters.length,
    active: count((cluster) => cluster.active),
    tunnels: {
      cluster: count((cluster) => cluster.tunnels.cluster),
      steve: count((cluster) => cluster.tunnels.steve),
    },
    violations: Object.fromEntries(violations.map(({ kind, count: times }) => [kind, times])),
    examples: Object.fromEntries(violations.map(({ kind, sample }) => [kind, sample])),
    cpuSec: (user + system) / 1e6,
    rssMiB: process.memoryUsage.rss() / 2 ** 20,
    raw: violations,
  };
}

process.on('message', ({ id, command }: { id: number; command: Command }) =>
  process.send?.({ id, result: answer(command) }),
);
// The parent is gone: so is the reason to be.
process.on('disconnect', () => process.exit(0));
process.send?.({ ready: { url: rancher.url, token: rancher.token } });
