import { expect, it } from 'vitest';
import { CapacityError } from '../../src/errors.js';
import type { Logger } from '../../src/logger.js';
import { CapacityGate, type CapacityGateOptions } from '../../src/preflight/capacity-gate.js';

function setup(mode: CapacityGateOptions['mode'], running = 0): { gate: CapacityGate; lines: string[] } {
  const lines: string[] = [];
  const write =
    (level: string) =>
    (_object: object, message: string): void =>
      void lines.push(`${level} ${message}`);
  const logger: Logger = {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
  };
  const gate = new CapacityGate({
    mode,
    readMachine: () => ({ openFiles: 220, tasks: undefined, memoryBytes: 2 ** 34, heapBytes: 2 ** 32 }),
    load: () => ({ running: { memory: running }, coming: {} }),
    logger,
  });
  return { gate, lines };
}

it('refuses clusters beyond what fits, with numbers, what to do and how to switch it off', () => {
  const { gate } = setup('refuse', 4);
  expect(gate.view('memory')).toEqual({ room: 6, limitedBy: 'open files' });
  gate.admit('memory', 6);
  let error: unknown;
  try {
    gate.admit('memory', 7);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(CapacityError);
  expect(error).toMatchObject({ code: 'ERR_FLEET_CAPACITY', status: 507 });
  expect((error as Error).message).toMatch(
    /no room for 7 more memory clusters, about 6 would fit: open files: 220 available, about 222 needed \(.*LimitNOFILE=444.*CapacityCheck/,
  );
});

it('only warns, or does not look, as the setting says', () => {
  const warning = setup('warn');
  warning.gate.admit('memory', 1000);
  expect(warning.lines).toEqual([expect.stringMatching(/^warn this machine has no room for 1000 more/)]);
  const off = setup('off');
  off.gate.admit('memory', 1000);
  expect(off.lines).toEqual([]);
});

it('says at the start what fits, and warns when the clusters that are there do not', () => {
  const fine = setup('refuse', 2);
  fine.gate.report('memory');
  expect(fine.lines).toEqual(['info room for about 8 more memory clusters']);
  const tooMany = setup('refuse', 100);
  tooMany.gate.report('memory');
  expect(tooMany.lines).toEqual([
    expect.stringMatching(
      /^warn the clusters of this home need more than there is: open files: 220 available/,
    ),
    'info room for about 0 more memory clusters',
  ]);
});
