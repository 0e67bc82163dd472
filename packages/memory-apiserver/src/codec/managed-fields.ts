import { createHash } from 'node:crypto';
import { FieldSet } from './field-set.js';
import { equalJson, isObject } from './json.js';

/**
 * `metadata.managedFields` in stored texts. Written out, they are as long as the object itself, and the same for all
 * objects that were written in the same manner, in all clusters. So they are kept once for the process: what
 * stands in an object is a string of references, such as `x3K…@2026-11-21T10:00:00Z`, one for each entry. Values
 * that differ from object to object, the UIDs of owners and the addresses of pods, stand behind the time.
 */
export type CompactFields = string;

/** Who writes, and through what. */
export interface Manager {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  /** `''` for the object itself. */
  readonly subresource: string;
}

/** One entry of `metadata.managedFields`. */
export interface ManagedEntry extends Manager {
  /** RFC 3339 with whole seconds; `''` for none. */
  readonly time: string;
  readonly fields: FieldSet;
}

/** What entries of one form have in common. */
interface Form {
  readonly id: string;
  readonly manager: Manager;
  /** JSON of the entry up to the time. */
  readonly head: string;
  /** The rest of it, cut where values stand. */
  readonly rest: readonly string[];
}

/** What has to be kept of a form to read references to it in another process. */
export interface FormRecord {
  readonly id: string;
  /** JSON text of an entry with neither time nor values. */
  readonly text: string;
}

/** Values in paths that differ from object to object: `k:{"uid":"…"}`, `k:{"ip":"…"}` within JSON text. */
const VALUES = /(k:\{\\"(?:uid|ip)\\":\\")([0-9A-Za-z.:-]*)(?=\\"\})/g;
/**
 * Stands for a value in a form: a control character for private use, which paths hardly have. Of Latin-1, lest V8
 * keeps strings made from it, and then whole objects, in two bytes per character.
 */
const VALUE_MARK = '\u0091';
/** Entries that are longer, as of a ConfigMap with hundreds of keys, are unlikely to be met again. */
const MAX_FORM_CHARS = 16_384;
/** Beyond this, new forms are no longer shared: they stand in their objects. */
const MAX_TABLE_CHARS = 64 << 20;

const formsById = new Map<string, Form>();
const idsByText = new Map<string, string>();
let tableChars = 0;

function formText(by: Manager, fields: string): [head: string, rest: string] {
  const manager = by.manager === '' ? '' : `"manager":${JSON.stringify(by.manager)},`;
  return [
    `{${manager}"operation":"${by.operation}","apiVersion":${JSON.stringify(by.apiVersion)},`,
    `${FIELDS}${fields}${formEnd(by)}`,
  ];
}

const FIELDS = '"fieldsType":"FieldsV1","fieldsV1":';

const formEnd = ({ subresource }: Manager): string =>
  subresource === '' ? '}' : `,"subresource":${JSON.stringify(subresource)}}`;

/** The id of a form, made if it is new; undefined for what isn't shared. */
function intern(manager: Manager, fields: string): string | undefined {
  const [head, rest] = formText(manager, fields);
  const text = head + rest;
  const known = idsByText.get(text);
  if (known !== undefined) return known;
  if (text.length > MAX_FORM_CHARS || tableChars > MAX_TABLE_CHARS) return undefined;
  const id = createHash('sha256').update(text).digest('base64url').slice(0, 12);
  idsByText.set(text, id);
  formsById.set(id, { id, manager, head, rest: rest.split(VALUE_MARK) });
  tableChars += text.length;
  return id;
}

interface Reference {
  readonly manager: Manager;
  readonly id: string;
  /** `@` and the value, for each value. */
  readonly values: string;
}

/** References by the very set they stand for: sets that a write leaves alone need no look-up. */
const references = new WeakMap<FieldSet, Reference>();

const managerOf = ({ manager, operation, apiVersion, subresource }: Manager): Manager => ({
  manager,
  operation,
  apiVersion,
  subresource,
});

const isSameManager = (a: Manager, b: Manager): boolean =>
  a.manager === b.manager &&
  a.operation === b.operation &&
  a.apiVersion === b.apiVersion &&
  a.subresource === b.subresource;

/** Undefined for what isn't shared. */
function referenceTo(entry: ManagedEntry): Reference | undefined {
  const known = references.get(entry.fields);
  if (known !== undefined && isSameManager(known.manager, entry)) return known;
  let fields = entry.fields.toFieldsV1();
  if (fields.includes(VALUE_MARK)) return undefined;
  let values = '';
  if (fields.includes('k:{\\"uid\\"') || fields.includes('k:{\\"ip\\"'))
    fields = fields.replace(VALUES, (_, before: string, value: string) => {
      values += `@${value}`;
      return before + VALUE_MARK;
    });
  const manager = managerOf(entry);
  const id = intern(manager, fields);
  if (id === undefined) return undefined;
  const reference = { manager, id, values };
  references.set(entry.fields, reference);
  return reference;
}

/** What to store for the entries: compact where they can be shared, undefined for none. */
export function encodeEntries(entries: readonly ManagedEntry[]): CompactFields | object[] | undefined {
  if (entries.length === 0) return undefined;
  let text = '';
  for (const entry of entries) {
    const reference = referenceTo(entry);
    if (reference === undefined) return entries.map(writtenOut);
    text += `${text === '' ? '' : ','}${reference.id}@${entry.time}${reference.values}`;
  }
  return text;
}

function writtenOut(entry: ManagedEntry): object {
  const { manager, operation, apiVersion, subresource, time, fields } = entry;
  return {
    ...(manager === '' ? {} : { manager }),
    operation,
    apiVersion,
    ...(time === '' ? {} : { time }),
    fieldsType: 'FieldsV1',
    fieldsV1: JSON.parse(fields.toFieldsV1()) as unknown,
    ...(subresource === '' ? {} : { subresource }),
  };
}

/**
 * Reads what {@link encodeEntries} made, or entries as clients write them. Undefined if they are no valid entries;
 * references to unknown forms are left out.
 */
export function decodeEntries(value: unknown): ManagedEntry[] | undefined {
  if (typeof value === 'string') return value.split(',').flatMap(decodeReference);
  if (!Array.isArray(value)) return [];
  const entries: ManagedEntry[] = [];
  for (const item of value as unknown[]) {
    const entry = readEntry(item);
    if (entry === undefined) return undefined;
    entries.push(entry);
  }
  return entries;
}

function readEntry(item: unknown): ManagedEntry | undefined {
  if (!isObject(item)) return undefined;
  const { manager = '', operation, apiVersion, subresource = '', fieldsType, fieldsV1 } = item;
  if (operation !== 'Apply' && operation !== 'Update') return undefined;
  if (typeof apiVersion !== 'string' || apiVersion === '' || fieldsType !== 'FieldsV1') return undefined;
  if (typeof manager !== 'string' || typeof subresource !== 'string') return undefined;
  const time = readTime(item['time']);
  if (time === undefined) return undefined;
  const text = JSON.stringify(fieldsV1 ?? {});
  try {
    return { manager, operation, apiVersion, subresource, time, fields: setOf(text, () => text) };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The time as it is written; `''` for none, undefined for what is no time. */
function readTime(time: unknown): string | undefined {
  if (time === undefined || time === null) return '';
  if (typeof time !== 'string') return undefined;
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(time)) return time;
  const milliseconds = Date.parse(time);
  return Number.isNaN(milliseconds) ? undefined : `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}

function decodeReference(reference: string): ManagedEntry[] {
  const [id = '', time = '', ...values] = reference.split('@');
  const form = formsById.get(id);
  if (form === undefined) return [];
  const fields = fieldsOf(form, values);
  if (!references.has(fields))
    references.set(fields, {
      manager: form.manager,
      id,
      values: reference.slice(id.length + 1 + time.length),
    });
  return [{ ...form.manager, time, fields }];
}

/** The set of a form with the values in it. Reading the form is the larger part, so it is kept, values apart. */
function fieldsOf(form: Form, values: readonly string[]): FieldSet {
  const end = formEnd(form.manager).length;
  const template = setOf(form.id, () => form.rest.join(VALUE_MARK).slice(FIELDS.length, -end));
  if (values.length === 0) return template;
  let filled = 0;
  const fields = template.withSteps((step) =>
    step.includes(VALUE_MARK) ? step.replace(VALUE_MARK, values[filled++] ?? '') : step,
  );
  // Where two items stand side by side, the form alone can't tell them apart.
  if (filled === form.rest.length - 1) return fields;
  return FieldSet.fromFieldsV1(JSON.parse(fill(form, values).slice(FIELDS.length, -end)));
}

function fill({ rest }: Form, values: readonly string[]): string {
  let text = rest[0] ?? '';
  for (let index = 1; index < rest.length; index += 1)
    text += (values[index - 1] ?? '') + (rest[index] ?? '');
  return text;
}

/** Sets that were read last: objects of a kind have the same few over and over. */
const recentSets = new Map<string, FieldSet>();
const RECENT_SETS = 512;

function setOf(key: string, fieldsV1: () => string): FieldSet {
  let set = recentSets.get(key);
  if (set === undefined) {
    set = FieldSet.fromFieldsV1(JSON.parse(fieldsV1()));
    if (recentSets.size >= RECENT_SETS) recentSets.delete(recentSets.keys().next().value ?? '');
  } else recentSets.delete(key);
  recentSets.set(key, set);
  return set;
}

/** True if two values of stored managedFields differ in nothing but times. */
export function isSameButTimes(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a === 'string' && typeof b === 'string') return withoutTimes(a) === withoutTimes(b);
  return Array.isArray(a) && Array.isArray(b) && equalJson(a.map(withoutTime), b.map(withoutTime));
}

const withoutTimes = (compact: CompactFields): string => compact.replace(/(^|,)([^@]*)@[^@,]*/g, '$1$2');

const withoutTime = (entry: unknown): unknown => ({ ...(entry as object), time: undefined });

/** An entry whose fields are JSON text. */
interface WrittenEntry {
  readonly manager: Manager;
  /** `''` for none. */
  readonly time: string;
  readonly fieldsV1: string;
}

/** What {@link expandFields} makes JSON of, entry by entry. */
export function* writtenEntries(compact: CompactFields): Generator<WrittenEntry, void> {
  for (const reference of compact.split(',')) {
    const [id = '', time = '', ...values] = reference.split('@');
    const form = formsById.get(id);
    if (form === undefined) continue;
    const { manager } = form;
    yield { manager, time, fieldsV1: fill(form, values).slice(FIELDS.length, -formEnd(manager).length) };
  }
}

/** JSON of `metadata.managedFields` in full. */
export function expandFields(compact: CompactFields): string {
  let text = '';
  for (const reference of compact.split(',')) {
    const [id = '', time = '', ...values] = reference.split('@');
    const form = formsById.get(id);
    if (form === undefined) continue;
    const when = time === '' ? '' : `"time":"${time}",`;
    text += `${text === '' ? '' : ','}${form.head}${when}${fill(form, values)}`;
  }
  return `[${text}]`;
}

/** Forms that a string of references needs and that aren't among the known ones; adds them to these. */
export function newForms(compact: CompactFields, known: Set<string>): FormRecord[] {
  const forms: FormRecord[] = [];
  for (const reference of compact.split(',')) {
    const id = reference.slice(0, reference.indexOf('@'));
    const form = known.has(id) ? undefined : formsById.get(id);
    if (form === undefined) continue;
    known.add(id);
    forms.push({ id, text: form.head + form.rest.join(VALUE_MARK) });
  }
  return forms;
}

/** Makes references to a form readable again that was kept from an earlier process. What isn't a form is left out. */
export function restoreForm({ id, text }: FormRecord): void {
  let item: unknown;
  try {
    item = JSON.parse(text);
  } catch {
    return;
  }
  const entry = readEntry(item);
  if (entry === undefined || !isObject(item)) return;
  const manager = managerOf(entry);
  const fields = JSON.stringify(item['fieldsV1'] ?? {});
  if (intern(manager, fields) === id || formsById.has(id)) return;
  const [head, rest] = formText(manager, fields);
  formsById.set(id, { id, manager, head, rest: rest.split(VALUE_MARK) });
}
