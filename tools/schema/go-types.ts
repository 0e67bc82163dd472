/** Reads what only the Go sources say: JSON names, `omitempty`, pointers, inlined structs and enums. */

export interface GoField {
  /** Empty for inlined structs and for the branches of a Go type that marshals itself. */
  readonly jsonName: string;
  readonly inline: boolean;
  readonly pointer: boolean;
  readonly omitEmpty: boolean;
  readonly omitZero: boolean;
  /** The type as written, without `*`. */
  readonly goType: string;
  readonly patchStrategy: string;
  readonly patchMergeKey: string;
}

export interface GoPackage {
  /** Struct name → protobuf number → field. */
  readonly structs: ReadonlyMap<string, ReadonlyMap<number, GoField>>;
  /** Structs with an inlined `metav1.TypeMeta`: they are kinds. */
  readonly kinds: ReadonlySet<string>;
  /** Type name → values, for string types marked `+enum`. */
  readonly enums: ReadonlyMap<string, readonly string[]>;
  /** Typed string constants by name. */
  readonly constants: ReadonlyMap<string, string>;
}

/** Gathers structs and enums from the files of one package; gofmt's layout is relied on. */
export function parseGo(sources: readonly string[]): GoPackage {
  const structs = new Map<string, Map<number, GoField>>();
  const kinds = new Set<string>();
  const enums = new Map<string, string[]>();
  const lines = sources.flatMap((source) => source.split('\n'));
  let current: Map<number, GoField> | undefined;
  let name = '';
  let enumMarked = false;
  for (const line of lines) {
    const struct = /^type (\w+) struct ?\{(\})?/.exec(line);
    if (struct !== null) {
      const fields = new Map<number, GoField>();
      name = struct[1] ?? '';
      structs.set(name, fields);
      current = struct[2] === undefined ? fields : undefined;
    } else if (line.startsWith('}')) current = undefined;
    else if (current !== undefined && /^\t(metav1\.|v1\.)?TypeMeta\s+`json:",inline"/.test(line))
      kinds.add(name);
    else if (current !== undefined) addField(current, line);

    if (/^\/\/ ?\+enum\b/.test(line)) enumMarked = true;
    else if (!line.startsWith('//')) {
      const named = /^type (\w+) string$/.exec(line);
      if (named !== null && enumMarked) enums.set(named[1] ?? '', []);
      enumMarked = false;
    }
  }
  const constants = new Map<string, string>();
  for (const line of lines) {
    const [, constant, type = '', value = ''] =
      /^(?:const|\t)\s*(\w+)\s+(\w+)\s*=\s*"([^"]*)"/.exec(line) ?? [];
    if (constant === undefined) continue;
    constants.set(constant, value);
    enums.get(type)?.push(value);
  }
  return { structs, kinds, enums, constants };
}

function addField(fields: Map<number, GoField>, line: string): void {
  const match = /^\t(?:(\w+)\s+)?(\*?[\w.[\]*]+)\s+`(.*)`/.exec(line);
  if (match === null) return;
  const tag = (name: string): string =>
    new RegExp(`(?:^| )${name}:"([^"]*)"`).exec(match[3] ?? '')?.[1] ?? '';
  const number = /^\w+,(\d+),/.exec(tag('protobuf'))?.[1];
  if (number === undefined) return;
  const [jsonName = '', ...options] = tag('json').split(',');
  const goType = match[2] ?? '';
  fields.set(Number(number), {
    jsonName,
    inline: options.includes('inline'),
    pointer: goType.startsWith('*'),
    omitEmpty: options.includes('omitempty'),
    omitZero: options.includes('omitzero'),
    goType: goType.replace(/^\*/, ''),
    patchStrategy: tag('patchStrategy'),
    patchMergeKey: tag('patchMergeKey'),
  });
}
