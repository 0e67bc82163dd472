import type { ResourceInfo, SubresourceInfo } from '../schema/resource.js';
import type { GroupVersionKind } from '../schema/types.js';
import { schemaReference, type Schema } from './openapi-schemas.js';

/** Query parameters that kubectl looks for; their presence tells that the server knows them. */
const query = (name: string, type: 'string' | 'boolean' = 'string'): object => ({
  name,
  in: 'query',
  schema: { type, uniqueItems: true },
});
const writeParameters = [query('dryRun'), query('fieldManager'), query('fieldValidation')];
const patchParameters = [...writeParameters, query('force', 'boolean')];
const pathParameter = (name: string): object => ({
  name,
  in: 'path',
  required: true,
  schema: { type: 'string', uniqueItems: true },
});

/** OpenAPI operations by verb: HTTP method, kind of action, and whether it is on the collection. */
const operations: Record<string, readonly [method: string, action: string, onCollection: boolean]> = {
  list: ['get', 'list', true],
  create: ['post', 'post', true],
  deletecollection: ['delete', 'deletecollection', true],
  get: ['get', 'get', false],
  update: ['put', 'put', false],
  patch: ['patch', 'patch', false],
  delete: ['delete', 'delete', false],
};

const patchTypes = (custom: boolean): string[] => [
  'application/apply-patch+yaml',
  'application/json-patch+json',
  'application/merge-patch+json',
  ...(custom ? [] : ['application/strategic-merge-patch+json']),
];

/** Path items of a resource and its subresources; `schemaOf` names the component of a kind. */
export function resourcePaths(
  row: ResourceInfo,
  schemaOf: (gvk: GroupVersionKind) => string | undefined,
): Record<string, Schema> {
  const root = row.group === '' ? `/api/${row.version}` : `/apis/${row.group}/${row.version}`;
  const own = { group: row.group, version: row.version, kind: row.kind };
  const custom = row.custom !== undefined;
  const collection = `${root}${row.namespaced ? '/namespaces/{namespace}' : ''}/${row.plural}`;
  const item = `${collection}/{name}`;
  const parameters = row.namespaced ? [pathParameter('namespace')] : [];
  const paths: Record<string, Schema> = {};
  const put = (path: string, own_: Schema, extra: object[]): void => {
    if (Object.keys(own_).length > 0)
      paths[path] = { ...own_, ...(extra.length === 0 ? {} : { parameters: extra }) };
  };
  if (row.namespaced && row.verbs.includes('list'))
    put(`${root}/${row.plural}`, { get: operation('get', 'list', own, schemaOf, custom) }, []);
  put(collection, pathItem(row.verbs, own, schemaOf, custom, true), parameters);
  put(item, pathItem(row.verbs, own, schemaOf, custom, false), [pathParameter('name'), ...parameters]);
  for (const sub of row.subresources)
    put(`${item}/${sub.name}`, subresourceItem(sub, own, schemaOf, custom), [
      pathParameter('name'),
      ...parameters,
    ]);
  return paths;
}

type SchemaOf = (gvk: GroupVersionKind) => string | undefined;

function pathItem(
  verbs: readonly string[],
  gvk: GroupVersionKind,
  schemaOf: SchemaOf,
  custom: boolean,
  onCollection: boolean,
): Schema {
  const item: Schema = {};
  for (const verb of verbs) {
    const entry = operations[verb];
    if (entry?.[2] === onCollection) item[entry[0]] = operation(entry[0], entry[1], gvk, schemaOf, custom);
  }
  return item;
}

function subresourceItem(
  sub: SubresourceInfo,
  parent: GroupVersionKind,
  schemaOf: SchemaOf,
  custom: boolean,
): Schema {
  const gvk = { group: sub.group ?? parent.group, version: sub.version ?? parent.version, kind: sub.kind };
  const item: Schema = {};
  for (const verb of sub.verbs) {
    const entry = operations[verb];
    if (entry !== undefined) item[entry[0]] = operation(entry[0], entry[1], gvk, schemaOf, custom);
  }
  return item;
}

function operation(
  method: string,
  action: string,
  gvk: GroupVersionKind,
  schemaOf: SchemaOf,
  custom: boolean,
): Schema {
  // Connections, such as PodExecOptions of pods/exec, carry no objects.
  if (gvk.kind.endsWith('Options')) return { responses: ok({}), ...extensions('connect', gvk) };
  const name = schemaOf(action === 'list' ? { ...gvk, kind: `${gvk.kind}List` } : gvk);
  const content = { 'application/json': name === undefined ? {} : { schema: schemaReference(name) } };
  const patchContent = Object.fromEntries(
    patchTypes(custom).map((type) => [
      type,
      { schema: schemaReference('io.k8s.apimachinery.pkg.apis.meta.v1.Patch') },
    ]),
  );
  const writes = method === 'post' || method === 'put';
  return {
    ...(method === 'patch' ? { parameters: patchParameters } : writes ? { parameters: writeParameters } : {}),
    ...(method === 'patch' ? { requestBody: { content: patchContent, required: true } } : {}),
    ...(writes ? { requestBody: { content, required: true } } : {}),
    responses: ok(content),
    ...extensions(action, gvk),
  };
}

const ok = (content: object): object => ({ '200': { description: 'OK', content } });

const extensions = (action: string, { group, version, kind }: GroupVersionKind): object => ({
  'x-kubernetes-action': action,
  'x-kubernetes-group-version-kind': { group, kind, version },
});
