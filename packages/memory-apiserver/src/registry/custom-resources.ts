import type { KubeObject } from '../object.js';
import { compareVersions } from '../schema/catalog.js';
import type { CustomResource, PrinterColumn, ResourceInfo, SubresourceInfo } from '../schema/resource.js';

/** The parts of a CustomResourceDefinition (apiextensions.k8s.io/v1) that decide how its objects are served. */
export interface DefinitionSpec {
  group: string;
  scope: 'Namespaced' | 'Cluster';
  names: {
    kind: string;
    plural: string;
    singular?: string;
    listKind?: string;
    shortNames?: string[];
    categories?: string[];
  };
  versions: DefinitionVersion[];
  conversion?: { strategy: string };
  preserveUnknownFields?: boolean;
}

interface DefinitionVersion {
  name: string;
  served: boolean;
  storage: boolean;
  schema?: { openAPIV3Schema?: unknown };
  subresources?: {
    status?: object;
    scale?: { specReplicasPath: string; statusReplicasPath: string; labelSelectorPath?: string };
  };
  additionalPrinterColumns?: PrinterColumn[];
  selectableFields?: { jsonPath: string }[];
}

const ALL_VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const SUBRESOURCE_VERBS = ['get', 'patch', 'update'];

export const definitionSpec = (definition: KubeObject): DefinitionSpec => definition.spec as DefinitionSpec;

/** Rows for the catalog, one per served version, the preferred one first. */
export function servedResources(definition: KubeObject): ResourceInfo[] {
  const spec = definitionSpec(definition);
  const { names } = spec;
  return spec.versions
    .filter(({ served }) => served)
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
      custom: customOf(version),
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

function customOf(version: DefinitionVersion): CustomResource {
  const schema = version.schema?.openAPIV3Schema;
  const scale = version.subresources?.scale;
  return {
    ...(schema === undefined ? {} : { schema }),
    ...(scale === undefined ? {} : { scale }),
    printerColumns: version.additionalPrinterColumns ?? [],
    selectableFields: (version.selectableFields ?? []).map(({ jsonPath }) => jsonPath),
  };
}
