import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { bar, formatBytes, formatDuration, formatPercentiles, plural } from '../../src/output/format.js';
import { LiveBlock } from '../../src/output/live-block.js';
import { nearest } from '../../src/output/nearest.js';
import { formatTable } from '../../src/output/table.js';
import { Terminal } from '../../src/output/terminal.js';

class Screen extends Writable {
  text = '';
  constructor(
    readonly isTTY: boolean,
    readonly columns = 40,
  ) {
    super({ decodeStrings: false });
  }
  override _write(chunk: string, _encoding: string, done: () => void): void {
    this.text += chunk;
    done();
  }
}

function terminalOn(screen: Screen, json = false): Terminal {
  return new Terminal(json, screen as unknown as NodeJS.WriteStream, screen as unknown as NodeJS.WriteStream);
}

describe('formats', () => {
  it('percentiles, if there is anything to tell', () => {
    const timing = { count: 3, p50: 820, p95: 4200, p99: 65_000 };
    expect(formatPercentiles(timing, ', ')).toBe('p50 820 ms, p95 4.2 s, p99 1m 05s');
    expect(formatPercentiles({ ...timing, count: 0 }, ', ')).toBe('none yet');
  });

  it.each([
    [0, '0 ms'],
    [999.4, '999 ms'],
    [1500, '1.5 s'],
    [65_000, '1m 05s'],
    [2 * 3_600_000 + 600_000, '2h 10m'],
    [75 * 3_600_000, '3d 3h'],
  ])('duration of %i ms is %s', (ms, text) => expect(formatDuration(ms)).toBe(text));

  it.each([
    [512, '512 B'],
    [1536, '1.5 KiB'],
    [3 * 2 ** 30, '3.0 GiB'],
    [-2048, '-2.0 KiB'],
  ])('%i bytes are %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  it('counts nouns', () =>
    expect([plural(1, 'cluster'), plural(0, 'cluster')]).toEqual(['1 cluster', '0 clusters']));

  it('draws bars that are never longer than asked', () => {
    expect(bar(5, 10, 10)).toBe('[█████░░░░░]');
    expect(bar(12, 10, 4)).toBe('[████]');
    expect(bar(0, 0, 4)).toBe('[████]');
  });

  it('aligns tables without lines', () => {
    expect(
      formatTable(
        ['NAME', 'PHASE'],
        [
          ['a', 'active'],
          ['longer', '-'],
        ],
      ),
    ).toBe('NAME    PHASE\na       active\nlonger  -');
  });
});

describe('nearest', () => {
  it.each([
    ['edge-001', ['edge-0001', 'other'], 'edge-0001'],
    ['web', ['wbe', 'xyz'], undefined],
    ['cluster-x', ['cluster-y', 'cluster'], 'cluster-y'],
    ['anything', [], undefined],
  ])('of %s among %j is %s', (word, candidates, meant) => expect(nearest(word, candidates)).toBe(meant));
});

describe('live block', () => {
  beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
  afterEach(() => vi.useRealTimers());

  it('redraws its lines in place on a terminal, cut to its width', () => {
    const screen = new Screen(true, 20);
    let lines = ['one', 'x'.repeat(50)];
    const block = new LiveBlock(
      terminalOn(screen),
      () => lines,
      () => 'plain',
    );
    block.update();
    block.update();
    vi.advanceTimersByTime(100);
    expect(screen.text).toBe(`\r\u001b[Jone\n${'x'.repeat(18)}…\n`);
    screen.text = '';
    lines = ['two'];
    block.finish();
    expect(screen.text).toBe('\u001b[2A\r\u001b[Jtwo\n');
  });

  it('prints plain lines elsewhere: not too often, no line twice, and the last one always', () => {
    const screen = new Screen(false);
    let line = '1/3';
    const block = new LiveBlock(
      terminalOn(screen),
      () => [],
      () => line,
    );
    block.update();
    line = '2/3';
    block.update();
    vi.advanceTimersByTime(5000);
    block.update();
    block.update();
    line = '3/3';
    block.finish();
    expect(screen.text).toBe('1/3\n2/3\n3/3\n');
  });

  it('prints nothing with --json', () => {
    const screen = new Screen(true);
    const block = new LiveBlock(
      terminalOn(screen, true),
      () => ['a'],
      () => 'a',
    );
    block.update();
    vi.advanceTimersByTime(1000);
    block.finish();
    expect(screen.text).toBe('');
  });
});
