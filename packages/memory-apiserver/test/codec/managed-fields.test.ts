import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recordWrite } from '../../src/codec/field-managers.js';
import { FieldSet } from '../../src/codec/field-set.js';
import type { FormRecord, ManagedEntry } from '../../src/codec/managed-fields.js';
import {
  decodeEntries,
  encodeEntries,
  expandFields,
  newForms,
  isSameButTimes,
  restoreForm,
} from '../../src/codec/managed-fields.js';

const entry = (fieldsV1: object, more: Partial<ManagedEntry> = {}): ManagedEntry => ({
  manager: 'me',
  operation: 'Update',
  apiVersion: 'v1',
  subresource: '',
  time: '2026-01-01T00:00:00Z',
  fields: FieldSet.fromFieldsV1(fieldsV1),
  ...more,
});

const compact = (...entries: ManagedEntry[]): string => {
  const encoded = encodeEntries(entries);
  if (typeof encoded !== 'string') throw new Error('not compact');
  return encoded;
};

const formsIn = (text: string): FormRecord[] => newForms(text, new Set());

const plain = (entries: readonly ManagedEntry[] | undefined): unknown =>
  entries?.map(({ fields, ...rest }) => ({ ...rest, fields: fields.toFieldsV1() }));

describe('compact managedFields', () => {
  it('say in full what was put in', () => {
    const text = compact(entry({ 'f:data': { '.': {}, 'f:a': {} } }, { subresource: 'status' }));
    expect(JSON.parse(expandFields(text))).toEqual([
      {
        manager: 'me',
        operation: 'Update',
        apiVersion: 'v1',
        time: '2026-01-01T00:00:00Z',
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:data': { '.': {}, 'f:a': {} } },
        subresource: 'status',
      },
    ]);
  });

  it('leave out what an entry lacks', () => {
    const text = compact(entry({ 'f:a': {} }, { manager: '', time: '' }));
    expect(JSON.parse(expandFields(text))).toEqual([
      { operation: 'Update', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: { 'f:a': {} } },
    ]);
  });

  it('take a few dozen characters, and the same form whatever the owner and the address', () => {
    const owned = (uid: string, ip: string): string =>
      compact(
        entry({
          'f:metadata': { 'f:ownerReferences': { [`k:{"uid":"${uid}"}`]: {} } },
          'f:status': { 'f:podIPs': { [`k:{"ip":"${ip}"}`]: { '.': {}, 'f:ip': {} } } },
        }),
      );
    const [one, other] = [owned('aaa-1', '10.42.0.1'), owned('bbb-2', 'fd00::7')];
    expect(one.length).toBeLessThan(60);
    expect(formsIn(one)).toEqual(formsIn(other));
    expect(expandFields(other)).toContain('k:{\\"uid\\":\\"bbb-2\\"}');
    expect(plain(decodeEntries(other))).toEqual(plain(decodeEntries(JSON.parse(expandFields(other)))));
  });

  it('come back as they were, whatever the entries', () => {
    const step = fc.oneof(
      fc.string({ unit: 'binary' }).map((name) => `f:${name}`),
      fc.string({ unit: 'binary' }).map((uid) => `k:${JSON.stringify({ uid })}`),
      fc.ipV4().map((ip) => `k:${JSON.stringify({ ip })}`),
      fc.jsonValue().map((value) => `v:${JSON.stringify(value)}`),
    );
    const fields = fc.array(fc.array(step, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 });
    const any = fc.record({
      manager: fc.string({ unit: 'binary' }),
      operation: fc.constantFrom('Apply' as const, 'Update' as const),
      apiVersion: fc.constantFrom('v1', 'apps/v1'),
      subresource: fc.constantFrom('', 'status'),
      time: fc.constantFrom('', '2026-01-01T00:00:00Z'),
      fields: fields.map((paths) =>
        paths.reduce<FieldSet>(
          (set, path) => set.union(path.reduceRight((below, name) => below.under(name), FieldSet.leaf)),
          FieldSet.empty,
        ),
      ),
    });
    fc.assert(
      fc.property(fc.array(any, { minLength: 1, maxLength: 3 }), (entries) => {
        const encoded = encodeEntries(entries);
        expect(plain(decodeEntries(encoded))).toEqual(plain(entries));
        if (typeof encoded === 'string')
          expect(plain(decodeEntries(JSON.parse(expandFields(encoded))))).toEqual(plain(entries));
      }),
    );
  });

  it('are written out where they are too large to be met again', () => {
    const keys = Object.fromEntries(Array.from({ length: 2000 }, (_, index) => [`f:key-${index}`, {}]));
    const encoded = encodeEntries([entry({ 'f:data': keys })]);
    expect(encoded).toEqual([expect.objectContaining({ manager: 'me', fieldsV1: { 'f:data': keys } })]);
  });

  it('are read by the forms that an earlier process has kept, and without these left out', () => {
    const text = compact(entry({ 'f:metadata': { 'f:ownerReferences': { 'k:{"uid":"x-9"}': {} } } }));
    const [form] = formsIn(text);
    if (form === undefined) throw new Error('no form');
    const other = { id: 'kept-before0', text: form.text.replace('"me"', '"them"') };
    const kept = text.replace(form.id, other.id);
    expect(decodeEntries(kept)).toEqual([]);
    expect(expandFields(kept)).toBe('[]');
    restoreForm(other);
    expect(expandFields(kept)).toBe(expandFields(text).replace('"me"', '"them"'));
    for (const broken of ['', '{', '{"operation":"Steal"}']) restoreForm({ id: 'broken', text: broken });
    expect(formsIn('broken@')).toEqual([]);
  });

  it('are refused where a client sends no valid ones', () => {
    const valid = { operation: 'Update', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: {} };
    expect(decodeEntries([valid])).toHaveLength(1);
    for (const wrong of [
      { operation: 'Steal' },
      { apiVersion: '' },
      { fieldsType: 'FieldsV2' },
      { time: 'yesterday' },
      { time: '"@,' },
      { fieldsV1: { 'k:{': {} } },
    ])
      expect(decodeEntries([{ ...valid, ...wrong }])).toBeUndefined();
  });

  it('differ in times only or in more', () => {
    const [a, b] = [entry({ 'f:a': {} }), entry({ 'f:a': {} }, { time: '2027-01-01T00:00:00Z' })];
    expect(isSameButTimes(compact(a), compact(b))).toBe(true);
    expect(isSameButTimes(compact(a), compact(a, entry({ 'f:b': {} }, { manager: 'you' })))).toBe(false);
  });
});

describe('recordWrite', () => {
  const write = (
    entries: readonly ManagedEntry[],
    manager: string,
    fieldsV1: object,
    at: number,
  ): ManagedEntry[] =>
    recordWrite(
      entries,
      { manager, operation: 'Update', apiVersion: 'v1', subresource: '' },
      () => ({ written: FieldSet.fromFieldsV1(fieldsV1), removed: FieldSet.empty }),
      at,
    );

  it('orders by operation, then by time, then by name', () => {
    const applied = entry(
      { 'f:z': {} },
      { manager: 'zoe', operation: 'Apply', time: '2030-01-01T00:00:00Z' },
    );
    let entries = write([applied], 'late', { 'f:a': {} }, 3000);
    entries = write(entries, 'early', { 'f:b': {} }, 1000);
    entries = write(entries, 'amid', { 'f:c': {} }, 1000);
    expect(entries.map(({ manager }) => manager)).toEqual(['zoe', 'amid', 'early', 'late']);
  });

  it('gives a new time only to who has changed something', () => {
    const first = write([], 'one', { 'f:a': {}, 'f:b': {} }, 1000);
    const second = write(first, 'two', { 'f:a': {} }, 2000);
    expect(second.map(({ manager, time }) => [manager, time])).toEqual([
      ['one', '1970-01-01T00:00:01Z'],
      ['two', '1970-01-01T00:00:02Z'],
    ]);
    expect(write(second, 'one', {}, 9000)).toEqual(second);
  });

  it('puts the oldest of more than ten updaters together', () => {
    let entries: ManagedEntry[] = [];
    for (let index = 0; index < 13; index += 1)
      entries = write(entries, `m${index}`, { [`f:${index}`]: {} }, index * 1000);
    expect(entries).toHaveLength(10);
    expect(entries[0]?.manager).toBe('ancient-changes');
    expect(entries[0]?.fields.toFieldsV1()).toBe('{"f:0":{},"f:1":{},"f:2":{},"f:3":{}}');
    expect(entries[0]?.time).toBe('1970-01-01T00:00:03Z');
  });
});
