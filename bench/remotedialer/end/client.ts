import { once } from 'node:events';
import { TunnelClient } from '@scale-cluster/remotedialer';
import { obey, say } from './commands.js';
import { serveTarget } from './targets.js';

/** Opens the tunnel "bench", and idle ones on demand. */
export async function connect(url: string): Promise<void> {
  await open(url, 'bench');
  say({ ready: true });
  let opened = 0;
  obey(async (command) => {
    if (command.do !== 'sessions') throw new Error(`unknown command ${command.do}`);
    const started = performance.now();
    const until = opened + command.count;
    const worker = async (): Promise<void> => {
      while (opened < until) await open(url, `idle-${opened++}`);
    };
    await Promise.all(Array.from({ length: command.parallel }, worker));
    return { seconds: (performance.now() - started) / 1e3 };
  });
}

/** Resolves when the tunnel is there; it lives as long as the process. */
async function open(url: string, key: string): Promise<void> {
  const client = new TunnelClient({
    endpoint: () => ({ url, headers: { 'x-tunnel-id': key } }),
    onConnect: serveTarget,
  });
  client.start();
  await once(client, 'connected');
}
