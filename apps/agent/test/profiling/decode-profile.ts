import { gunzipSync } from 'node:zlib';

/** A decoder of its own for the tests: it shares nothing with the encoder under test. */
type Field = { readonly field: number; readonly value: bigint | Uint8Array };

function* fields(bytes: Uint8Array): Generator<Field> {
  let offset = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[offset++];
      if (byte === undefined) throw new Error('truncated varint');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (offset < bytes.length) {
    const tag = Number(varint());
    if ((tag & 7) === 0) yield { field: tag >> 3, value: varint() };
    else if ((tag & 7) === 2) {
      const length = Number(varint());
      if (offset + length > bytes.length) throw new Error('truncated field');
      yield { field: tag >> 3, value: bytes.subarray(offset, (offset += length)) };
    } else throw new Error(`unexpected wire type ${tag & 7}`);
  }
}

function packed(bytes: Uint8Array): number[] {
  const values: number[] = [];
  let value = 0n;
  let shift = 0n;
  for (const byte of bytes) {
    value |= BigInt(byte & 0x7f) << shift;
    shift += 7n;
    if (byte < 0x80) {
      values.push(Number(value));
      value = 0n;
      shift = 0n;
    }
  }
  return values;
}

/** A decoded profile with its names resolved. */
export interface DecodedProfile {
  readonly sampleTypes: string[];
  readonly samples: { readonly stack: string[]; readonly values: number[] }[];
  readonly functions: { readonly name: string; readonly file: string; readonly line: number }[];
  readonly timeNanos: bigint;
  readonly durationNanos: bigint;
  readonly period: bigint;
}

export function decodeProfile(compressed: Uint8Array): DecodedProfile {
  const top = [...fields(gunzipSync(compressed))];
  const messages = (field: number): Map<number, bigint | Uint8Array>[] =>
    top
      .filter((entry) => entry.field === field)
      .map(
        (entry) => new Map([...fields(entry.value as Uint8Array)].map((inner) => [inner.field, inner.value])),
      );
  const number = (field: number): bigint =>
    (top.find((entry) => entry.field === field)?.value as bigint) ?? 0n;
  const strings = top
    .filter((entry) => entry.field === 6)
    .map((entry) => Buffer.from(entry.value as Uint8Array).toString());
  const text = (index: bigint | Uint8Array | undefined): string => strings[Number(index ?? 0n)] ?? '?';

  const functions = new Map(
    messages(5).map((message) => [
      Number(message.get(1)),
      { name: text(message.get(2)), file: text(message.get(4)), line: Number(message.get(5) ?? 0n) },
    ]),
  );
  const locations = new Map(
    messages(4).map((message) => {
      const line = new Map(
        [...fields(message.get(4) as Uint8Array)].map((inner) => [inner.field, inner.value]),
      );
      return [Number(message.get(1)), functions.get(Number(line.get(1)))?.name ?? '?'];
    }),
  );
  return {
    sampleTypes: messages(1).map((message) => `${text(message.get(1))}/${text(message.get(2))}`),
    samples: messages(2).map((message) => ({
      stack: packed(message.get(1) as Uint8Array).map((id) => locations.get(id) ?? '?'),
      values: packed(message.get(2) as Uint8Array),
    })),
    functions: [...functions.values()],
    timeNanos: number(9),
    durationNanos: number(10),
    period: number(12),
  };
}
