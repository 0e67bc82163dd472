import { isDeepStrictEqual } from 'node:util';
import type { Json } from '../../object.js';
import { isFields, type SchemaNode } from './node.js';

/**
 * What a value of an update was before, at the same place: fields by name, items of list-maps by their keys, items of
 * other lists not at all. k8s.io/apiserver `pkg/cel/common` `CorrelatedObject`.
 */
export class Correlation {
  #equal: boolean | undefined;

  constructor(
    readonly value: Json,
    readonly old: Json,
    readonly node: SchemaNode,
  ) {}

  /** True if nothing has changed from here on. */
  get isUnchanged(): boolean {
    return (this.#equal ??= isDeepStrictEqual(this.value, this.old));
  }

  field(name: string): Correlation | undefined {
    const { value, old } = this;
    if (!isFields(value) || !isFields(old)) return undefined;
    const [now, before] = [value[name], old[name]];
    const node = this.node.child(name);
    return now === undefined || before === undefined || node === undefined
      ? undefined
      : new Correlation(now, before, node);
  }

  item(index: number): Correlation | undefined {
    const { value, old, node } = this;
    if (!Array.isArray(value) || !Array.isArray(old) || node.items === undefined) return undefined;
    const before = formerItem(node, old, value[index]);
    return before === undefined ? undefined : new Correlation(value[index] as Json, before, node.items);
  }
}

/** The item of a list-map that has the same keys; undefined in other lists. */
export function formerItem(node: SchemaNode, old: readonly Json[], item: Json | undefined): Json | undefined {
  const keys = node.schema['x-kubernetes-list-map-keys'] ?? [];
  if (node.schema['x-kubernetes-list-type'] !== 'map' || !isFields(item)) return undefined;
  return old.find(
    (candidate) => isFields(candidate) && keys.every((key) => isDeepStrictEqual(candidate[key], item[key])),
  );
}
