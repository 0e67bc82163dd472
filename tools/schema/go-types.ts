/** Reads what only the Go sources say: JSON names, `omitempty`, pointers, inlined structs and enums. */

export interface GoField {
  /** Empty for inlined structs and for the branches of a Go type that marshals itself. */
  readonly jsonName: string;
  readonly inline: boolean;
  readonly pointer: boolean;
  readonly omitEmpty: boolean;
  readonly omitZero: boolean;
  /** The type without `*`; types of other packages by full import path: `[]k8s.io/api/core/v1.Protocol`. */
  readonly goType: string;
  readonly patchStrategy: string;
  readonly patchMergeKey: string;
}

export interface GoPackage {
  /** Struct name → protobuf number → field. */
  readonly structs: ReadonlyMap<string, ReadonlyMap<number, GoField>>;
  /** Structs with an inlined `metav1.TypeMeta`: they are kinds. */
  readonly kinds: ReadonlySet<string>;
  /** String types marked `+enum`. */
  readonly enums: ReadonlySet<string>;
  /** Typed string constants by name. */
  readonly constants: ReadonlyMap<string, GoConstant>;
}

export interface GoConstant {
  readonly type: string;
  /** Its text, or another package's constant that it equals: `k8s.io/api/core/v1.IPv4Protocol`. */
  readonly value: string | { readonly sameAs: string };
}

/** Gathers structs and enums from the files of one package; gofmt's layout is relied on. */
export function parseGo(sources: readonly string[]): GoPackage {
  const structs = new Map<string, Map<number, GoField>>();
  const kinds = new Set<string>();
  const enums = new Set<string>();
  const constants = new Map<string, GoConstant>();
  for (const source of sources) {
    const imports = importsOf(source);
    let current: Map<number, GoField> | undefined;
    let name = '';
    let enumMarked = false;
    for (const line of source.split('\n')) {
      const struct = /^type (\w+) struct ?\{(\})?/.exec(line);
      if (struct !== null) {
        const fields = new Map<number, GoField>();
        name = struct[1] ?? '';
        structs.set(name, fields);
        current = struct[2] === undefined ? fields : undefined;
      } else if (line.startsWith('}')) current = undefined;
      else if (current !== undefined && /^\t(metav1\.|v1\.)?TypeMeta\s+`json:",inline"/.test(line))
        kinds.add(name);
      else if (current !== undefined) addField(current, line, imports);
      else addConstant(constants, line, imports);

      if (/^\/\/ ?\+enum\b/.test(line)) enumMarked = true;
      else if (!line.startsWith('//')) {
        const named = /^type (\w+) string$/.exec(line);
        if (named !== null && enumMarked) enums.add(named[1] ?? '');
        enumMarked = false;
      }
    }
  }
  return { structs, kinds, enums, constants };
}

/** The file's imports by the name they go by in it. */
function importsOf(source: string): ReadonlyMap<string, string> {
  const lines = source.matchAll(/^(?:import |\t)(?:(\w+) )?"([\w./-]+)"$/gm);
  return new Map(
    Array.from(lines, ([, name, path = '']) => [name ?? path.slice(path.lastIndexOf('/') + 1), path]),
  );
}

/** `v1.Protocol` as `k8s.io/api/core/v1.Protocol`; names of the own package are left alone. */
const qualified = (name: string, imports: ReadonlyMap<string, string>): string =>
  name.replace(/\b(\w+)\./, (written, alias: string) => `${imports.get(alias) ?? written.slice(0, -1)}.`);

/** `A Type = "a"`, `A = Type("a")`, `A = Type(other.A)`. */
function addConstant(
  constants: Map<string, GoConstant>,
  line: string,
  imports: ReadonlyMap<string, string>,
): void {
  const match = /^(?:const |\t)(\w+)\s+(?:(\w+)\s*=\s*"([^"]*)"|=\s*(\w+)\((?:"([^"]*)"|([\w.]+))\))/.exec(
    line,
  );
  if (match === null) return;
  const [, name = '', type, text, converted = '', convertedText, other] = match;
  constants.set(name, {
    type: type ?? converted,
    value: other === undefined ? (text ?? convertedText ?? '') : { sameAs: qualified(other, imports) },
  });
}

function addField(fields: Map<number, GoField>, line: string, imports: ReadonlyMap<string, string>): void {
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
    goType: qualified(goType.replace(/^\*/, ''), imports),
    patchStrategy: tag('patchStrategy'),
    patchMergeKey: tag('patchMergeKey'),
  });
}
