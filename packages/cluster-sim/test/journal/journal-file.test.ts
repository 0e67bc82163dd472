import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { JournalFile } from '../../src/journal/journal-file.js';
import { formatLine } from '../../src/journal/line.js';
import { temporaryFolder } from '../temporary.js';

const line = (uid: string, revision: number): string =>
  formatLine(uid, {
    storage: 'configmaps',
    namespace: 'default',
    name: `n${revision}`,
    revision,
    json: '{}',
  });

it('does not open its file again when it is appended to or flushed after close', async () => {
  const path = join(await temporaryFolder(), 'file');
  const file = new JournalFile(path, 1 << 20);
  await file.load(() => true);
  file.append('a', 'first\n');
  await file.close();
  file.append('a', 'late\n');
  await file.flush();
  expect(await readFile(path, 'utf8')).toBe('first\n');
});

it('keeps nothing on disk of clusters that are all gone', async () => {
  const path = join(await temporaryFolder(), 'file');
  const file = new JournalFile(path, 1 << 20);
  await file.load(() => true);
  file.append('a', 'of a\n');
  file.append('b', 'of b\n');
  file.end('a', 'end of a\n');
  await file.flush();
  expect(await readFile(path, 'utf8')).toBe('of a\nof b\nend of a\n');
  file.end('b', 'end of b\n');
  file.append('b', 'late, of b\n');
  await file.flush();
  file.append('b', 'later, of b\n');
  await file.flush();
  expect(await readFile(path, 'utf8')).toBe('');
  expect(file.bytes).toBe(0);
  file.append('c', 'of c\n');
  await file.close();
  expect(await readFile(path, 'utf8')).toBe('of c\n');
});

it('writes what is appended while it is being compacted, with the flush that was asked for then', async () => {
  const path = join(await temporaryFolder(), 'file');
  const file = new JournalFile(path, 10);
  await file.load(() => true);
  file.append('a', line('a', 1));
  const compacting = file.flush();
  // Written, found to be too long, and read again by now: what comes is for after that.
  while ((await readdir(join(path, '..'))).length < 2) await new Promise(setImmediate);
  file.append('a', line('a', 2));
  await file.flush();
  await compacting;
  expect(await readFile(path, 'utf8')).toBe(line('a', 1) + line('a', 2));
});
