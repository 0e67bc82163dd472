import { ApiError } from '../errors.js';
import type { Json, KubeObject } from '../object.js';
import { typeOfObject, type FieldInfo, type TypeInfo } from '../schema/types.js';
import { getOwn, isObject, type JsonObject } from './json.js';
import { protobufMagic } from './protobuf.js';
import { parseGoDuration } from './time.js';
import { WireWriter } from './wire.js';

/**
 * The object as a body of `application/vnd.kubernetes.protobuf`, byte by byte as Kubernetes' own encoder writes it:
 * fields in the order of their numbers, those that are no pointers in Go also when they are zero.
 *
 * @throws ApiError 406 for kinds that have no protobuf form (those of CRDs)
 */
export function encodeProtobuf(object: KubeObject): Buffer {
  const type = typeOfObject(object);
  if (type === undefined)
    throw new ApiError(406, 'NotAcceptable', `no protobuf form of ${object.apiVersion}, Kind=${object.kind}`);
  const writer = new WireWriter();
  writer.message(1, (meta) => {
    meta.string(1, object.apiVersion);
    meta.string(2, object.kind);
  });
  writer.message(2, (raw) => encodeMessage(raw, object, type));
  writer.string(3, '');
  writer.string(4, '');
  return writer.finish(protobufMagic);
}

const ordered = new WeakMap<TypeInfo, readonly FieldInfo[]>();

/** Kubernetes writes fields by number. */
function fieldsByNumber(type: TypeInfo): readonly FieldInfo[] {
  let fields = ordered.get(type);
  if (fields === undefined)
    ordered.set(type, (fields = [...type.wire.values()].sort((a, b) => a.number - b.number)));
  return fields;
}

function encodeMessage(writer: WireWriter, value: JsonObject, type: TypeInfo): void {
  for (const field of fieldsByNumber(type)) {
    const { message } = field;
    if (field.inline && message !== undefined)
      writer.message(field.number, (inner) => encodeMessage(inner, value, message));
    else encodeField(writer, getOwn(value, field.name) ?? undefined, field);
  }
}

function encodeField(writer: WireWriter, value: Json | undefined, field: FieldInfo): void {
  if (field.repeated) {
    if (Array.isArray(value)) for (const item of value) encodeValue(writer, item, field);
  } else if (field.map) {
    if (isObject(value)) encodeMap(writer, value, field);
  } else if (value !== undefined) encodeValue(writer, value, field);
  // Bytes are slices in Go: nil ones aren't written.
  else if (!field.pointer && field.scalar !== 'bytes') encodeValue(writer, null, field);
}

function encodeMap(writer: WireWriter, value: JsonObject, field: FieldInfo): void {
  for (const key of Object.keys(value).sort())
    writer.message(field.number, (entry) => {
      entry.string(1, key);
      encodeValue(entry, value[key] ?? null, field, 2);
    });
}

const toInt = (value: Json): bigint => (typeof value === 'number' ? BigInt(Math.trunc(value)) : 0n);
const toText = (value: Json): string =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';

function encodeValue(writer: WireWriter, value: Json, field: FieldInfo, number = field.number): void {
  const { message } = field;
  if (message !== undefined) {
    writer.message(number, (inner) => {
      if (message.union) encodeUnion(inner, value, message);
      else encodeMessage(inner, isObject(value) ? value : {}, message);
    });
    return;
  }
  switch (field.scalar) {
    case 'bool':
      writer.varint(number, value === true ? 1n : 0n);
      return;
    case 'int32':
    case 'int64':
      writer.varint(number, toInt(value));
      return;
    case 'double':
      writer.double(number, typeof value === 'number' ? value : 0);
      return;
    case 'bytes':
      writer.bytes(number, Buffer.from(toText(value), 'base64'));
      return;
    case 'string':
      writer.string(number, toText(value));
      return;
    default:
      writer.message(number, (inner) => encodeSpecial(inner, value, field));
  }
}

/** The branch of a union that holds the value: a list in the repeated one, an object in the single message. */
function encodeUnion(writer: WireWriter, value: Json, type: TypeInfo): void {
  for (const field of fieldsByNumber(type)) {
    if (field.scalar === 'bool') encodeValue(writer, isObject(value) ? true : value, field);
    else if (field.repeated === Array.isArray(value) && (field.repeated || isObject(value)))
      encodeField(writer, value, field);
  }
}

/** Messages with a JSON form of their own; see `Scalar`. */
function encodeSpecial(writer: WireWriter, value: Json, field: FieldInfo): void {
  switch (field.scalar) {
    case 'StringList':
      if (Array.isArray(value)) for (const item of value) writer.string(1, toText(item));
      return;
    case 'Time':
    case 'MicroTime':
      encodeTime(writer, value, field.scalar);
      return;
    case 'Duration':
      writer.varint(1, parseGoDuration(toText(value)) ?? 0n);
      return;
    case 'Quantity':
      writer.string(1, value === null ? '0' : toText(value));
      return;
    case 'IntOrString':
      writer.varint(1, typeof value === 'string' ? 1n : 0n);
      writer.varint(2, toInt(value));
      writer.string(3, typeof value === 'string' ? value : '');
      return;
    default:
      if (value !== null) writer.string(1, JSON.stringify(value));
  }
}

function encodeTime(writer: WireWriter, value: Json, scalar: 'Time' | 'MicroTime'): void {
  const milliseconds = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  if (typeof value !== 'string' || Number.isNaN(milliseconds)) return;
  const fraction = /\.(\d+)/.exec(value)?.[1] ?? '';
  const nanos = scalar === 'Time' ? 0n : BigInt(fraction.padEnd(9, '0').slice(0, 9));
  writer.varint(1, BigInt(Math.floor(milliseconds / 1000)));
  writer.varint(2, nanos);
}
