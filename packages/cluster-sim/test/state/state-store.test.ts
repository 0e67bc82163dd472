import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StateError } from '../../src/errors.js';
import type { ClusterRecord } from '../../src/state/record.js';
import { parseState, stateText } from '../../src/state/state-file.js';
import { StateStore } from '../../src/state/state-store.js';
import { parseRecord } from '../../src/state/record.js';
import { temporaryFolder } from '../temporary.js';

const record = (name: string, more: Partial<ClusterRecord> = {}): ClusterRecord => ({
  name,
  uid: `uid-${name}`,
  createdAt: 1_700_000_000_000,
  backend: 'memory',
  stages: {},
  ...more,
});

async function statePath(): Promise<string> {
  return join(await temporaryFolder(), 'home', 'state.json');
}

describe('StateStore', () => {
  it('gives back after reopening what was put, and not what was removed', async () => {
    const path = await statePath();
    const store = await StateStore.open({ path });
    const full = record('a', {
      rancherId: 'c-m-1',
      via: 'provisioning',
      token: 't',
      tokenExpiresAt: 5,
      stages: { registered: 7 },
    });
    await Promise.all([store.put(full), store.put(record('b')), store.put(record('c', { deleting: true }))]);
    await store.remove('b');
    await store.close();
    const again = await StateStore.open({ path });
    expect([...again.records()]).toEqual([full, record('c', { deleting: true })]);
    expect(again.secret).toBe(store.secret);
  });

  it('keeps nothing of records that are all gone, not in its backup either', async () => {
    const path = await statePath();
    const store = await StateStore.open({ path });
    await Promise.all([store.put(record('a')), store.put(record('b'))]);
    await store.remove('a');
    expect(await readFile(`${path}.bak`, 'utf8')).toContain('uid-a');
    await store.remove('b');
    for (const file of [path, `${path}.bak`]) expect(await readFile(file, 'utf8')).not.toMatch(/uid-[ab]/);
    await store.close();
  });

  it('is readable by its owner only', async () => {
    const path = await statePath();
    const store = await StateStore.open({ path });
    await store.put(record('a'));
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await store.put(record('b'));
    expect((await stat(`${path}.bak`)).mode & 0o777).toBe(0o600);
  });

  it('puts changes of one moment into one write, and those that come meanwhile into one more', async () => {
    const store = await StateStore.open({ path: await statePath() });
    const before = store.stats.writes;
    const first = Array.from({ length: 50 }, (_, index) => store.put(record(`a${index}`)));
    await new Promise(setImmediate);
    const second = Array.from({ length: 50 }, (_, index) => store.put(record(`b${index}`)));
    await Promise.all([...first, ...second]);
    expect(store.stats.writes - before).toBe(2);
  });

  it('brings lazy changes to the disk without being asked', async () => {
    const path = await statePath();
    const store = await StateStore.open({ path, lazyDelayMs: 1 });
    await store.put(record('a'));
    const writes = store.stats.writes;
    store.putLazily(record('a', { rancherId: 'c-1' }));
    await expect.poll(() => store.stats.writes).toBe(writes + 1);
    expect(parseState(await readFile(path, 'utf8')).records[0]?.rancherId).toBe('c-1');
    await store.close();
  });

  it.each([
    '',
    '{"version":1,"secret":"x","clusters":[{"name"',
    '\0\0\0\0',
    '[]',
    '{"version":1,"secret":"x","clusters":[{}]}',
  ])('takes the backup when the file holds %j', async (damage) => {
    const path = await statePath();
    const store = await StateStore.open({ path });
    await store.put(record('a'));
    await store.put(record('b'));
    await store.close();
    await writeFile(path, damage);
    const warnings: string[] = [];
    const logger = {
      debug: () => 0,
      info: () => 0,
      error: () => 0,
      warn: (_: object, message: string) => void warnings.push(message),
    };
    const again = await StateStore.open({ path, logger });
    expect([...again.records()].map((one) => one.name)).toEqual(['a']);
    expect(warnings).toHaveLength(1);
  });

  it('refuses to start with nothing when neither the file nor its backup can be read', async () => {
    const path = await statePath();
    await mkdir(join(path, '..'));
    await writeFile(path, 'damaged');
    await expect(StateStore.open({ path })).rejects.toThrow(StateError);
    await expect(StateStore.open({ path })).rejects.toThrow(/repair one of them, or move both away/);
  });

  it('refuses a file of a later format instead of misreading it', async () => {
    const path = await statePath();
    await mkdir(join(path, '..'));
    await writeFile(path, '{"version":2}');
    await expect(StateStore.open({ path })).rejects.toThrow(/format version 2, this program knows 1/);
  });

  it('rejects a put that could not be written', async () => {
    const path = await statePath();
    const store = await StateStore.open({ path });
    await mkdir(`${path}.tmp`);
    await expect(store.put(record('a'))).rejects.toThrow(StateError);
  });

  it('writes 10,000 records with little of the event loop', async () => {
    const store = await StateStore.open({ path: await statePath() });
    const token = 'x'.repeat(54);
    const stages = {
      registered: 1_700_000_000_000,
      token: 1_700_000_000_000,
      provisioned: 1_700_000_000_000,
      tunnels: 1_700_000_000_000,
    };
    for (let index = 0; index < 10_000; index++) {
      store.putLazily(
        record(`cluster-${index}`, {
          uid: crypto.randomUUID(),
          rancherId: `c-m-${index}`,
          via: 'provisioning',
          token,
          stages,
        }),
      );
    }
    await store.save();
    expect(store.stats.bytes).toBeLessThan(4_000_000);
    const started = performance.now();
    const texts = [...store.records()].map((one) => JSON.stringify(one));
    const everything = performance.now() - started;
    const joining = performance.now();
    stateText(store.secret, texts);
    // Only joining happens on every write; turning all records into text again would cost several times that.
    expect(performance.now() - joining).toBeLessThan(everything);
    await store.close();
  });
});

describe('parseState', () => {
  it('reads what stateText writes', () => {
    const names = fc.uniqueArray(fc.string({ unit: 'binary', maxLength: 20 }), { maxLength: 5 });
    fc.assert(
      fc.property(names, (list) => {
        const records = list.map((name) => record(name));
        expect(
          parseState(
            stateText(
              's',
              records.map((one) => JSON.stringify(one)),
            ),
          ),
        ).toEqual({ secret: 's', records });
      }),
    );
  });

  it('throws on every proper beginning of a file, as a half-written one would be', () => {
    const text = stateText('secret', [JSON.stringify(record('a')), JSON.stringify(record('b'))]).trimEnd();
    for (let length = 0; length < text.length; length++)
      expect(() => parseState(text.slice(0, length))).toThrow();
  });
});

describe('a record', () => {
  const record = { name: 'a', uid: 'u', createdAt: 1, stages: {} };

  it('keeps backend and template', () => {
    const chosen = { ...record, backend: 'kwok-shared', template: 'edge' };
    expect(parseRecord(chosen)).toEqual(chosen);
  });

  it('keeps what it shares of the agent, if it is whole', () => {
    const agent = { manifest: '0123456789abcdef', credentials: 'ab12cd34ef' };
    const read = (value: unknown): unknown => parseRecord({ ...record, agent: value })?.agent;
    expect(read(agent)).toEqual(agent);
    for (const value of [null, 'x', { manifest: 'm' }, { ...agent, credentials: 7 }])
      expect(read(value)).toBeUndefined();
  });

  it('of a program that knew neither is one in memory, with the default template', () => {
    expect(parseRecord(record)).toEqual({ ...record, backend: 'memory' });
  });

  it('of a backend that this program does not know is not taken for another', () => {
    expect(parseRecord({ ...record, backend: 'vcluster' })).toBeUndefined();
  });
});
