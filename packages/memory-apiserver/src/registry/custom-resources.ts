import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../object.js';
import { compareVersions } from '../schema/catalog.js';
import type { CustomResource, ResourceInfo, SubresourceInfo } from '../schema/resource.js';
import type { DefinitionNames, DefinitionSpec, DefinitionVersion } from '../schema/structural/definition.js';

/** In the order in which they are listed for custom resources. */
const ALL_VERBS = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];
const SUBRESOURCE_VERBS = ['get', 'patch', 'update'];

/** Rows by a hash of what they are made of: thousands of clusters have the same CRDs. The last used are at the end. */
const known = new Map<string, readonly ResourceInfo[]>();
const MAX_KNOWN = 2_000;

export const definitionSpec = (definition: KubeObject): DefinitionSpec => definition.spec as DefinitionSpec;

/** Rows for the catalog, one per served version, the preferred one first. The same ones for equal definitions. */
export function servedResources(definition: KubeObject): readonly ResourceInfo[] {
  const spec = definitionSpec(definition);
  const names = acceptedNames(definition);
  const hasChanged = (definition.metadata.generation ?? 1) > 1;
  const terminating = definition.metadata.deletionTimestamp !== undefined;
  const parts = JSON.stringify([spec, names, hasChanged, terminating]);
  const key = createHash('sha256').update(parts).digest('base64');
  let rows = known.get(key);
  if (rows === undefined) {
    // A copy: the caller may go on to change what it gave.
    const [ownSpec, ownNames] = JSON.parse(parts) as [DefinitionSpec, DefinitionNames];
    rows = makeRows(ownSpec, ownNames, { hasChanged, terminating });
  }
  known.delete(key);
  known.set(key, rows);
  const [oldest] = known.keys();
  if (known.size > MAX_KNOWN && oldest !== undefined) known.delete(oldest);
  return rows;
}

/** Names that the definition asks for may be in use: it is served by those it has got. */
function acceptedNames(definition: KubeObject): DefinitionNames {
  const { acceptedNames: accepted } = (definition.status ?? {}) as {
    acceptedNames?: Partial<DefinitionNames>;
  };
  return accepted?.kind && accepted.plural ? (accepted as DefinitionNames) : definitionSpec(definition).names;
}

interface State {
  readonly hasChanged: boolean;
  readonly terminating: boolean;
}

function makeRows(spec: DefinitionSpec, names: DefinitionNames, state: State): ResourceInfo[] {
  const storage = spec.versions.find((version) => version.storage);
  const served = spec.versions.filter((version) => version.served);
  const mayDiffer =
    state.hasChanged || served.some(({ schema }) => !isDeepStrictEqual(schema, storage?.schema));
  return served
    .sort((a, b) => compareVersions(a.name, b.name))
    .map((version) => ({
      group: spec.group,
      version: version.name,
      kind: names.kind,
      plural: names.plural,
      singular: names.singular ?? names.kind.toLowerCase(),
      listKind: names.listKind ?? `${names.kind}List`,
      namespaced: spec.scope === 'Namespaced',
      shortNames: names.shortNames ?? [],
      categories: names.categories ?? [],
      verbs: ALL_VERBS,
      subresources: subresourcesOf(names.kind, version),
      storage: `${names.plural}.${spec.group}`,
      custom: customOf(version, storage ?? version, {
        mayDiffer,
        terminating: state.terminating,
        deprecation: deprecationOf(version, served, spec.group, names.kind),
      }),
    }));
}

function subresourcesOf(kind: string, { subresources }: DefinitionVersion): SubresourceInfo[] {
  const found: SubresourceInfo[] = [];
  if (subresources?.status !== undefined) found.push({ name: 'status', kind, verbs: SUBRESOURCE_VERBS });
  if (subresources?.scale !== undefined) {
    found.push({
      name: 'scale',
      kind: 'Scale',
      group: 'autoscaling',
      version: 'v1',
      verbs: SUBRESOURCE_VERBS,
    });
  }
  return found;
}

/** The warning for a deprecated version: its own, or one that names the newest version to use. */
function deprecationOf(
  { name, deprecated, deprecationWarning }: DefinitionVersion,
  served: readonly DefinitionVersion[],
  group: string,
  kind: string,
): string | undefined {
  if (deprecated !== true) return undefined;
  if (deprecationWarning !== undefined) return deprecationWarning;
  const better = served.find((other) => other.deprecated !== true && compareVersions(other.name, name) < 0);
  const advice = better === undefined ? '' : `; use ${group}/${better.name} ${kind}`;
  return `${group}/${name} ${kind} is deprecated${advice}`;
}

function customOf(
  version: DefinitionVersion,
  storage: DefinitionVersion,
  {
    mayDiffer,
    terminating,
    deprecation,
  }: { mayDiffer: boolean; terminating: boolean; deprecation: string | undefined },
): CustomResource {
  const schema = version.schema?.openAPIV3Schema;
  const scale = version.subresources?.scale;
  return {
    ...(schema === undefined ? {} : { schema }),
    ...(scale === undefined ? {} : { scale }),
    printerColumns: version.additionalPrinterColumns ?? [],
    selectableFields: (version.selectableFields ?? []).map(({ jsonPath }) => jsonPath),
    storageSchema: storage.schema?.openAPIV3Schema,
    ...(mayDiffer ? { mayDiffer } : {}),
    ...(terminating ? { terminating } : {}),
    ...(deprecation === undefined ? {} : { deprecation }),
  };
}
