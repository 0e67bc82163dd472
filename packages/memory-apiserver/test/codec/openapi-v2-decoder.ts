import { parse } from 'yaml';

/**
 * Reads gnostic's OpenAPI v2 `Document` back to its JSON form, by its own reading of `openapiv2/OpenAPIv2.proto`:
 * one line per field with number, key and type. `Type*` is repeated, `Type{}` a map in `Named…` messages of field
 * 1, `=Type` a layer that JSON hasn't.
 */
const proto = {
  Document: '1 swagger string, 2 info Info, 8 paths Paths, 9 definitions Definitions',
  Info: '1 title string, 2 version string',
  Paths: '2 PathItem{}',
  Definitions: '1 Schema{}',
  Properties: '1 Schema{}',
  PathItem:
    '2 get Operation, 3 put Operation, 4 post Operation, 5 delete Operation, 8 patch Operation, 9 parameters ParametersItem*, 10 Any{}',
  Operation: '7 consumes string*, 8 parameters ParametersItem*, 9 responses Responses, 13 Any{}',
  ParametersItem: '1 =Parameter',
  Parameter: '1 =BodyParameter, 2 =NonBodyParameter',
  NonBodyParameter: '3 =QueryParameterSubSchema, 4 =PathParameterSubSchema',
  BodyParameter: '2 name string, 3 in string, 4 required bool, 5 schema Schema',
  QueryParameterSubSchema: '1 required bool, 2 in string, 4 name string, 6 type string, 20 uniqueItems bool',
  PathParameterSubSchema: '1 required bool, 2 in string, 4 name string, 5 type string, 19 uniqueItems bool',
  Responses: '1 ResponseValue{}',
  ResponseValue: '1 =Response',
  Response: '1 description string, 2 schema SchemaItem',
  SchemaItem: '1 =Schema',
  AdditionalPropertiesItem: '1 =Schema, 2 =bool',
  ItemsItem: '1 =Schema',
  TypeItem: '1 =string',
  Any: '2 =yaml',
  Schema:
    '1 $ref string, 2 format string, 3 title string, 4 description string, 6 multipleOf double, 7 maximum double, 8 exclusiveMaximum bool, 9 minimum double, 10 exclusiveMinimum bool, 11 maxLength int64, 12 minLength int64, 13 pattern string, 14 maxItems int64, 15 minItems int64, 16 uniqueItems bool, 17 maxProperties int64, 18 minProperties int64, 19 required string*, 20 enum Any*, 21 additionalProperties AdditionalPropertiesItem, 22 type TypeItem, 23 items ItemsItem, 25 properties Properties, 31 Any{}',
};

type MessageName = keyof typeof proto;
type Field = readonly [key: string | undefined, type: string];

const fieldsOf = (name: MessageName): Map<number, Field> =>
  new Map(
    proto[name].split(', ').map((line): [number, Field] => {
      const [number, ...words] = line.split(' ');
      return [Number(number), [words.length > 1 ? words[0] : undefined, words.at(-1) ?? '']];
    }),
  );

const tables = new Map(Object.keys(proto).map((name) => [name, fieldsOf(name as MessageName)]));

interface RawField {
  number: number;
  value: Buffer | number;
}

function varint(bytes: Buffer, at: number): [value: number, next: number] {
  let [value, factor, next] = [0, 1, at];
  for (;;) {
    const byte = bytes.readUInt8(next++);
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return [value, next];
    factor *= 128;
  }
}

function* rawFields(bytes: Buffer): Generator<RawField> {
  for (let at = 0; at < bytes.length;) {
    let tag: number, length: number;
    [tag, at] = varint(bytes, at);
    const number = tag >> 3;
    if ((tag & 7) === 1) {
      yield { number, value: bytes.readDoubleLE(at) };
      at += 8;
    } else if ((tag & 7) === 0) {
      [length, at] = varint(bytes, at);
      yield { number, value: length };
    } else if ((tag & 7) === 2) {
      [length, at] = varint(bytes, at);
      if (at + length > bytes.length) throw new Error('cut off');
      yield { number, value: bytes.subarray(at, at + length) };
      at += length;
    } else throw new Error(`wire type ${tag & 7}`);
  }
}

function valueOf(type: string, value: Buffer | number): unknown {
  if (type === 'bool') return value === 1;
  if (typeof value === 'number') return value;
  if (type === 'string') return value.toString('utf8');
  return type === 'yaml' ? parse(value.toString('utf8')) : messageOf(type, value);
}

function messageOf(name: string, bytes: Buffer): unknown {
  const table = tables.get(name);
  const object: Record<string, unknown> = {};
  for (const { number, value } of rawFields(bytes)) {
    const [key, type] = table?.get(number) ?? [];
    if (type === undefined) throw new Error(`${name} has no field ${number}`);
    if (type.startsWith('=')) return valueOf(type.slice(1), value);
    if (type.endsWith('{}')) {
      const [first, second] = [...rawFields(value as Buffer)];
      // Not by assignment, for keys such as `__proto__`.
      Object.defineProperty(object, String(first?.value), {
        value: valueOf(type.slice(0, -2), second?.value ?? Buffer.alloc(0)),
        enumerable: true,
      });
    } else if (type.endsWith('*')) {
      ((object[key ?? ''] ??= []) as unknown[]).push(valueOf(type.slice(0, -1), value));
    } else object[key ?? ''] = valueOf(type, value);
  }
  return object;
}

export const decodeDocument = (bytes: Buffer): unknown => messageOf('Document', bytes);
