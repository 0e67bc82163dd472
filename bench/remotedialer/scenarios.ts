import { setTimeout as sleep } from 'node:timers/promises';
import { End, type Maker } from './ends.js';

/** Who dials (the server) and who serves the dials (the client). */
export interface Pair {
  readonly name: string;
  readonly server: Maker;
  readonly client: Maker;
}

export const pairs: readonly Pair[] = [
  { name: 'Go–Go', server: 'go', client: 'go' },
  { name: 'Go–ours', server: 'go', client: 'ours' },
  { name: 'ours–Go', server: 'ours', client: 'go' },
  { name: 'ours–ours', server: 'ours', client: 'ours' },
];

/** How much of everything is measured. */
export interface Sizes {
  /** Of one stream, and of all 100 together. */
  readonly streamBytes: number;
  readonly echoes: number;
  readonly opens: number;
  readonly sessionSteps: readonly number[];
  /** How long sessions are left alone before memory is read. */
  readonly settleMs: number;
}

const MiB = 1024 * 1024;
/** Enough for V8 to have compiled what is measured. */
const warmUp = { streamBytes: 64 * MiB, echoes: 16_000, opens: 3_000 };

export const fullSizes: Sizes = {
  streamBytes: 1024 * MiB,
  echoes: 8_000,
  opens: 5_000,
  sessionSteps: [1_000, 5_000],
  settleMs: 15_000,
};

export const quickSizes: Sizes = {
  streamBytes: 128 * MiB,
  echoes: 3_000,
  opens: 3_000,
  sessionSteps: [1_000, 5_000],
  settleMs: 7_000,
};

/** Figures of one run of one pair, by name. */
export type Figures = Record<string, number>;

/** Streams, echoes and opens through one tunnel, after a warm-up of each. */
export async function measureTraffic(pair: Pair, sizes: Sizes, nodeFlags: string[]): Promise<Figures> {
  const { server, client, stop } = await startPair(pair, nodeFlags);
  const figures: Figures = {};
  const kinds = [
    { name: 'one stream', streams: 1 },
    { name: '100 streams', streams: 100 },
  ];
  const echoes = (parallel: number, count: number): Promise<Figures> =>
    server.ask({ do: 'echo', parallel, count: Math.ceil(count / parallel), bytes: 1024 });
  const opens = (parallel: number, count: number): Promise<Figures> =>
    server.ask({ do: 'open', parallel, count });
  for (const direction of ['down', 'up']) {
    await server.ask({ do: 'stream', direction, streams: 1, bytes: warmUp.streamBytes });
  }
  for (const { name, streams } of kinds) {
    for (const direction of ['down', 'up']) {
      const bytes = Math.floor(sizes.streamBytes / streams);
      const before = await Promise.all([server.usage(), client.usage()]);
      const { seconds = NaN } = await server.ask({ do: 'stream', direction, streams, bytes });
      const after = await Promise.all([server.usage(), client.usage()]);
      const GiB = (bytes * streams) / (1024 * MiB);
      figures[`${name} ${direction}, MiB/s`] = (GiB * 1024) / seconds;
      const cpu = (end: 0 | 1): number => (after[end].cpuMs - before[end].cpuMs) / 1e3 / GiB;
      figures[`${name} ${direction}, server CPU s/GiB`] = cpu(0);
      figures[`${name} ${direction}, client CPU s/GiB`] = cpu(1);
    }
  }
  await echoes(1, warmUp.echoes);
  for (const parallel of [1, 16]) {
    const { p50 = NaN, p99 = NaN } = await echoes(parallel, sizes.echoes);
    figures[`echo on ${parallel}, p50 us`] = p50;
    figures[`echo on ${parallel}, p99 us`] = p99;
  }
  await opens(1, warmUp.opens);
  for (const parallel of [1, 32]) {
    const { seconds = NaN } = await opens(parallel, sizes.opens);
    figures[`open+echo+close, ${parallel} parallel, per s`] = sizes.opens / seconds;
  }
  await stop();
  return figures;
}

/** Memory and speed of idle sessions. */
export async function measureSessions(pair: Pair, sizes: Sizes, nodeFlags: string[]): Promise<Figures> {
  const { server, client, stop } = await startPair(pair, nodeFlags);
  const figures: Figures = {};
  const base = await Promise.all([server.usage(), client.usage()]);
  let open = 0;
  for (const step of sizes.sessionSteps) {
    const { seconds = NaN } = await client.ask({ do: 'sessions', count: step - open, parallel: 50 });
    await server.ask({ do: 'wait', count: step + 1 });
    figures[`sessions opened per s, up to ${step}`] = (step - open) / seconds;
    open = step;
    await sleep(sizes.settleMs);
    const now = await Promise.all([server.usage(), client.usage()]);
    figures[`server RSS per session at ${step}, KiB`] = (now[0].rssKiB - base[0].rssKiB) / step;
    figures[`client RSS per session at ${step}, KiB`] = (now[1].rssKiB - base[1].rssKiB) / step;
  }
  await stop();
  return figures;
}

async function startPair(
  pair: Pair,
  nodeFlags: string[],
): Promise<{ server: End; client: End; stop: () => Promise<void> }> {
  const [server, { port }] = await End.start(pair.server, nodeFlags, 'server');
  const [client] = await End.start(pair.client, nodeFlags, 'client', `ws://127.0.0.1:${port}/connect`);
  await server.ask({ do: 'wait', count: 1 });
  const stop = async (): Promise<void> => {
    await client.stop();
    await server.stop();
  };
  return { server, client, stop };
}
