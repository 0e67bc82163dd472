import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { JournalShard } from '../../src/journal/shard.js';
import { temporaryFolder } from '../temporary.js';

it('does not open its file again when it is appended to or flushed after close', async () => {
  const path = join(await temporaryFolder(), 'shard');
  const shard = new JournalShard(path, 1 << 20);
  await shard.load(() => true);
  shard.append('first\n');
  await shard.close();
  shard.append('late\n');
  await shard.flush();
  expect(await readFile(path, 'utf8')).toBe('first\n');
});
