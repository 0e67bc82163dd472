import { Check, Errors } from 'typebox/value';
import { nearest } from '../settings/nearest.js';
import type { ClusterInfo } from './cluster-info.js';
import { clusterInfoSchema, knownKeys } from './schema.js';
import type { TemplateSource, ValuePath } from './source.js';
import { isQuantity, parseAge, parsePorts, parseReady } from './text-forms.js';

/**
 * Refuses a ClusterInfo document that would not make a working cluster: wrong shape, texts that mean nothing,
 * names that Kubernetes would refuse, pods on nodes that don't exist. Throws {@link TemplateError} at the place.
 */
export function checkClusterInfo(source: TemplateSource, index: number): ClusterInfo {
  const value = source.value(index);
  if (!Check(clusterInfoSchema, value)) throw shapeError(source, index, value);
  const info = value as unknown as ClusterInfo;
  const fail = (path: ValuePath, reason: string): never => {
    throw source.error(index, path, reason);
  };
  const nodes = new Set((info.nodes ?? []).map((node) => node.name));
  for (const [list, items] of Object.entries(info)) {
    if (!Array.isArray(items)) continue;
    const seen = new Set<string>();
    for (const [at, item] of (items as Record<string, unknown>[]).entries()) {
      const path = [list, at];
      const name = String(item['name']);
      const namespace =
        list === 'nodes' ? '' : String((item['namespace'] as string | undefined) ?? 'default');
      if (!isObjectName(name))
        fail([...path, 'name'], `${JSON.stringify(name)} is not a valid Kubernetes name`);
      if (namespace !== '' && !isObjectName(namespace)) {
        fail([...path, 'namespace'], `${JSON.stringify(namespace)} is not a valid namespace`);
      }
      const key = `${namespace}/${name}`;
      if (seen.has(key)) fail([...path, 'name'], `${JSON.stringify(name)} is in the list twice`);
      seen.add(key);
      checkTexts(item, path, fail);
      const node = item['node'];
      if (typeof node === 'string' && node !== '' && node !== '<none>' && !nodes.has(node)) {
        const meant = nearest(node, [...nodes]);
        fail([...path, 'node'], `there is no node ${JSON.stringify(node)}${hint(meant)}`);
      }
    }
  }
  return info;
}

function checkTexts(
  item: Record<string, unknown>,
  path: ValuePath,
  fail: (path: ValuePath, reason: string) => never,
): void {
  const { age, ready, ports } = item;
  if (typeof age === 'string' && parseAge(age) === undefined) {
    fail([...path, 'age'], `${JSON.stringify(age)} is not an age such as 42h or 3d4h`);
  }
  if (typeof ready === 'string' && parseReady(ready) === undefined) {
    fail([...path, 'ready'], `${JSON.stringify(ready)} is not of the form ready/total, such as 1/1`);
  }
  if ((typeof ports === 'string' || typeof ports === 'number') && parsePorts(String(ports)) === undefined) {
    fail([...path, 'ports'], `${JSON.stringify(ports)} is not a list such as 80:32522/TCP,443/TCP`);
  }
  for (const field of ['capacity', 'allocatable', 'requests', 'limits']) {
    for (const [resource, amount] of Object.entries((item[field] as object | undefined) ?? {})) {
      if (!isQuantity(String(amount))) {
        fail(
          [...path, field, resource],
          `${JSON.stringify(amount)} is not a quantity such as 4, 500m or 8Gi`,
        );
      }
    }
  }
}

function shapeError(source: TemplateSource, index: number, value: unknown): Error {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return source.error(index, [], 'expected a cluster description (nodes, pods, …) or Kubernetes manifests');
  }
  const [error] = Errors(clusterInfoSchema, value);
  const pointer = error?.instancePath ?? '';
  const path = pointer
    .split('/')
    .slice(1)
    .map((step) => (/^\d+$/.test(step) ? Number(step) : step.replaceAll('~1', '/').replaceAll('~0', '~')));
  // An unknown key is a value that the schema `false` refuses; its pointer ends with the key.
  if (error?.keyword === 'boolean' || error?.keyword === 'additionalProperties') {
    const unknown =
      error.keyword === 'boolean' ? String(path.pop()) : (error.params.additionalProperties[0] ?? '');
    const around = path.length === 0 ? '' : `/${path.join('/')}`;
    return source.error(index, [...path, unknown], `unknown key${hint(nearest(unknown, knownKeys(around)))}`);
  }
  if (error?.keyword === 'required') {
    const missing = error.params.requiredProperties[0] ?? '';
    if (path.length === 0 && missing === 'nodes') {
      return source.error(index, path, 'a cluster needs at least one node: Rancher waits for one');
    }
    return source.error(index, path, `${missing} is missing`);
  }
  return source.error(index, path, error?.message ?? 'is not valid');
}

/** Kubernetes' DNS-1123 subdomain; the placeholder stands for any name. */
function isObjectName(name: string): boolean {
  const filled = name.replaceAll('{{cluster-name}}', 'x');
  return filled.length <= 253 && /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(filled) && !filled.includes('..');
}

const hint = (meant: string | undefined): string => (meant === undefined ? '' : `; did you mean ${meant}?`);
