import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ApiServer, type JournalEntry, type KubeObject } from '@scale-cluster/memory-apiserver';
import { describe, expect, it } from 'vitest';
import { FormFile } from '../../src/journal/form-file.js';
import { Journal } from '../../src/journal/journal.js';
import { temporaryFolder } from '../temporary.js';

const path = async (): Promise<string> => join(await temporaryFolder(), 'forms.log');

describe('FormFile', () => {
  it('gives back what was kept in earlier lives', async () => {
    const file = await path();
    const first = await FormFile.open(file);
    first.onNew({ id: 'a', text: '{"a":1}' });
    await first.close();
    const second = await FormFile.open(file);
    expect(second.known).toEqual([{ id: 'a', text: '{"a":1}' }]);
    second.onNew({ id: 'b', text: '{"b":"é"}' });
    await second.close();
    const third = await FormFile.open(file);
    expect(third.known.map(({ id }) => id)).toEqual(['a', 'b']);
    await third.close();
  });

  it('drops half a line that a killed process has left, and goes on behind the last whole one', async () => {
    const file = await path();
    await appendFile(file, 'a\t{"é":1}\nb\t{"half');
    const first = await FormFile.open(file);
    expect(first.known).toEqual([{ id: 'a', text: '{"é":1}' }]);
    first.onNew({ id: 'c', text: '{}' });
    await first.close();
    expect(await readFile(file, 'utf8')).toBe('a\t{"é":1}\nc\t{}\n');
  });
});

describe('a cluster that is restored from the journal', () => {
  const map = (name: string): KubeObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default' },
    data: { [`key-of-${'x'.repeat(200)}`]: '1' },
  });

  it('has its managedFields, of which the journal holds each form once for all clusters', async () => {
    const folder = await temporaryFolder();
    const journal = await Journal.open({ folder });
    for await (const _ of journal.load(() => true));
    const server = new ApiServer({ controllers: [], fieldForms: journal.forms });
    for (const uid of ['one', 'two']) {
      const onWrite = journal.writer(uid);
      const { api } = server.createCluster({ name: uid, uid, base: server.emptyBase, onWrite });
      for (let index = 0; index < 10; index += 1) api.create(map(`m${index}`), { fieldManager: 'test' });
    }
    await journal.close();
    await server.close();
    expect((await readFile(join(folder, 'forms.log'), 'utf8')).split('\n')).toHaveLength(2);

    const reopened = await Journal.open({ folder });
    const entries: JournalEntry[] = [];
    for await (const file of reopened.load((uid) => uid === 'two'))
      for (const content of file.values()) entries.push(...content.values());
    const later = new ApiServer({ controllers: [], fieldForms: reopened.forms });
    const { api } = later.createCluster({ name: 'two', uid: 'two', base: later.emptyBase, restore: entries });
    const applied = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'm3' },
      data: { ...map('m3').data, [`key-of-${'x'.repeat(200)}`]: '2' },
    };
    expect(() =>
      api.patch('configmaps', 'default', 'm3', 'apply', applied, { fieldManager: 'other' }),
    ).toThrow(/conflict with "test" using v1/);
    await reopened.close();
    await later.close();
  });
});
