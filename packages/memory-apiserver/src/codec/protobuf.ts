import { ApiError, badRequest } from '../errors.js';
import type { Json, KubeObject } from '../object.js';
import { splitApiVersion, typeOf, type FieldInfo, type Scalar, type TypeInfo } from '../schema/types.js';
import { setOwn, type JsonObject } from './json.js';
import { formatGoDuration, formatMicroTime, formatTime } from './time.js';
import { WireError, WireReader, WireType } from './wire.js';

/** The first bytes of every protobuf body: k8s.io/apimachinery `pkg/runtime/serializer/protobuf`. */
export const protobufMagic = Buffer.from([0x6b, 0x38, 0x73, 0x00]);

/** Deeper messages than this are refused; CRD schemas are the only ones that nest without bound. */
const maxDepth = 100;

/**
 * Reads a body of `application/vnd.kubernetes.protobuf`: the magic bytes and a `runtime.Unknown` that holds the
 * object. Gives the object that Go would marshal to JSON, without nulls: zero values are dropped where Go's
 * `omitempty` drops them.
 *
 * @param expected kind to assume when the envelope names none
 * @throws ApiError 400 for other bytes, 415 for kinds that have no protobuf form (those of CRDs)
 */
export function decodeProtobuf(body: Buffer, expected?: { apiVersion: string; kind: string }): KubeObject {
  if (!body.subarray(0, 4).equals(protobufMagic))
    throw badRequest(
      'provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]',
    );
  if (body.length === protobufMagic.length) throw badRequest('empty body');
  try {
    return decodeEnvelope(body, expected, 0);
  } catch (error) {
    if (error instanceof WireError) throw badRequest(`proto: ${error.message}`);
    throw error;
  }
}

function decodeEnvelope(
  body: Buffer,
  expected: { apiVersion: string; kind: string } | undefined,
  depth: number,
): KubeObject {
  let apiVersion = '';
  let kind = '';
  let raw: WireReader | undefined;
  const envelope = new WireReader(body, protobufMagic.length);
  while (!envelope.done) {
    const { number, type } = envelope.tag();
    if (type !== WireType.Bytes) envelope.skip(type);
    else if (number === 1) ({ apiVersion, kind } = decodeTypeMeta(envelope.nested()));
    else if (number === 2) raw = envelope.nested();
    else envelope.skip(type);
  }
  apiVersion ||= expected?.apiVersion ?? '';
  kind ||= expected?.kind ?? '';
  const { group, version } = splitApiVersion(apiVersion);
  const message = typeOf(group, version, kind);
  if (message === undefined)
    throw new ApiError(
      415,
      'UnsupportedMediaType',
      `no protobuf form of ${apiVersion === '' ? '' : `${apiVersion}, `}Kind=${kind}: ` +
        'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml',
    );
  const fields = raw === undefined ? {} : decodeMessage(raw, message, depth);
  return { apiVersion, kind, ...fields } as unknown as KubeObject;
}

function decodeTypeMeta(reader: WireReader): { apiVersion: string; kind: string } {
  const meta = { apiVersion: '', kind: '' };
  while (!reader.done) {
    const { number, type } = reader.tag();
    if (type === WireType.Bytes && number === 1) meta.apiVersion = reader.string();
    else if (type === WireType.Bytes && number === 2) meta.kind = reader.string();
    else reader.skip(type);
  }
  return meta;
}

function decodeMessage(
  reader: WireReader,
  message: TypeInfo,
  depth: number,
  into: JsonObject = {},
): JsonObject {
  if (depth > maxDepth) throw new WireError('exceeded max depth');
  while (!reader.done) {
    const { number, type } = reader.tag();
    const field = message.wire.get(number);
    if (field === undefined) reader.skip(type);
    else decodeField(reader, type, field, depth, into);
  }
  return into;
}

function decodeField(
  reader: WireReader,
  wire: number,
  field: FieldInfo,
  depth: number,
  into: JsonObject,
): void {
  if (field.inline && field.message !== undefined && wire === WireType.Bytes) {
    decodeMessage(reader.nested(), field.message, depth + 1, into);
    return;
  }
  if (field.map && wire === WireType.Bytes) {
    const [key, value] = decodeEntry(reader.nested(), field, depth);
    const entries = container(into, field.name, () => ({})) as JsonObject;
    setOwn(entries, key, value);
    return;
  }
  if (field.repeated) {
    const items = container(into, field.name, () => []) as Json[];
    if (wire === WireType.Bytes && isPackable(field.scalar)) {
      const packed = reader.nested();
      while (!packed.done) items.push(decodeValue(packed, numericWire(field.scalar), field, depth) ?? 0);
    } else items.push(decodeValue(reader, wire, field, depth) ?? null);
    return;
  }
  const value = decodeValue(reader, wire, field, depth);
  if (value !== undefined && !(field.omitEmpty && !field.pointer && isZero(value)))
    setOwn(into, field.name, value);
}

/** The collection that items of a repeated field or map go to; made at the first item. */
function container(into: JsonObject, name: string, make: () => Json): Json {
  const known = Object.hasOwn(into, name) ? into[name] : undefined;
  if (known !== undefined && known !== null) return known;
  const made = make();
  into[name] = made;
  return made;
}

/** Go's `omitempty` drops these; structs (objects here) it keeps. */
const isZero = (value: Json): boolean => value === '' || value === 0 || value === false;

const isPackable = (scalar: Scalar | undefined): boolean =>
  scalar === 'bool' || scalar === 'int32' || scalar === 'int64' || scalar === 'double';

const numericWire = (scalar: Scalar | undefined): number =>
  scalar === 'double' ? WireType.Fixed64 : WireType.Varint;

function decodeEntry(reader: WireReader, field: FieldInfo, depth: number): [string, Json] {
  let key = '';
  let value: Json | undefined;
  while (!reader.done) {
    const { number, type } = reader.tag();
    if (number === 1 && type === WireType.Bytes) key = reader.string();
    else if (number === 2) value = decodeValue(reader, type, field, depth);
    else reader.skip(type);
  }
  return [key, value ?? emptyValue(field)];
}

/** What a map's entry without a value stands for. */
function emptyValue(field: FieldInfo): Json {
  if (field.message !== undefined) return {};
  if (field.scalar === 'StringList') return [];
  if (field.scalar === 'bool') return false;
  return isPackable(field.scalar) ? 0 : '';
}

/** One value in its JSON form; undefined for those that Go writes as null (a zero time). */
function decodeValue(reader: WireReader, wire: number, field: FieldInfo, depth: number): Json | undefined {
  const expected =
    field.message !== undefined || !isPackable(field.scalar) ? WireType.Bytes : numericWire(field.scalar);
  if (wire !== expected) throw new WireError(`wrong wireType = ${wire} for field ${field.name}`);
  if (field.message !== undefined)
    return field.message.union
      ? decodeUnion(reader.nested(), field.message, depth + 1)
      : decodeMessage(reader.nested(), field.message, depth + 1);
  switch (field.scalar) {
    case 'string':
      return reader.string();
    case 'bool':
      return reader.varint() !== 0n;
    case 'int32':
      return reader.int() | 0;
    case 'int64':
      return reader.int();
    case 'double':
      return reader.double();
    case 'bytes':
      return reader.view().toString('base64');
    default:
      return decodeSpecial(reader.nested(), field.scalar, depth);
  }
}

/** A Go type that marshals itself to the value of its first branch that is set. */
function decodeUnion(reader: WireReader, message: TypeInfo, depth: number): Json | undefined {
  let value: Json | undefined;
  while (!reader.done) {
    const { number, type } = reader.tag();
    const field = message.wire.get(number);
    if (field === undefined) reader.skip(type);
    else if (field.repeated) {
      const item = decodeValue(reader, type, field, depth) ?? null;
      if (Array.isArray(value)) value.push(item);
      else value = [item];
    } else {
      const branch = decodeValue(reader, type, field, depth);
      if (value === undefined || field.message !== undefined) value = branch;
    }
  }
  return value;
}

/** Messages with a JSON form of their own; see {@link Scalar}. */
function decodeSpecial(reader: WireReader, scalar: Scalar | undefined, depth: number): Json | undefined {
  const raw = new Map<number, bigint | Buffer>();
  const items: string[] = [];
  while (!reader.done) {
    const { number, type } = reader.tag();
    if (type === WireType.Varint) raw.set(number, reader.varint());
    else if (type !== WireType.Bytes) reader.skip(type);
    else if (scalar === 'StringList' && number === 1) items.push(reader.string());
    else raw.set(number, reader.view());
  }
  const int = (number: number): bigint => {
    const value = raw.get(number);
    return typeof value === 'bigint' ? BigInt.asIntN(64, value) : 0n;
  };
  const bytes = (number: number): Buffer => {
    const value = raw.get(number);
    return value instanceof Buffer ? value : Buffer.alloc(0);
  };
  switch (scalar) {
    case 'StringList':
      return items;
    case 'Time':
    case 'MicroTime':
      return decodeTime(int(1), int(2), scalar);
    case 'Duration':
      return formatGoDuration(int(1));
    case 'Quantity':
      return bytes(1).toString('utf8') || '0';
    case 'IntOrString':
      return int(1) === 1n ? bytes(3).toString('utf8') : Number(int(2));
    default:
      return decodeRaw(bytes(1), depth);
  }
}

/** Years 1 to 9999, as RFC 3339 can write them. */
const minSeconds = -62_135_596_800n;
const maxSeconds = 253_402_300_799n;

function decodeTime(seconds: bigint, nanos: bigint, scalar: 'Time' | 'MicroTime'): string | undefined {
  if (seconds === 0n && nanos === 0n) return undefined;
  if (seconds < minSeconds || seconds > maxSeconds || nanos < 0n || nanos > 999_999_999n)
    throw new WireError('time is out of range');
  return scalar === 'Time'
    ? formatTime(Number(seconds) * 1000)
    : formatMicroTime(Number(seconds), Number(nanos));
}

/** JSON that is carried as bytes, or a whole object in protobuf with its envelope. */
function decodeRaw(raw: Buffer, depth: number): Json | undefined {
  if (raw.length === 0) return undefined;
  if (raw.subarray(0, 4).equals(protobufMagic)) return decodeEnvelope(raw, undefined, depth + 1);
  try {
    return JSON.parse(raw.toString('utf8')) as Json;
  } catch {
    throw new WireError('embedded value is not JSON');
  }
}
