/**
 * Writes `packages/memory-apiserver/src/schema/generated/`: compact field tables of all served API types, made
 * from the published Go modules of Kubernetes. The same modules give the same bytes. See README.md.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { parseGo, type GoField, type GoPackage } from './go-types.js';
import { kubernetesVersion, sourcePackages, type SourcePackage } from './packages.js';
import { parseProto, type ProtoField, type ProtoMessages } from './proto.js';

const target = fileURLToPath(
  new URL('../../packages/memory-apiserver/src/schema/generated/', import.meta.url),
);

/** Messages with a JSON form of their own, by full name; `schema/types.ts` knows these letters. */
const specialTypes: Record<string, string> = {
  string: 's',
  bool: 'b',
  int32: 'i',
  int64: 'I',
  bytes: 'B',
  double: 'd',
  'k8s.io.apimachinery.pkg.apis.meta.v1.Time': 'T',
  'k8s.io.apimachinery.pkg.apis.meta.v1.MicroTime': 'M',
  'k8s.io.apimachinery.pkg.apis.meta.v1.Duration': 'D',
  'k8s.io.apimachinery.pkg.apis.meta.v1.FieldsV1': 'F',
  'k8s.io.apimachinery.pkg.api.resource.Quantity': 'Q',
  'k8s.io.apimachinery.pkg.util.intstr.IntOrString': 'X',
  'k8s.io.apimachinery.pkg.runtime.RawExtension': 'R',
  'k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1.JSON': 'J',
};

interface Loaded extends SourcePackage {
  readonly group: string;
  readonly messages: ProtoMessages;
  readonly go: GoPackage;
}

function moduleFolder(module: string): string {
  const answer = execFileSync('go', ['mod', 'download', '-json', `${module}@${kubernetesVersion}`], {
    cwd: target,
    encoding: 'utf8',
  });
  return (JSON.parse(answer) as { Dir: string }).Dir;
}

function load(source: SourcePackage): Loaded {
  const folder = join(moduleFolder(source.module), source.folder);
  const sources = readdirSync(folder)
    .filter(
      (name) =>
        name.endsWith('.go') &&
        !name.endsWith('_test.go') &&
        !name.startsWith('zz_') &&
        !name.startsWith('generated'),
    )
    .sort()
    .map((name) => readFileSync(join(folder, name), 'utf8'));
  const groupName = sources
    .map((text) => /GroupName\s*=\s*"([^"]*)"/.exec(text)?.[1])
    .find((name) => name !== undefined);
  return {
    ...source,
    group: groupName ?? '',
    messages: parseProto(readFileSync(join(folder, 'generated.proto'), 'utf8')),
    go: parseGo(sources),
  };
}

/** A message that stands for a named slice of strings (`type ExtraValue []string`). */
function isStringList(messages: ProtoMessages, go: GoPackage, name: string): boolean {
  const fields = messages.get(name)?.fields;
  return (
    fields?.length === 1 &&
    fields[0]?.repeated === true &&
    fields[0].type === 'string' &&
    !go.structs.has(name)
  );
}

function typeText(field: ProtoField, own: Loaded, packages: readonly Loaded[]): string {
  const special = specialTypes[field.type] ?? specialTypes[`${own.proto}.${field.type}`];
  if (special !== undefined) return special;
  if (!field.type.includes('.')) return isStringList(own.messages, own.go, field.type) ? 'L' : field.type;
  const home = packages.find((other) => field.type.startsWith(`${other.proto}.`));
  if (home === undefined) throw new Error(`unknown type ${field.type} in ${own.key}`);
  const name = field.type.slice(home.proto.length + 1);
  if (isStringList(home.messages, home.go, name)) return 'L';
  return home === own ? name : `${home.key}:${name}`;
}

/** `ref(Constant)` as the JSON of its value. */
function resolveDefault(value: string, own: Loaded): string {
  const constant = /^ref\((\w+)\)$/.exec(value)?.[1];
  return constant === undefined ? value : JSON.stringify(own.go.constants.get(constant)?.value ?? '');
}

/** Marked as enums, yet kube-apiserver publishes them as any string: kube-openapi loses pointers to aliased types. */
const unpublishedEnums = new Set(['ScopeType', 'ReinvocationPolicyType']);

/** The enum that a field's values are of, by the table that it is in: `PullPolicy`, `core/v1:Protocol`. */
function enumOf(go: GoField, own: Loaded, packages: readonly Loaded[]): string | undefined {
  const [home, name] = homeOf(go.goType.replace(/^(\[\]|map\[\w+\])/, ''), own, packages);
  if (home?.go.enums.has(name) !== true || unpublishedEnums.has(name)) return undefined;
  return home === own ? name : `${home.key}:${name}`;
}

function enumValues(name: string, own: Loaded, packages: readonly Loaded[]): string[] {
  const values = new Set<string>();
  for (const { type, value } of own.go.constants.values()) {
    if (type !== name) continue;
    if (typeof value === 'string') values.add(value);
    else {
      const [home, constant] = homeOf(value.sameAs, own, packages);
      const same = home?.go.constants.get(constant)?.value;
      if (typeof same !== 'string') throw new Error(`${own.key} ${name}: unknown constant ${value.sameAs}`);
      values.add(same);
    }
  }
  return [...values].sort();
}

/** The package and the own name of `Name` or `k8s.io/api/core/v1.Name`. */
function homeOf(
  qualified: string,
  own: Loaded,
  packages: readonly Loaded[],
): [home: Loaded | undefined, name: string] {
  const at = qualified.lastIndexOf('.');
  if (at < 0) return [own, qualified];
  const path = qualified.slice(0, at);
  const home = packages.find(({ module, folder }) => `${module}/${folder}` === path);
  return [home, qualified.slice(at + 1)];
}

function fieldLine(field: ProtoField, go: GoField, own: Loaded, packages: readonly Loaded[]): string {
  const marker = (key: string): string | undefined => field.markers.find(([name]) => name === key)?.[1];
  const all = (key: string): string[] =>
    field.markers.filter(([name]) => name === key).map(([, value]) => value);
  const shape = field.map ? '{}' : field.repeated ? '[]' : '';
  const flags = [
    go.inline ? '^' : '',
    go.pointer ? '*' : '',
    go.omitEmpty ? '' : '!',
    go.omitZero ? 'z' : '',
    marker('optional') === undefined ? '' : '?',
    marker('required') === undefined ? '' : 'r',
  ].join('');
  const words = [
    go.inline ? '-' : go.jsonName === '' ? '~' : go.jsonName,
    field.number,
    `${shape}${typeText(field, own, packages)}`,
    flags || '.',
  ];
  if (go.patchMergeKey !== '') words.push(`merge=${go.patchMergeKey}`);
  if (go.patchStrategy !== '') words.push(`strategy=${go.patchStrategy}`);
  const listType = marker('listType');
  if (listType !== undefined) words.push(`list=${listType}`);
  const keys = all('listMapKey');
  if (keys.length > 0) words.push(`keys=${keys.join(',')}`);
  const mapType = marker('mapType') ?? marker('structType');
  if (mapType !== undefined) words.push(`map=${mapType}`);
  const enumName = enumOf(go, own, packages);
  if (enumName !== undefined) words.push(`enum=${enumName}`);
  const value = marker('default');
  if (value !== undefined) words.push(`default=${resolveDefault(value, own)}`);
  return words.join(' ');
}

function render(own: Loaded, packages: readonly Loaded[]): string {
  const lines: string[] = [];
  for (const [name, { fields, atomic }] of own.messages) {
    const struct = own.go.structs.get(name);
    if (struct === undefined || specialTypes[`${own.proto}.${name}`] !== undefined) continue;
    lines.push(`#${name}${own.go.kinds.has(name) ? ' kind' : ''}${atomic ? ' atomic' : ''}`);
    for (const field of fields) {
      const go = struct.get(field.number);
      if (go === undefined) throw new Error(`${own.key} ${name} has no Go field with number ${field.number}`);
      lines.push(fieldLine(field, go, own, packages));
    }
  }
  for (const name of [...own.go.enums].sort())
    if (!unpublishedEnums.has(name)) lines.push(`%${name} ${enumValues(name, own, packages).join('|')}`);
  const text = lines.join('\n');
  if (/[`\\$]\{|`|\\/.test(text)) throw new Error(`${own.key} needs escaping`);
  return text;
}

const constantName = (key: string): string => key.replace(/\/v/, 'V');
const fileName = (key: string): string => key.replace('/', '-');

const packages = sourcePackages.map(load);
rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
const header = `// Generated by tools/schema from the Go modules of Kubernetes ${kubernetesVersion}. Do not edit.\n`;
for (const own of packages)
  writeFileSync(
    join(target, `${fileName(own.key)}.ts`),
    `${header}export const ${constantName(own.key)} = \`\n${render(own, packages)}\n\`;\n`,
  );
const imports = packages.map(
  (own) => `import { ${constantName(own.key)} } from './${fileName(own.key)}.js';`,
);
const rows = packages.map(
  (own) =>
    `  { key: '${own.key}', group: '${own.group}', version: '${own.key.split('/')[1]}', text: ${constantName(own.key)} },`,
);
writeFileSync(
  join(target, 'index.ts'),
  `${header}${imports.join('\n')}\n\n/** Field tables by Go package; \`schema/types.ts\` reads them. */\nexport const fieldTables = [\n${rows.join('\n')}\n] as const;\n`,
);
