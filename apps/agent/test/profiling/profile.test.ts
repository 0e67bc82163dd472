import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { ShardNotFoundError } from '@scale-cluster/cluster-sim';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeCpuProfile } from '../../src/profiling/cpu-profile.js';
import { encodeHeapProfile } from '../../src/profiling/heap-profile.js';
import { ProfileBuilder } from '../../src/profiling/profile-builder.js';
import { startPprofServer, type PprofServer } from '../../src/profiling/pprof-server.js';
import type { ShardInspectors } from '../../src/profiling/threads.js';
import { decodeProfile } from './decode-profile.js';

const frame = (functionName: string, lineNumber: number) => ({
  functionName,
  scriptId: '1',
  url: 'file:///srv/app.js',
  lineNumber,
  columnNumber: 0,
});

describe('CPU profile', () => {
  it('gives each stack, leaf first, its count and its time, without the root and without idle time', async () => {
    const bytes = await encodeCpuProfile(
      {
        nodes: [
          { id: 1, callFrame: frame('(root)', -1), children: [2, 3] },
          { id: 2, callFrame: frame('outer', 9), children: [4] },
          { id: 3, callFrame: frame('(idle)', -1) },
          { id: 4, callFrame: frame('', 19) },
        ],
        startTime: 1_000_000,
        endTime: 1_040_000,
        samples: [4, 4, 2, 3],
        timeDeltas: [10_000, 9_000, -5, 20_000],
      },
      1_700_000_000_000,
    );
    const profile = decodeProfile(bytes);
    expect(profile.sampleTypes).toEqual(['samples/count', 'cpu/nanoseconds']);
    expect(profile.samples).toEqual([
      { stack: ['(anonymous)', 'outer'], values: [2, 19_000_000] },
      { stack: ['outer'], values: [1, 0] },
    ]);
    expect(profile.functions).toContainEqual({ name: '(anonymous)', file: '/srv/app.js', line: 20 });
    expect(profile.timeNanos).toBe(1_700_000_000_000_000_000n);
    expect(profile.durationNanos).toBe(40_000_000n);
    expect(profile.period).toBe(10_000_000n);
  });
});

describe('heap profile', () => {
  it('gives the living bytes of each stack', async () => {
    const bytes = await encodeHeapProfile(
      {
        head: {
          callFrame: frame('(root)', -1),
          selfSize: 0,
          children: [
            {
              callFrame: frame('load', 4),
              selfSize: 0,
              children: [{ callFrame: frame('parse', 7), selfSize: 4096, children: [] }],
            },
          ],
        },
      },
      1_700_000_000_000,
      1000,
    );
    const profile = decodeProfile(bytes);
    expect(profile.sampleTypes).toEqual(['inuse_space/bytes']);
    expect(profile.samples).toEqual([{ stack: ['parse', 'load'], values: [4096] }]);
  });
});

describe('profile encoder', () => {
  it('writes any names and values so that they read back the same', async () => {
    const name = fc.string({ unit: 'binary', maxLength: 12 });
    const stack = fc.array(fc.record({ functionName: name, file: name, line: fc.nat() }), { maxLength: 5 });
    const sample = fc.record({ stack, value: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }) });
    await fc.assert(
      fc.asyncProperty(fc.array(sample, { maxLength: 8 }), async (samples) => {
        const space = { type: 'space', unit: 'bytes' };
        const builder = new ProfileBuilder({
          sampleTypes: [space],
          periodType: space,
          period: 1,
          timeMs: 1,
          durationMs: 1,
        });
        const withStack = samples.filter((entry) => entry.stack.length > 0);
        for (const entry of withStack) builder.addSample(entry.stack, [entry.value]);
        expect(decodeProfile(await builder.finish()).samples).toEqual(
          withStack.map((entry) => ({
            stack: entry.stack.map((f) => f.functionName),
            values: [entry.value],
          })),
        );
      }),
    );
  });
});

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

function goAvailable(): boolean {
  try {
    execFileSync('go', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A thread that is never idle, and does what an inspector tells it. */
const threadSource = `
  const { parentPort } = require('node:worker_threads');
  const { Session } = require('node:inspector/promises');
  const session = new Session();
  session.connect();
  parentPort.on('message', async ({ id, method, params }) =>
    parentPort.postMessage({ id, result: await session.post(method, params) }));
  const kept = [];
  function keepInTheThread() { for (let i = 0; i < 2000; i++) kept.push('string number ' + kept.length + ' of many'); }
  function burnTheThread() { const until = performance.now() + 15; while (performance.now() < until) Math.sqrt(until); }
  setInterval(() => { burnTheThread(); if (kept.length < 500000) keepInTheThread(); }, 20);
`;

function fleetOf(thread: Worker): ShardInspectors {
  let calls = 0;
  return {
    shards: () => [{ index: 0 }],
    shardInspector: (index) => {
      if (index !== 0) throw new ShardNotFoundError(index, 1);
      return {
        post: (method, params) =>
          new Promise((resolve) => {
            const id = ++calls;
            const onMessage = (answer: { id: number; result: unknown }): void => {
              if (answer.id !== id) return;
              thread.off('message', onMessage);
              resolve(answer.result);
            };
            thread.on('message', onMessage);
            thread.postMessage({ id, method, params });
          }),
      };
    },
  };
}

describe('pprof server', () => {
  let server: PprofServer;
  let folder: string;
  let thread: Worker;
  beforeAll(async () => {
    thread = new Worker(threadSource, { eval: true });
    await once(thread, 'online');
    server = await startPprofServer({ port: 0, logger: silent, fleet: fleetOf(thread) });
    folder = mkdtempSync(join(tmpdir(), 'pprof-'));
  });
  afterAll(async () => {
    await server.close();
    await thread.terminate();
    rmSync(folder, { recursive: true, force: true });
  });

  function burnTheProcessor(untilMs: number): number {
    let sum = 0;
    while (performance.now() < untilMs) sum += Math.sqrt(sum + 1);
    return sum;
  }

  it('records what burns CPU while it records', async () => {
    const pending = fetch(`${server.url}/debug/pprof/profile?seconds=0.5`);
    const busy = setInterval(() => burnTheProcessor(performance.now() + 20), 25);
    const bytes = new Uint8Array(await (await pending).arrayBuffer());
    clearInterval(busy);
    writeFileSync(join(folder, 'cpu.pb.gz'), bytes);
    const burners = decodeProfile(bytes).samples.filter((sample) =>
      sample.stack.includes('burnTheProcessor'),
    );
    expect(burners.reduce((sum, sample) => sum + (sample.values[1] ?? 0), 0)).toBeGreaterThan(50_000_000);
  });

  it('shows what is alive on the heap', async () => {
    function keepManyStrings(): string[] {
      return Array.from({ length: 100_000 }, (_, index) => `string number ${index} of many`);
    }
    const kept = keepManyStrings();
    const bytes = new Uint8Array(await (await fetch(`${server.url}/debug/pprof/heap`)).arrayBuffer());
    writeFileSync(join(folder, 'heap.pb.gz'), bytes);
    const mine = decodeProfile(bytes).samples.filter((sample) => sample.stack.includes('keepManyStrings'));
    expect(kept).toHaveLength(100_000);
    expect(mine.reduce((sum, sample) => sum + (sample.values[0] ?? 0), 0)).toBeGreaterThan(1_000_000);
  });

  it('shows the same of the thread of a shard', async () => {
    const take = async (name: string): Promise<ReturnType<typeof decodeProfile>['samples']> => {
      const answer = await fetch(`${server.url}/debug/pprof/${name}`);
      return decodeProfile(new Uint8Array(await answer.arrayBuffer())).samples;
    };
    const cpu = await take('profile?seconds=0.5&shard=0');
    expect(cpu.some(({ stack }) => stack.includes('burnTheThread'))).toBe(true);
    expect(cpu.some(({ stack }) => stack.includes('burnTheProcessor'))).toBe(false);
    const heap = await take('heap?shard=0');
    expect(heap.some(({ stack }) => stack.includes('keepInTheThread'))).toBe(true);
    const missing = await fetch(`${server.url}/debug/pprof/heap?shard=7`);
    expect([missing.status, await missing.text()]).toEqual([404, 'there is no shard 7: they are 0 to 0\n']);
  });

  it('names its profiles on the index and refuses unknown ones and impossible times', async () => {
    expect(await (await fetch(`${server.url}/debug/pprof/`)).text()).toContain('profile?seconds=30');
    expect((await fetch(`${server.url}/debug/pprof/nothing`)).status).toBe(404);
    expect((await fetch(`${server.url}/debug/pprof/profile?seconds=-1`)).status).toBe(400);
  });

  it.skipIf(!goAvailable())(
    'is readable by go tool pprof',
    () => {
      const top = (file: string): string =>
        execFileSync('go', ['tool', 'pprof', '-top', '-nodecount=500', join(folder, file)], {
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'pipe'],
        });
      expect(top('cpu.pb.gz')).toMatch(/Type: cpu[\s\S]*burnTheProcessor/);
      expect(top('heap.pb.gz')).toMatch(/Type: inuse_space[\s\S]*keepManyStrings/);
    },
    60_000,
  );
});
