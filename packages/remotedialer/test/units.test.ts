import { describe, expect, test } from 'vitest';
import { fullJitterDelay, RemotedialerError, Ticker } from '../src/index.js';
import * as errors from '../src/errors.js';
import { FlowControl } from '../src/flow-control.js';
import type { Int64 } from '../src/message.js';
import { randomBytes, randomUint32 } from '../src/random.js';
import { SeenIds } from '../src/seen-ids.js';
import { ManualClock } from '../src/testing/index.js';
import { splitAddress } from '../src/virtual-socket.js';

const MiB = 1024 * 1024;

describe('fullJitterDelay', () => {
  const options = { initialMs: 100, maxMs: 1_000 };

  test('doubles its ceiling with every attempt up to the limit', () => {
    const ceilings = [0, 1, 2, 3, 4, 5, 1_000].map((attempt) =>
      fullJitterDelay(attempt, options, () => 0.999999),
    );
    expect(ceilings).toEqual([99, 199, 399, 799, 999, 999, 999]);
  });

  test('takes anything from nothing to the ceiling', () => {
    expect(fullJitterDelay(2, options, () => 0)).toBe(0);
    expect(fullJitterDelay(2, options, () => 0.5)).toBe(200);
  });
});

describe('random numbers', () => {
  test('fill 32 bits and do not repeat when the pool is filled anew', () => {
    const numbers = Array.from({ length: 5_000 }, randomUint32);
    // Two of 5,000 are equal once in about 340 runs, three pairs of them never.
    expect(new Set(numbers).size).toBeGreaterThan(4_997);
    const ones = (bit: number): number => numbers.filter((number) => (number >>> bit) & 1).length;
    for (let bit = 0; bit < 32; bit++) expect(Math.abs(ones(bit) - 2_500)).toBeLessThan(300);
  });

  test('make bytes of any multiple of four', () => {
    expect([0, 8, 16].map((length) => randomBytes(length).length)).toEqual([0, 8, 16]);
    expect(randomBytes(16).equals(randomBytes(16))).toBe(false);
  });
});

describe('FlowControl', () => {
  test('pauses above 2 MiB, resumes below 256 KiB, and not twice', () => {
    const flow = new FlowControl();
    expect(flow.buffered(2 * MiB, 1)).toBe('none');
    expect(flow.buffered(2 * MiB + 1, 1)).toBe('sendPause');
    expect(flow.buffered(2 * MiB + 2, 1)).toBe('none');
    expect(flow.drained(256 * 1024)).toBe(false);
    expect(flow.drained(256 * 1024 - 1)).toBe(true);
    expect(flow.drained(0)).toBe(false);
  });

  test('a repeated Pause of the other end does not start its time anew', () => {
    const flow = new FlowControl();
    flow.paused(0);
    flow.paused(900);
    expect(flow.probe(1_000, true)).toBe('startProbe');
  });

  test('a Resume during a probe ends it', () => {
    const flow = new FlowControl();
    flow.paused(0);
    expect(flow.probe(1_000, true)).toBe('startProbe');
    expect(flow.resumed()).toBe(true);
    expect(flow.probe(1_300, true)).toBe('none');
  });

  test('with nothing to send the other end is let go once, and probed when there is something a second later', () => {
    const flow = new FlowControl();
    flow.paused(0);
    expect([flow.probe(900, false), flow.mustLetGo]).toEqual(['none', true]);
    expect([flow.probe(1_000, false), flow.mustLetGo]).toEqual(['letGo', false]);
    expect([flow.probe(5_000, false), flow.peerPausedUs]).toEqual(['none', true]);
    expect(flow.probe(5_100, true)).toBe('startProbe');
    expect(flow.probe(5_400, true)).toBe('letGo');
    expect(flow.probe(5_500, true)).toBe('none');
    expect(flow.probe(6_400, true)).toBe('startProbe');
  });
});

describe('SeenIds', () => {
  const mayComeNext = (seen: SeenIds): Int64[] => {
    const ids: Int64[] = [];
    seen.addMayComeNext(ids);
    return ids;
  };

  test('remembers ids that were overtaken until they come', () => {
    const seen = new SeenIds();
    for (const id of [2, 5, 4]) seen.add(id);
    expect([2, 3, 4, 5, 6].map((id) => seen.has(id))).toEqual([true, false, true, true, false]);
    expect(mayComeNext(seen).slice(0, 3)).toEqual([3, 6, 7]);
    seen.add(3);
    expect(seen.has(3)).toBe(true);
    expect(mayComeNext(seen)[0]).toBe(6);
  });

  test('a jump to a huge id costs no more than 1,024 remembered gaps', () => {
    const seen = new SeenIds();
    seen.add(2);
    seen.add(2 ** 52);
    expect(mayComeNext(seen).length).toBeLessThanOrEqual(1_024 + 256);
    expect(seen.has(2 ** 52)).toBe(true);
  });
});

describe('splitAddress', () => {
  test.each([
    ['10.43.0.1:443', '10.43.0.1', 443],
    ['[fd00::1]:6443', 'fd00::1', 6443],
    [':5555', 'localhost', 5555],
    ['kubernetes.default.svc:443', 'kubernetes.default.svc', 443],
    ['/var/run/docker.sock', '/var/run/docker.sock', undefined],
    ['fd00::1', 'fd00::1', undefined],
    ['', '', undefined],
  ])('%j', (address, host, port) => {
    expect(splitAddress(address)).toEqual(port === undefined ? { host } : { host, port });
  });
});

describe('Ticker', () => {
  test('wakes a member 5 s after it joined and every 5 s from then on', () => {
    const clock = new ManualClock();
    const ticker = new Ticker(clock);
    const times: number[] = [];
    const member = { tick: (now: number) => times.push(now) };
    clock.advance(1_234);
    const slot = ticker.add(member);
    clock.advance(15_500);
    expect(times).toEqual([6_234, 11_234, 16_234]);
    ticker.remove(member, slot);
    clock.advance(20_000);
    expect(times).toHaveLength(3);
  });

  test('wakes thousands in small groups, as they joined', () => {
    const clock = new ManualClock();
    const ticker = new Ticker(clock);
    const wakes = new Map<number, number>();
    for (let index = 0; index < 5_000; index += 1) {
      ticker.add({ tick: (now) => wakes.set(now, (wakes.get(now) ?? 0) + 1) });
      clock.advance(1);
    }
    clock.advance(5_000);
    expect(Math.max(...wakes.values())).toBe(20);
  });

  test('after a blocked event loop nobody is woken twice for it', () => {
    const clock = new ManualClock();
    const ticker = new Ticker(clock);
    let wakes = 0;
    ticker.add({ tick: () => wakes++ });
    clock.stall(32_000);
    expect(wakes).toBe(1);
  });
});

test('every error has a stable code, its own name, and keeps its cause', () => {
  const cause = new Error('why');
  expect(new errors.TunnelDisconnectedError({ cause })).toMatchObject({
    name: 'TunnelDisconnectedError',
    code: 'ERR_RD_TUNNEL_DISCONNECTED',
    cause,
  });
  expect(new errors.HandshakeError(401, 'failed authentication').message).toBe(
    'the server refused the tunnel: 401 failed authentication',
  );
  expect(new errors.SessionNotFoundError('c-1')).toBeInstanceOf(RemotedialerError);
});
