/**
 * A process of its own for the demo's Rancher, so that memory figures of the agent are the agent's alone. It is
 * forked by `demo/rancher-process.ts`, talks over the IPC channel (the token shows on no command line and no
 * output), and ends with its parent.
 */
import { formatViolation, startFakeRancher } from '@scale-cluster/fake-rancher';
import type { RancherMessage } from './demo/rancher-process.js';

const send = (message: RancherMessage): void => void process.send?.(message);

try {
  // A real Rancher looks at its clusters every 15 s; nobody wants to wait that long in a demo.
  const rancher = await startFakeRancher({ checkIntervalMs: 5000 });
  process.on('message', () => {
    const clusters = rancher.clusters();
    send({
      type: 'report',
      total: clusters.length,
      active: clusters.filter((cluster) => cluster.active).length,
      violations: rancher.violations().map(formatViolation),
    });
  });
  process.once('disconnect', () => void rancher.close().finally(() => process.exit(0)));
  // Ctrl-C goes to the whole process group; the parent decides when this one ends.
  process.on('SIGINT', () => undefined);
  send({ type: 'ready', url: rancher.url, token: rancher.token, caCert: rancher.caCert });
} catch (error) {
  process.stderr.write(`fake-rancher: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
