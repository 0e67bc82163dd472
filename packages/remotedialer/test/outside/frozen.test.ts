import { once } from 'node:events';
import { describe, expect, inject, test } from 'vitest';
import { Ticker, type TunnelServer } from '../../src/index.js';
import { ManualClock } from '../../src/testing/index.js';
import { startServer } from '../helpers/tunnel.js';
import { GoPeer } from './go-peer.js';
import { startTarget } from './targets.js';

const peers = Object.entries(inject('peers'));
/** A server passes over sessions that were silent for 15 s. */
const SILENT_MS = 16_000;

/** Opens a stream and returns the id of its session, once the far end has answered through it. */
async function dialedSession(tunnels: TunnelServer, port: number): Promise<string | undefined> {
  const stream = tunnels.dial('alice', 'tcp', `127.0.0.1:${port}`);
  stream.write('x');
  await once(stream, 'data');
  const session = tunnels
    .debugInfo()
    .find(({ connections }) => connections.some(({ id }) => id === stream.id));
  const closed = once(stream, 'close');
  stream.destroy();
  await closed;
  return session?.sessionKey;
}

describe.each(peers)('two Go clients %s of one key, one of them frozen by SIGSTOP', (_version, program) => {
  async function startBoth(): Promise<{
    tunnels: TunnelServer;
    clock: ManualClock;
    processes: readonly [GoPeer, GoPeer];
    sessions: readonly [string, string];
    port: number;
  }> {
    const clock = new ManualClock();
    const { tunnels, url } = await startServer({ ticker: new Ticker(clock) });
    const start = async (): Promise<[GoPeer, string]> => {
      const session = once(tunnels, 'session') as Promise<[string, string]>;
      const [peer, [, id]] = await Promise.all([GoPeer.start(program, 'client', url, 'alice'), session]);
      return [peer, id];
    };
    const [first, firstSession] = await start();
    const [second, secondSession] = await start();
    const port = await startTarget((socket) => socket.pipe(socket));
    return {
      tunnels,
      clock,
      processes: [first, second],
      sessions: [firstSession, secondSession],
      port,
    };
  }

  test('17: the first is frozen: every dial goes through the newest, at once', async () => {
    const { tunnels, processes, sessions, port } = await startBoth();
    processes[0].child.kill('SIGSTOP');
    for (let dial = 0; dial < 10; dial++) expect(await dialedSession(tunnels, port)).toBe(sessions[1]);
    expect(tunnels.debugInfo()).toHaveLength(2);
  });

  test('17: the newest is frozen: dials go to the first when that alone shows life, and back when it thaws', async () => {
    const { tunnels, clock, processes, sessions, port } = await startBoth();
    const silentMs = (): (number | undefined)[] =>
      sessions.map((id) => tunnels.debugInfo().find(({ sessionKey }) => sessionKey === id)?.silentMs);
    processes[1].child.kill('SIGSTOP');
    clock.advance(SILENT_MS);
    // The next ping of the first comes within 5 s.
    await expect.poll(silentMs, { timeout: 10_000 }).toEqual([0, SILENT_MS]);
    expect(await dialedSession(tunnels, port)).toBe(sessions[0]);
    processes[1].child.kill('SIGCONT');
    await expect.poll(silentMs, { timeout: 10_000 }).toEqual([0, 0]);
    expect(await dialedSession(tunnels, port)).toBe(sessions[1]);
  });
});
