import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PortPool, rangeOutside } from '../../../src/backend/kwok/port-pool.js';

const range = { first: 20_000, last: 20_009 };
const pool = (isFree: (port: number) => boolean = () => true, random = 0): PortPool =>
  new PortPool({ random: () => random, range, isFree: async (port) => isFree(port) });

it('gives no port twice, also to those who ask at the same time, until it is given back', async () => {
  const ports = pool(undefined, 0.95);
  const taken = (await Promise.all([ports.take(4), ports.take(4)])).flat();
  expect(new Set(taken).size).toBe(8);
  await expect(ports.take(3)).rejects.toMatchObject({ code: 'ERR_FLEET_NO_PORTS' });
  ports.release(taken.slice(0, 2));
  expect(new Set([...taken.slice(2), ...(await ports.take(4))]).size).toBe(10);
});

it('passes over what another program has, and what is reserved', async () => {
  const ports = pool((port) => port !== 20_001);
  ports.reserve([20_002]);
  expect(await ports.take(3)).toEqual([20_000, 20_003, 20_004]);
  // A port that was taken once may be free later.
  expect(await ports.take(5)).toEqual([20_005, 20_006, 20_007, 20_008, 20_009]);
});

it('keeps none of the ports of a wish that can not be met', async () => {
  const ports = pool((port) => port < 20_003);
  await expect(ports.take(4)).rejects.toThrow('no 4 free ports from 20000 to 20009');
  expect((await ports.take(3)).sort()).toEqual([20_000, 20_001, 20_002]);
});

it('stays outside of the ephemeral ports, whatever they are', () => {
  expect(rangeOutside({ first: 32_768, last: 60_999 })).toEqual({ first: 20_000, last: 32_767 });
  expect(rangeOutside({ first: 1_024, last: 40_000 })).toEqual({ first: 40_001, last: 65_535 });
  fc.assert(
    fc.property(
      fc.integer({ min: 1024, max: 60_000 }),
      fc.integer({ min: 0, max: 40_000 }),
      (first, more) => {
        const last = Math.min(first + more, 65_535);
        const found = rangeOutside({ first, last });
        expect(found.last < first || found.first > last).toBe(true);
      },
    ),
  );
});
