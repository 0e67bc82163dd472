import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { JournalShard } from '../../src/journal/shard.js';
import { temporaryFolder } from '../temporary.js';

it('does not open its file again when it is appended to or flushed after close', async () => {
  const path = join(await temporaryFolder(), 'shard');
  const shard = new JournalShard(path, 1 << 20);
  await shard.load(() => true);
  shard.append('a', 'first\n');
  await shard.close();
  shard.append('a', 'late\n');
  await shard.flush();
  expect(await readFile(path, 'utf8')).toBe('first\n');
});

it('keeps nothing on disk of clusters that are all gone', async () => {
  const path = join(await temporaryFolder(), 'shard');
  const shard = new JournalShard(path, 1 << 20);
  await shard.load(() => true);
  shard.append('a', 'of a\n');
  shard.append('b', 'of b\n');
  shard.end('a', 'end of a\n');
  await shard.flush();
  expect(await readFile(path, 'utf8')).toBe('of a\nof b\nend of a\n');
  shard.end('b', 'end of b\n');
  shard.append('b', 'late, of b\n');
  await shard.flush();
  shard.append('b', 'later, of b\n');
  await shard.flush();
  expect(await readFile(path, 'utf8')).toBe('');
  expect(shard.bytes).toBe(0);
  shard.append('c', 'of c\n');
  await shard.close();
  expect(await readFile(path, 'utf8')).toBe('of c\n');
});
