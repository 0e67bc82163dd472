import { WireWriter } from './wire.js';

/**
 * Protobuf messages as tables, from a key of their JSON form to the field's number and the way to write it: for the
 * documents of gnostic's `OpenAPIv2.proto` and `OpenAPIv3.proto`, of which we need a part.
 */

export type Write = (writer: WireWriter, number: number, value: unknown) => void;
export type JsonMap = Readonly<Record<string, unknown>>;

export interface Message {
  readonly fields: Readonly<Record<string, readonly [number: number, write: Write]>>;
  /** Number of the field for keys that begin with `x-`. */
  readonly extensions?: number;
}

export const text: Write = (writer, number, value) => writer.string(number, String(value));
export const flag: Write = (writer, number, value) => writer.varint(number, value === true ? 1 : 0);
export const integer: Write = (writer, number, value) => writer.varint(number, Math.trunc(Number(value)));
export const double: Write = (writer, number, value) => writer.double(number, Number(value));
/** `Any`: a value as YAML, which JSON is too. */
export const any: Write = (writer, number, value) =>
  writer.message(number, (inner) => inner.string(2, JSON.stringify(value)));

export const each =
  (write: Write): Write =>
  (writer, number, value) => {
    for (const item of value as unknown[]) write(writer, number, item);
  };

/** The entries of an object as repeated `Named…` messages. */
export const named =
  (write: Write): Write =>
  (writer, number, value) => {
    for (const [name, item] of Object.entries(value as JsonMap))
      writer.message(number, (inner) => {
        inner.string(1, name);
        write(inner, 2, item);
      });
  };

/** A message that holds nothing but one field. */
export const wrapped =
  (field: number, write: Write): Write =>
  (writer, number, value) =>
    writer.message(number, (inner) => write(inner, field, value));

export const message =
  ({ fields, extensions }: Message): Write =>
  (writer, number, value) =>
    writer.message(number, (inner) => {
      const object = value as JsonMap;
      for (const [key, [field, write]] of Object.entries(fields))
        if (object[key] !== undefined) write(inner, field, object[key]);
      if (extensions === undefined) return;
      for (const [key, item] of Object.entries(object))
        if (key.startsWith('x-')) named(any)(inner, extensions, { [key]: item });
    });

/** What a field of the number holds, as bytes that can be put together with others of that field. */
export function encodeField(write: Write, number: number, value: unknown): Buffer {
  const writer = new WireWriter();
  write(writer, number, value);
  return writer.finish();
}
