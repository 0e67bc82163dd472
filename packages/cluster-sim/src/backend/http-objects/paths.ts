import type { ListOptions, ResourceInfo } from '@scale-cluster/memory-apiserver';

/** The path of a resource's collection, of an object, or of its subresource. */
export function resourcePath(
  { group, version, plural, namespaced }: Pick<ResourceInfo, 'group' | 'version' | 'plural' | 'namespaced'>,
  namespace?: string,
  name?: string,
  subresource?: string,
): string {
  const steps = group === '' ? ['api', version] : ['apis', group, version];
  if (namespaced && namespace !== undefined && namespace !== '') steps.push('namespaces', namespace);
  steps.push(plural);
  if (name !== undefined) steps.push(name);
  if (subresource !== undefined && subresource !== '') steps.push(subresource);
  return `/${steps.map(encodeURIComponent).join('/')}`;
}

/** `?a=b&c=d` of what is given; `''` when nothing is. */
export function queryText(values: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(values)) if (value !== undefined) query.set(key, String(value));
  return query.size === 0 ? '' : `?${query.toString()}`;
}

/** The selectors of a list or a watch as query values. */
export function selectorsOf({
  labelSelector,
  fieldSelector,
}: ListOptions): Record<string, string | undefined> {
  return { labelSelector, fieldSelector };
}
