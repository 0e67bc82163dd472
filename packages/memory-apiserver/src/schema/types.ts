import { fieldTables } from './generated/index.js';

/**
 * Types whose JSON is not an object of the message's fields.
 * `StringList` is a message with one repeated string that is a plain array in JSON (`ExtraValue`, `Verbs`).
 */
export type Scalar =
  | 'string'
  | 'bool'
  | 'int32'
  | 'int64'
  | 'double'
  | 'bytes'
  | 'Time'
  | 'MicroTime'
  | 'Duration'
  | 'FieldsV1'
  | 'Quantity'
  | 'IntOrString'
  | 'RawExtension'
  | 'JSON'
  | 'StringList';

/** One field of an API type: how it stands in JSON and in protobuf, and how patches treat it. */
export interface FieldInfo {
  /** JSON name; empty for an inlined message and for the branches of a {@link TypeInfo.union}. */
  readonly name: string;
  /** Protobuf field number. */
  readonly number: number;
  /** Set unless {@link message} is. */
  readonly scalar: Scalar | undefined;
  /** Type of a message field (or of its items, or of its map's values). */
  readonly message: TypeInfo | undefined;
  readonly repeated: boolean;
  /** A map from strings to the type. */
  readonly map: boolean;
  /** The message's fields stand among the parent's in JSON. */
  readonly inline: boolean;
  /** A pointer in Go: absent and zero differ, so a zero value is kept. */
  readonly pointer: boolean;
  /** Go's `omitempty`. Structs that are no pointers are written although empty, as Go does. */
  readonly omitEmpty: boolean;
  /** Go's `omitzero`. */
  readonly omitZero: boolean;
  /** Marked `+optional`. */
  readonly optional: boolean;
  /** OpenAPI calls it required: it is always written, or marked so, and not marked optional. */
  readonly required: boolean;
  /** Strategic merge: key of list items. */
  readonly mergeKey: string | undefined;
  /** Strategic merge: `merge`, `replace`, `retainKeys`. */
  readonly strategies: readonly string[];
  /** Server-side apply: `atomic`, `set`, `map`; undefined means atomic. */
  readonly listType: string | undefined;
  readonly listMapKeys: readonly string[];
  /** Server-side apply: `atomic` or `granular` for maps and structs. */
  readonly mapType: string | undefined;
  /** Allowed values of a string. */
  readonly enum: readonly string[] | undefined;
  /** Default from the Go markers, as OpenAPI publishes it. */
  readonly default: unknown;
}

export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** One API type: a message of Kubernetes' protobuf definitions with its JSON form. */
export interface TypeInfo {
  /** Go package and type: `core/v1:Pod`. */
  readonly id: string;
  /** Type alone: `Pod`. */
  readonly name: string;
  /** By JSON name; fields of inlined messages are among them. */
  readonly fields: ReadonlyMap<string, FieldInfo>;
  /** As on the wire, by protobuf number; inlined messages are fields of their own. */
  readonly wire: ReadonlyMap<number, FieldInfo>;
  /** The JSON value is one of the wire fields' values instead of an object (`JSONSchemaPropsOrBool`). */
  readonly union: boolean;
  /** Server-side apply owns it as a whole (`+structType=atomic`). */
  readonly atomic: boolean;
  /** Set for kinds: objects that carry `apiVersion` and `kind`. */
  readonly kind: GroupVersionKind | undefined;
}

const scalars: Record<string, Scalar> = {
  s: 'string',
  b: 'bool',
  i: 'int32',
  I: 'int64',
  d: 'double',
  B: 'bytes',
  T: 'Time',
  M: 'MicroTime',
  D: 'Duration',
  F: 'FieldsV1',
  Q: 'Quantity',
  X: 'IntOrString',
  R: 'RawExtension',
  J: 'JSON',
  L: 'StringList',
};

interface Lines {
  readonly fields: string[];
  readonly flags: readonly string[];
}

/** Lines of a table by message name, and its enums. */
interface Table {
  readonly messages: Map<string, Lines>;
  readonly enums: Map<string, readonly string[]>;
}

const sources = new Map<string, string>(fieldTables.map(({ key, text }) => [key, text]));
const tableKeys = new Map<string, string>(
  fieldTables.map(({ key, group, version }) => [`${group}/${version}`, key]),
);
const groupVersions = new Map(
  fieldTables.map(({ key, group, version }) => [key as string, { group, version }]),
);
const tables = new Map<string, Table>();
const types = new Map<string, TypeInfo | undefined>();

/** Kinds of `meta/v1` (Status, DeleteOptions, …) go by the core group's name. */
function groupVersionOf(table: string): { group: string; version: string } {
  const known = table === 'meta/v1' ? undefined : groupVersions.get(table);
  return known ?? { group: '', version: 'v1' };
}

function tableOf(key: string): Table | undefined {
  const known = tables.get(key);
  const text = sources.get(key);
  if (known !== undefined || text === undefined) return known;
  const table: Table = { messages: new Map(), enums: new Map() };
  let fields: string[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('#')) {
      const [name = '', ...flags] = line.slice(1).split(' ');
      fields = [];
      table.messages.set(name, { fields, flags });
    } else if (line.startsWith('%')) {
      const [name, values] = split(line.slice(1), ' ');
      table.enums.set(name, values.split('|'));
    } else if (line !== '') fields.push(line);
  }
  tables.set(key, table);
  return table;
}

class Message implements TypeInfo {
  readonly name: string;
  readonly wire = new Map<number, FieldInfo>();
  readonly union: boolean;
  readonly atomic: boolean;
  readonly kind: GroupVersionKind | undefined;
  #fields: Map<string, FieldInfo> | undefined;

  constructor(
    readonly id: string,
    table: string,
    { fields, flags }: Lines,
  ) {
    this.name = id.slice(id.indexOf(':') + 1);
    this.atomic = flags.includes('atomic');
    this.kind = flags.includes('kind') ? { ...groupVersionOf(table), kind: this.name } : undefined;
    this.union = fields.length > 0 && fields.every((line) => line.startsWith('~'));
    for (const line of fields) {
      const field = new Field(table, line);
      this.wire.set(field.number, field);
    }
  }

  get fields(): ReadonlyMap<string, FieldInfo> {
    if (this.#fields !== undefined) return this.#fields;
    const fields = new Map<string, FieldInfo>();
    for (const field of this.wire.values()) {
      if (field.inline) field.message?.fields.forEach((inner, name) => fields.set(name, inner));
      else if (field.name !== '') fields.set(field.name, field);
    }
    return (this.#fields = fields);
  }
}

/** A line of a table, such as `ports 6 []ContainerPort ? merge=containerPort strategy=merge list=map keys=…`. */
class Field implements FieldInfo {
  readonly name: string;
  readonly number: number;
  readonly scalar: Scalar | undefined;
  readonly repeated: boolean;
  readonly map: boolean;
  readonly inline: boolean;
  readonly pointer: boolean;
  readonly omitEmpty: boolean;
  readonly omitZero: boolean;
  readonly optional: boolean;
  readonly required: boolean;
  readonly mergeKey: string | undefined;
  readonly strategies: readonly string[];
  readonly listType: string | undefined;
  readonly listMapKeys: readonly string[];
  readonly mapType: string | undefined;
  readonly enum: readonly string[] | undefined;
  readonly default: unknown;
  readonly #message: string;
  #type: TypeInfo | undefined;

  constructor(table: string, line: string) {
    const [name = '', number = '', type = '', flags = '', ...rest] = line.split(' ');
    const extra = new Map(rest.map((word): [string, string] => split(word, '=')));
    this.inline = name === '-';
    this.name = this.inline || name === '~' ? '' : name;
    this.number = Number(number);
    this.repeated = type.startsWith('[]');
    this.map = type.startsWith('{}');
    const base = this.repeated || this.map ? type.slice(2) : type;
    this.scalar = scalars[base];
    this.#message = this.scalar !== undefined ? '' : base.includes(':') ? base : `${table}:${base}`;
    this.pointer = flags.includes('*');
    this.omitEmpty = !flags.includes('!');
    this.omitZero = flags.includes('z');
    this.optional = flags.includes('?');
    this.required = flags.includes('r') || (!this.omitEmpty && !this.optional);
    this.mergeKey = extra.get('merge');
    this.strategies = extra.get('strategy')?.split(',') ?? [];
    this.listType = extra.get('list');
    this.listMapKeys = extra.get('keys')?.split(',') ?? [];
    this.mapType = extra.get('map');
    const enumName = extra.get('enum');
    this.enum = enumName === undefined ? undefined : enumIn(table, enumName);
    const value = extra.get('default');
    this.default = value === undefined ? undefined : (JSON.parse(value) as unknown);
  }

  get message(): TypeInfo | undefined {
    if (this.#message === '') return undefined;
    return (this.#type ??= typeById(this.#message));
  }
}

/** The values of an enum of this table, or of another's (`core/v1:Protocol`). */
function enumIn(table: string, name: string): readonly string[] | undefined {
  const [home, own] = name.includes(':') ? split(name, ':') : [table, name];
  return tableOf(home)?.enums.get(own);
}

function split(word: string, separator: string): [string, string] {
  const at = word.indexOf(separator);
  return at < 0 ? [word, ''] : [word.slice(0, at), word.slice(at + 1)];
}

/** The type of a Go package, such as `core/v1:Container`. Read from its table at the first call. */
export function typeById(id: string): TypeInfo | undefined {
  if (types.has(id)) return types.get(id);
  const [table, name] = split(id, ':');
  const lines = tableOf(table)?.messages.get(name);
  const type = lines === undefined ? undefined : new Message(id, table, lines);
  types.set(id, type);
  return type;
}

/**
 * The type of a kind: built-in ones, and those that every group has (`DeleteOptions`, `Status`, …).
 * Undefined for kinds of CRDs and unknown ones.
 */
export function typeOf(group: string, version: string, kind: string): TypeInfo | undefined {
  const table = tableKeys.get(`${group}/${version}`);
  return (table === undefined ? undefined : typeById(`${table}:${kind}`)) ?? typeById(`meta/v1:${kind}`);
}

/** {@link typeOf} by an object's `apiVersion` and `kind`. */
export function typeOfObject(object: { apiVersion: string; kind: string }): TypeInfo | undefined {
  const { group, version } = splitApiVersion(object.apiVersion);
  return typeOf(group, version, object.kind);
}

/** `apps/v1` is group `apps`, version `v1`; `v1` is of the core group `''`. */
export function splitApiVersion(apiVersion: string): { group: string; version: string } {
  const at = apiVersion.indexOf('/');
  return at < 0
    ? { group: '', version: apiVersion }
    : { group: apiVersion.slice(0, at), version: apiVersion.slice(at + 1) };
}

/** Every type of a group's version, in the table's order; empty for groups without a table. */
export function typesOf(group: string, version: string): TypeInfo[] {
  const key = tableKeys.get(`${group}/${version}`);
  const table = key === undefined ? undefined : tableOf(key);
  if (key === undefined || table === undefined) return [];
  return [...table.messages.keys()]
    .map((name) => typeById(`${key}:${name}`))
    .filter((type) => type !== undefined);
}
