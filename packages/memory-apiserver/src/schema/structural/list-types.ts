import type { FieldCause } from '../../errors.js';
import type { Json } from '../../object.js';
import { duplicateValue, goJson, invalidValue } from './causes.js';
import { isFields, type Fields, type SchemaNode } from './node.js';

/**
 * Duplicates in lists that are sets or maps: k8s.io/apiextensions-apiserver `pkg/apiserver/schema/listtype`.
 *
 * @param path of the value: `spec.ports`; `''` for the object itself
 */
export function duplicateCauses(value: Json, node: SchemaNode, path = ''): FieldCause[] {
  if (Array.isArray(value)) {
    const { items } = node;
    return [
      ...(node.schema['x-kubernetes-list-type'] === 'set' ? setCauses(value, path) : []),
      ...(node.schema['x-kubernetes-list-type'] === 'map' ? mapCauses(value, node, path) : []),
      ...(items === undefined
        ? []
        : value.flatMap((item, index) => duplicateCauses(item, items, `${path}[${index}]`))),
    ];
  }
  if (!isFields(value)) return [];
  return Object.entries(value).flatMap(([name, item]) => {
    const property = node.property(name);
    if (property !== undefined)
      return duplicateCauses(item, property, path === '' ? name : `${path}.${name}`);
    return node.additional === undefined ? [] : duplicateCauses(item, node.additional, `${path}[${name}]`);
  });
}

/** Places of the second appearance of each value that there is more than one of. */
function repeated(list: readonly string[]): number[] {
  const times = new Map<string, number>();
  return [...list.entries()].flatMap(([index, text]) => {
    const count = (times.get(text) ?? 0) + 1;
    times.set(text, count);
    return count === 2 ? [index] : [];
  });
}

const setCauses = (list: readonly Json[], path: string): FieldCause[] =>
  repeated(list.map((item) => goJson(item))).map((index) => duplicateValue(`${path}[${index}]`, list[index]));

function mapCauses(list: readonly Json[], node: SchemaNode, path: string): FieldCause[] {
  const odd = list.findIndex((item) => item !== null && !isFields(item));
  if (odd >= 0)
    return [invalidValue(`${path}[${odd}]`, list[odd], 'must be an object for an array of list-type map')];
  const names = node.schema['x-kubernetes-list-map-keys'] ?? [];
  const keys = list.map((item): Fields => {
    const key: Fields = {};
    for (const name of names) {
      const value = isFields(item) ? item[name] : undefined;
      if (value !== undefined) key[name] = value;
    }
    return key;
  });
  return repeated(keys.map((key) => goJson(key))).map((index) =>
    duplicateValue(`${path}[${index}]`, keys[index]),
  );
}
