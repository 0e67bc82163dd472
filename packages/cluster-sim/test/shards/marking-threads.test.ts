import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { markingFlag } from '../../src/shards/marking-threads.js';

it('lets V8 mark garbage with all cores but one', () => {
  expect(markingFlag(8)).toMatch(/=7$/);
  expect(markingFlag(2)).toMatch(/=1$/);
  // No thread at all would mean as many as V8 likes.
  expect(markingFlag(1)).toMatch(/=1$/);
});

it('uses a flag that V8 has', () => {
  const withFlag = (flag: string): void =>
    void execFileSync(process.execPath, [flag, '--eval', ''], { stdio: 'pipe' });
  expect(() => withFlag(markingFlag(2))).not.toThrow();
  expect(() => withFlag('--no-such-flag=1')).toThrow(/bad option/);
});
