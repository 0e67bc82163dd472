/** Reads the subset of proto2 that `go-to-protobuf` writes: messages of optional, repeated and map fields. */

export interface ProtoField {
  readonly number: number;
  /** A scalar (`string`, `int32`, …), a message of the same file, or a full name from `k8s.io` on. */
  readonly type: string;
  readonly repeated: boolean;
  /** The field is `map<string, type>`. */
  readonly map: boolean;
  /** `+key=value` and `+key` markers of the comment above. */
  readonly markers: readonly (readonly [key: string, value: string])[];
}

export interface ProtoMessage {
  readonly fields: readonly ProtoField[];
  /** Marked `+structType=atomic`. */
  readonly atomic: boolean;
}

export type ProtoMessages = ReadonlyMap<string, ProtoMessage>;

const fieldLine =
  /^\s+(optional|repeated|map<string, (?<value>[\w.]+)>) ?(?<type>[\w.]+)? ?(?<name>\w+) = (?<number>\d+);$/;

/** Messages of one `generated.proto` by name, fields in the order of the file. */
export function parseProto(text: string): ProtoMessages {
  const messages = new Map<string, ProtoMessage>();
  let current: ProtoField[] | undefined;
  let markers: [string, string][] = [];
  for (const line of text.split('\n')) {
    const message = /^message (\w+) \{$/.exec(line);
    if (message !== null) {
      current = [];
      const atomic = markers.some(([key, value]) => key === 'structType' && value === 'atomic');
      messages.set(message[1] ?? '', { fields: current, atomic });
      markers = [];
      continue;
    }
    const marker = /^\s*\/\/ ?\+([\w:]+)(?:=(.*))?$/.exec(line);
    if (marker !== null) {
      markers.push([marker[1] ?? '', (marker[2] ?? '').trim()]);
      continue;
    }
    if (line === '}') markers = [];
    const field = fieldLine.exec(line);
    if (field?.groups === undefined || current === undefined) continue;
    const { value, type, number } = field.groups;
    current.push({
      number: Number(number),
      type: (value ?? type ?? '').replace(/^\./, ''),
      repeated: field[1] === 'repeated',
      map: value !== undefined,
      markers,
    });
    markers = [];
  }
  return messages;
}
