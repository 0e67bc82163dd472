import { appendFile, readdir, readFile, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import type { JournalEntry } from '@scale-cluster/memory-apiserver';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Journal, journalPartOf } from '../../src/journal/journal.js';
import { formatEnd, formatLine, parseLine } from '../../src/journal/line.js';
import { temporaryFolder } from '../temporary.js';

const entry = (
  name: string,
  revision: number,
  json: string | null = `{"metadata":{"name":"${name}"},"r":${revision}}`,
): JournalEntry => ({
  storage: 'configmaps',
  namespace: 'default',
  name,
  revision,
  json,
});

async function contents(
  journal: Journal,
  keep: (uid: string) => boolean = () => true,
): Promise<Record<string, JournalEntry[]>> {
  const all: Record<string, JournalEntry[]> = {};
  for await (const shard of journal.load(keep))
    for (const [uid, entries] of shard) all[uid] = [...entries.values()];
  return all;
}

async function reopened(folder: string, options: object = {}): Promise<Record<string, JournalEntry[]>> {
  const journal = await Journal.open({ folder, ...options });
  const all = await contents(journal);
  await journal.close();
  return all;
}

describe('Journal', () => {
  it('gives back the last write of every object, cluster by cluster', async () => {
    const folder = await temporaryFolder();
    const journal = await Journal.open({ folder });
    await contents(journal);
    journal.writer('one')(entry('a', 1));
    journal.writer('one')(entry('a', 2));
    journal.writer('one')(entry('b', 3, null));
    journal.writer('two')(entry('a', 4));
    await journal.close();
    expect(await reopened(folder)).toEqual({
      one: [entry('a', 2), entry('b', 3, null)],
      two: [entry('a', 4)],
    });
  });

  it('keeps a write over the end of the process as soon as it is flushed, without being closed', async () => {
    const folder = await temporaryFolder();
    const journal = await Journal.open({ folder, flushDelayMs: 1 });
    await contents(journal);
    journal.writer('one')(entry('a', 1));
    await expect
      .poll(async () =>
        (await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8')))).join(
          '',
        ),
      )
      .toContain('"name":"a"');
    await journal.close();
  });

  it('can be shared by several in parts, which may be others the next time', async () => {
    const folder = await temporaryFolder();
    const uids = Array.from({ length: 20 }, (_, index) => `cluster-${index}`);
    const parts = [0, 1, 2].map((index) => Journal.open({ folder, part: { index, of: 3 } }));
    for (const [index, opening] of parts.entries()) {
      const journal = await opening;
      await contents(journal);
      const own = uids.filter((uid) => journalPartOf(uid, 3) === index);
      expect(own.length).toBeGreaterThan(0);
      for (const uid of own) journal.writer(uid)(entry(uid, 1));
      journal.forms.onNew({ id: `form-${index}`, text: '{}' });
      const other = uids.find((uid) => journalPartOf(uid, 3) !== index) ?? '';
      expect(() => journal.writer(other)).toThrow(RangeError);
    }
    // Whoever closes has nothing to do with the files of the others.
    for (const opening of parts.reverse()) await (await opening).close();
    const all = await Promise.all([0, 1].map((index) => reopened(folder, { part: { index, of: 2 } })));
    expect(Object.keys(all[0] ?? {}).some((uid) => uid in (all[1] ?? {}))).toBe(false);
    expect({ ...all[0], ...all[1] }).toEqual(Object.fromEntries(uids.map((uid) => [uid, [entry(uid, 1)]])));
    const { forms } = await Journal.open({ folder });
    expect([...forms.known].map(({ id }) => id).sort()).toEqual(['form-0', 'form-1', 'form-2']);
    await forms.close();
  });

  it('forgets clusters that ended, also those that are still in the file', async () => {
    const folder = await temporaryFolder();
    const journal = await Journal.open({ folder });
    await contents(journal);
    journal.writer('one')(entry('a', 1));
    journal.end('one');
    await journal.close();
    expect(await reopened(folder)).toEqual({});
  });

  it('does not keep Events, which nobody misses', async () => {
    const folder = await temporaryFolder();
    const journal = await Journal.open({ folder });
    await contents(journal);
    journal.writer('one')({ ...entry('a', 1), storage: 'events' });
    await journal.close();
    expect(await reopened(folder)).toEqual({});
  });

  it('cuts off a line that a killed process left unfinished, and goes on behind the last whole one', async () => {
    const folder = await temporaryFolder();
    const options = { folder, files: 1 };
    const journal = await Journal.open(options);
    await contents(journal);
    journal.writer('one')(entry('a', 1));
    await journal.close();
    const file = join(folder, 'shard-00.log');
    await appendFile(file, formatLine('one', entry('b', 2)).slice(0, -20));
    const next = await Journal.open(options);
    expect(await contents(next)).toEqual({ one: [entry('a', 1)] });
    next.writer('one')(entry('c', 3));
    await next.close();
    expect(await reopened(folder, { files: 1 })).toEqual({ one: [entry('a', 1), entry('c', 3)] });
  });

  it('survives a file that was cut at any byte', async () => {
    const folder = await temporaryFolder();
    const options = { folder, files: 1 };
    const journal = await Journal.open(options);
    await contents(journal);
    for (let index = 0; index < 4; index++) journal.writer('one')(entry('x', index));
    await journal.close();
    const file = join(folder, 'shard-00.log');
    const line = formatLine('one', entry('x', 0)).length;
    for (let size = 4 * line - 1; size > 0; size -= 7) {
      await truncate(file, size);
      const whole = Math.floor(size / line);
      expect(await reopened(folder, { files: 1 })).toEqual(
        whole === 0 ? {} : { one: [entry('x', whole - 1)] },
      );
    }
  });

  it('stays within twice its live content and the slack, and loses nothing while it compacts', async () => {
    const folder = await temporaryFolder();
    const journal = await Journal.open({ folder, files: 1, slackBytes: 10_000 });
    await contents(journal);
    const write = journal.writer('one');
    let largest = 0;
    for (let round = 0; round < 200; round++) {
      for (let index = 0; index < 10; index++) write(entry(`o${index}`, round));
      if (round % 10 === 0) await journal.flush();
      largest = Math.max(largest, (await stat(join(folder, 'shard-00.log'))).size);
    }
    await journal.close();
    const live = 10 * formatLine('one', entry('o0', 199)).length;
    expect(largest).toBeLessThan(2 * live + 10_000 + 100 * formatLine('one', entry('o0', 199)).length);
    expect((await reopened(folder, { files: 1 })).one).toEqual(
      Array.from({ length: 10 }, (_, index) => entry(`o${index}`, 199)),
    );
  });
});

describe('journal lines', () => {
  it('are read as they were written', () => {
    const word = fc.stringMatching(/^[a-z0-9.:-]{1,20}$/);
    const json = fc.option(fc.object().map((value) => JSON.stringify(value)));
    fc.assert(
      fc.property(
        word,
        word,
        fc.oneof(word, fc.constant('')),
        word,
        fc.nat(),
        json,
        (uid, storage, namespace, name, revision, text) => {
          const written = { storage, namespace, name, revision, json: text };
          expect(parseLine(formatLine(uid, written).slice(0, -1))).toEqual({ uid, entry: written });
          expect(parseLine(formatEnd(uid).slice(0, -1))).toEqual({ uid });
        },
      ),
    );
  });

  it('are never read from what is damaged in another way than as nothing or a line', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const line = parseLine(text);
        if (line !== undefined) expect(line.uid).not.toBe('');
      }),
    );
  });
});
