import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TunnelServer, type Connection } from '@scale-cluster/remotedialer';
import { obey, say, type Answer, type Command } from './commands.js';
import { readBytes, writeBytes } from './streams.js';

/** Accepts tunnels and measures what goes through the one of the client "bench". */
export async function serve(): Promise<void> {
  const tunnels = new TunnelServer({
    authorize: ({ headers }) => ({ clientKey: String(headers['x-tunnel-id']) }),
  });
  const http = createServer();
  http.on('upgrade', (request, socket, head) => tunnels.handleUpgrade(request, socket, head));
  await once(http.listen(0, '127.0.0.1'), 'listening');
  say({ port: (http.address() as AddressInfo).port });
  const dial = (address: string): Connection => tunnels.dial('bench', 'tcp', address);
  const run: Record<string, (command: Command) => Promise<Answer>> = {
    wait: async ({ count }) => {
      while (tunnels.clients().length < count) await once(tunnels, 'session');
      return {};
    },
    stream: (command) => stream(dial, command),
    echo: (command) => echo(dial, command),
    open: (command) => openAndClose(dial, command),
  };
  obey((command) => {
    const action = run[command.do];
    if (action === undefined) throw new Error(`unknown command ${command.do}`);
    return action(command);
  });
}

type Dial = (address: string) => Connection;

const together = (count: number, run: () => Promise<void>): Promise<void[]> =>
  Promise.all(Array.from({ length: count }, run));

async function stream(dial: Dial, { direction, streams, bytes }: Command): Promise<Answer> {
  const started = performance.now();
  await together(streams, async () => {
    const connection = dial(`${direction === 'down' ? 'source' : 'sink'}:${bytes}`);
    if (direction === 'down') await readBytes(connection, bytes);
    else await Promise.all([writeBytes(connection, bytes), readBytes(connection, 1)]);
    connection.destroy();
  });
  return { seconds: (performance.now() - started) / 1e3 };
}

async function echo(dial: Dial, { parallel, count, bytes }: Command): Promise<Answer> {
  const took: number[] = [];
  await together(parallel, async () => {
    const connection = dial('echo:0');
    const message = Buffer.alloc(bytes);
    for (let n = 0; n < count; n++) {
      const started = performance.now();
      connection.write(message);
      await readBytes(connection, bytes);
      took.push((performance.now() - started) * 1e3);
    }
    connection.destroy();
  });
  took.sort((a, b) => a - b);
  return { p50: took[took.length >> 1], p99: took[Math.floor(took.length * 0.99)] };
}

async function openAndClose(dial: Dial, { parallel, count }: Command): Promise<Answer> {
  const started = performance.now();
  await together(parallel, async () => {
    for (let n = 0; n < count / parallel; n++) {
      const connection = dial('echo:0');
      connection.write(Buffer.of(1));
      await readBytes(connection, 1);
      connection.destroy();
    }
  });
  return { seconds: (performance.now() - started) / 1e3 };
}
