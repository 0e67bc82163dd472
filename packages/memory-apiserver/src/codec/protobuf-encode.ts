import { ApiError } from '../errors.js';
import type { Json, KubeObject } from '../object.js';
import { typeOfObject, type FieldInfo, type TypeInfo } from '../schema/types.js';
import { getOwn, isObject, type JsonObject } from './json.js';
import { writtenEntries, type CompactFields } from './managed-fields.js';
import { protobufMagic } from './protobuf.js';
import { parseGoDuration } from './time.js';
import { WireWriter } from './wire.js';

/**
 * The object as a body of `application/vnd.kubernetes.protobuf`, byte by byte as Kubernetes' own encoder writes it:
 * fields in the order of their numbers, those that are no pointers in Go also when they are zero.
 *
 * @param object its managedFields may be as they are stored, which spares to read them
 * @param type of the object; only needed where its apiVersion doesn't tell it
 * @throws ApiError 406 for kinds that have no protobuf form (those of CRDs)
 */
export function encodeProtobuf(object: KubeObject, type = typeOfObject(object)): Buffer {
  const known = knownType(object, type);
  const writer = new WireWriter();
  encodeEnvelope(writer, object, () => encodeMessage(writer, object, known));
  return writer.finish(protobufMagic);
}

/** Throws ApiError 406 for kinds that have no protobuf form. */
function knownType({ apiVersion, kind }: TypeMeta, type: TypeInfo | undefined): TypeInfo {
  if (type !== undefined) return type;
  throw new ApiError(406, 'NotAcceptable', `no protobuf form of ${apiVersion}, Kind=${kind}`);
}

type TypeMeta = Pick<KubeObject, 'apiVersion' | 'kind'>;

/** `runtime.Unknown` of k8s.io/apimachinery. */
function encodeEnvelope(writer: WireWriter, { apiVersion, kind }: TypeMeta, encodeBody: () => void): void {
  const meta = writer.begin(1);
  writer.string(1, apiVersion);
  writer.string(2, kind);
  writer.end(meta);
  const raw = writer.begin(2);
  encodeBody();
  writer.end(raw);
  writer.string(3, '');
  writer.string(4, '');
}

/**
 * One frame of a watch in protobuf: its length in four bytes, then a `metav1.WatchEvent` around the object, which has
 * an envelope of its own. As the length-delimited framer of k8s.io/apimachinery `pkg/util/framer`.
 *
 * @param behindMetadata the object's fields but its metadata by {@link encodeBehindMetadata}, which spares to encode them;
 *   the object then needs no more than its metadata
 */
export function encodeWatchEvent(type: string, object: KubeObject, behindMetadata?: Uint8Array): Buffer {
  const writer = new WireWriter();
  writer.string(1, type);
  const extension = writer.begin(2);
  const raw = writer.begin(1);
  writer.fields(protobufMagic);
  const known = knownType(object, typeOfObject(object));
  encodeEnvelope(writer, object, () => {
    if (behindMetadata === undefined) return encodeMessage(writer, object, known);
    encodeSteps(writer, object, stepsOf(known).slice(0, 1));
    writer.fields(behindMetadata);
  });
  writer.end(raw);
  writer.end(extension);
  const event = writer.finish(lengthBytes);
  event.writeUInt32BE(event.length - 4);
  return event;
}

/**
 * What an object's encoding has behind its metadata, which is the first field of every kind.
 *
 * @throws ApiError 406 for kinds that have no protobuf form (those of CRDs)
 */
export function encodeBehindMetadata(object: KubeObject): Buffer {
  const writer = new WireWriter();
  encodeSteps(writer, object, stepsOf(knownType(object, typeOfObject(object))).slice(1));
  return writer.finish();
}

/** Room for the length of a frame. */
const lengthBytes = Buffer.alloc(4);

/** What an absent struct is written as. */
const NOTHING: JsonObject = {};

/** A field, and what is written when it is absent: nothing, or the zero value of its Go type. */
interface Step {
  readonly field: FieldInfo;
  readonly absent: Uint8Array | undefined;
}

const stepsOfTypes = new WeakMap<TypeInfo, readonly Step[]>();

/** Kubernetes writes fields by number. */
function stepsOf(type: TypeInfo): readonly Step[] {
  let known = stepsOfTypes.get(type);
  if (known === undefined) {
    const fields = [...type.wire.values()].sort((a, b) => a.number - b.number);
    known = fields.map((field) => ({ field, absent: absentBytes(field) }));
    stepsOfTypes.set(type, known);
  }
  return known;
}

function absentBytes(field: FieldInfo): Uint8Array | undefined {
  // Bytes are slices in Go: nil ones aren't written.
  if (field.repeated || field.map || field.pointer || field.scalar === 'bytes') return undefined;
  const writer = new WireWriter();
  encodeValue(writer, null, field);
  return writer.finish();
}

function encodeMessage(writer: WireWriter, value: JsonObject, type: TypeInfo): void {
  encodeSteps(writer, value, stepsOf(type));
}

function encodeSteps(writer: WireWriter, value: JsonObject, steps: readonly Step[]): void {
  for (const { field, absent } of steps) {
    const { message } = field;
    if (field.inline && message !== undefined) {
      const begin = writer.begin(field.number);
      encodeMessage(writer, value, message);
      writer.end(begin);
      continue;
    }
    const given = getOwn(value, field.name) ?? undefined;
    if (given !== undefined) encodeField(writer, given, field);
    else if (absent !== undefined) writer.fields(absent);
  }
}

function encodeField(writer: WireWriter, value: Json, field: FieldInfo): void {
  if (field.repeated) {
    if (Array.isArray(value)) for (const item of value) encodeValue(writer, item, field);
    else if (typeof value === 'string') encodeCompactFields(writer, value, field.number);
  } else if (field.map) {
    if (isObject(value)) encodeMap(writer, value, field);
  } else encodeValue(writer, value, field);
}

/** The same bytes as of managedFields in full: `ManagedFieldsEntry` of k8s.io/apimachinery `pkg/apis/meta/v1`. */
function encodeCompactFields(writer: WireWriter, compact: CompactFields, number: number): void {
  for (const { manager, time, fieldsV1 } of writtenEntries(compact)) {
    const begin = writer.begin(number);
    writer.string(1, manager.manager);
    writer.string(2, manager.operation);
    writer.string(3, manager.apiVersion);
    if (time !== '') {
      const at = writer.begin(4);
      encodeTime(writer, time, 'Time');
      writer.end(at);
    }
    writer.string(6, 'FieldsV1');
    const fields = writer.begin(7);
    writer.string(1, fieldsV1);
    writer.end(fields);
    writer.string(8, manager.subresource);
    writer.end(begin);
  }
}

function encodeMap(writer: WireWriter, value: JsonObject, field: FieldInfo): void {
  for (const key of Object.keys(value).sort()) {
    const entry = writer.begin(field.number);
    writer.string(1, key);
    encodeValue(writer, value[key] ?? null, field, 2);
    writer.end(entry);
  }
}

const toInt = (value: Json): number => (typeof value === 'number' ? Math.trunc(value) : 0);
const toText = (value: Json): string =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';

function encodeValue(writer: WireWriter, value: Json, field: FieldInfo, number = field.number): void {
  const { message } = field;
  if (message !== undefined) {
    const begin = writer.begin(number);
    if (message.union) encodeUnion(writer, value, message);
    else encodeMessage(writer, isObject(value) ? value : NOTHING, message);
    writer.end(begin);
    return;
  }
  switch (field.scalar) {
    case 'bool':
      writer.varint(number, value === true ? 1 : 0);
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
    default: {
      const begin = writer.begin(number);
      encodeSpecial(writer, value, field);
      writer.end(begin);
    }
  }
}

/** The branch of a union that holds the value: a list in the repeated one, an object in the single message. */
function encodeUnion(writer: WireWriter, value: Json, type: TypeInfo): void {
  for (const { field } of stepsOf(type)) {
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
      writer.varint(1, typeof value === 'string' ? 1 : 0);
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
  const nanos = scalar === 'Time' ? 0 : Number(fraction.padEnd(9, '0').slice(0, 9));
  writer.varint(1, Math.floor(milliseconds / 1000));
  writer.varint(2, nanos);
}
