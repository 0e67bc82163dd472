import {
  builtinCatalog,
  type KubeObject,
  type ResourceCatalog,
  type ResourceInfo,
} from '@scale-cluster/memory-apiserver';
import type { ApiConnection } from './api-connection.js';

/** `apidiscovery.k8s.io/v2` APIGroupDiscoveryList, as far as it is looked at. */
interface GroupList {
  items?: {
    metadata?: { name?: string };
    versions?: { version: string; resources?: DiscoveredResource[] }[];
  }[];
}

interface DiscoveredResource {
  resource: string;
  responseKind: DiscoveredKind;
  scope: string;
  singularResource?: string;
  verbs?: string[];
  shortNames?: string[];
  categories?: string[];
  subresources?: { subresource: string; responseKind?: DiscoveredKind; verbs?: string[] }[];
}

interface DiscoveredKind {
  group?: string;
  version?: string;
  kind: string;
}

const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';
const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

export interface Discovered {
  rows: ResourceInfo[];
  /** All CustomResourceDefinitions. */
  definitions: KubeObject[];
}

/**
 * What a kube-apiserver serves, in its own order: the aggregated discovery (Kubernetes 1.30 and newer), and from the
 * CustomResourceDefinitions what discovery doesn't tell.
 */
export async function discover(connection: ApiConnection): Promise<Discovered> {
  const [core, groups, crds] = await Promise.all([
    connection.json<GroupList>({ path: '/api', accept }),
    connection.json<GroupList>({ path: '/apis', accept }),
    connection.json<{ items: KubeObject[] }>({ path: definitions }),
  ]);
  const custom = new Map(crds.items.map((crd) => [crd.metadata.name, crd]));
  const rows = [...(core.items ?? []), ...(groups.items ?? [])].flatMap(({ metadata, versions = [] }) =>
    versions.flatMap(({ version, resources = [] }) =>
      resources.map((row) => infoOf(metadata?.name ?? '', version, row, custom)),
    ),
  );
  return { rows, definitions: crds.items };
}

/** Whether all definitions are served: a server serves a new one a moment after it was written. */
export function servesAll({ rows, definitions }: Discovered): boolean {
  const served = new Set(rows.map(({ storage, version }) => `${storage}/${version}`));
  return definitions
    .filter(isEstablished)
    .every((crd) => servedVersions(crd).every((version) => served.has(`${crd.metadata.name}/${version}`)));
}

/** Whether a custom resource of an earlier look is served still though its definition is gone: for a moment it is. */
export function servesGone({ rows, definitions }: Discovered, former: readonly ResourceInfo[]): boolean {
  const served = new Set(rows.map(({ storage }) => storage));
  const defined = new Set(definitions.map(({ metadata }) => metadata.name));
  return former.some(
    ({ custom, storage }) => custom !== undefined && served.has(storage) && !defined.has(storage),
  );
}

const isEstablished = ({ status }: KubeObject): boolean =>
  (status as { conditions?: { type: string; status: string }[] } | undefined)?.conditions?.some(
    ({ type, status: state }) => type === 'Established' && state === 'True',
  ) === true;

const versionsOf = ({ spec }: KubeObject): CrdVersion[] =>
  (spec as { versions?: CrdVersion[] } | undefined)?.versions ?? [];

const servedVersions = (crd: KubeObject): string[] =>
  versionsOf(crd)
    .filter(({ served }) => served)
    .map(({ name }) => name);

function infoOf(
  group: string,
  version: string,
  row: DiscoveredResource,
  crds: ReadonlyMap<string, KubeObject>,
): ResourceInfo {
  const { resource: plural, responseKind, verbs = [] } = row;
  const { kind } = responseKind;
  const known = builtinCatalog().find(group, version, plural);
  const storage = known?.storage ?? (group === '' ? plural : `${plural}.${group}`);
  const crd = crds.get(storage);
  return {
    group,
    version,
    kind,
    plural,
    singular: row.singularResource ?? kind.toLowerCase(),
    listKind: verbs.includes('list') ? `${kind}List` : '',
    namespaced: row.scope === 'Namespaced',
    shortNames: row.shortNames ?? [],
    categories: row.categories ?? [],
    verbs,
    subresources: (row.subresources ?? []).map((sub) => ({
      name: sub.subresource,
      kind: sub.responseKind?.kind ?? kind,
      ...(sub.responseKind?.group === undefined ? {} : { group: sub.responseKind.group }),
      ...(sub.responseKind?.version === undefined ? {} : { version: sub.responseKind.version }),
      verbs: sub.verbs ?? [],
    })),
    storage,
    ...(crd === undefined ? {} : { custom: customOf(crd, version) }),
  };
}

interface CrdVersion {
  name: string;
  served: boolean;
  schema?: { openAPIV3Schema?: unknown };
  additionalPrinterColumns?: NonNullable<ResourceInfo['custom']>['printerColumns'];
  selectableFields?: { jsonPath: string }[];
}

function customOf(crd: KubeObject, version: string): NonNullable<ResourceInfo['custom']> {
  const found = versionsOf(crd).find(({ name }) => name === version);
  return {
    ...(found?.schema?.openAPIV3Schema === undefined ? {} : { schema: found.schema.openAPIV3Schema }),
    printerColumns: found?.additionalPrinterColumns ?? [],
    selectableFields: (found?.selectableFields ?? []).map(({ jsonPath }) => jsonPath),
  };
}

/** A catalog that gets all of its rows anew at each look at the server. */
export class DiscoveredCatalog implements ResourceCatalog {
  #rows: readonly ResourceInfo[] = [];
  /** The rows as text, each by itself. */
  #texts: readonly string[] = [];
  #revision = 0;

  /** Takes over what {@link discover} found; nothing happens when it is what is known. */
  set(rows: readonly ResourceInfo[]): void {
    const texts = rows.map((row) => JSON.stringify(row));
    if (texts.length === this.#texts.length && texts.every((text, index) => text === this.#texts[index]))
      return;
    // Rows that are the same stay the same objects: by that others see what has changed.
    const former = new Map(this.#texts.map((text, index) => [text, this.#rows[index]]));
    this.#rows = rows.map((row, index) => former.get(texts[index] ?? '') ?? row);
    this.#texts = texts;
    this.#revision += 1;
  }

  get revision(): number {
    return this.#revision;
  }

  find(group: string, version: string, plural: string): ResourceInfo | undefined {
    return this.#rows.find((row) => row.plural === plural && row.version === version && row.group === group);
  }

  findKind(group: string, version: string, kind: string): ResourceInfo | undefined {
    return this.#rows.find((row) => row.kind === kind && row.version === version && row.group === group);
  }

  findStorage(storage: string): ResourceInfo | undefined {
    return this.#rows.find((row) => row.storage === storage);
  }

  all(): readonly ResourceInfo[] {
    return this.#rows;
  }

  versions(group: string): readonly string[] {
    return [...new Set(this.#rows.filter((row) => row.group === group).map((row) => row.version))];
  }

  groups(): readonly string[] {
    return [...new Set(this.#rows.map((row) => row.group))];
  }
}
