import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { returnFreedMemory } from '../src/freed-memory.js';

const MB = 1 << 20;

const { header } = process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };

describe('freed memory', () => {
  it.skipIf(header.glibcVersionRuntime === undefined)(
    'goes back to the machine though something after it is still used',
    async () => {
      setFlagsFromString('--expose-gc');
      const collect = runInNewContext('gc') as () => void;
      const { rss } = process.memoryUsage;
      const all = Array.from({ length: 100_000 }, () => new ArrayBuffer(1_000));
      const kept = all.filter((_, index) => index % 1_000 === 999);
      all.length = 0;
      collect();
      const before = rss();
      // V8 frees buffers in a thread of its own, and may be at it still.
      const returned = async (): Promise<number> => (await returnFreedMemory(), before - rss());
      await expect.poll(returned).toBeGreaterThan(50 * MB);
      expect(kept).toHaveLength(100);
    },
  );
});
