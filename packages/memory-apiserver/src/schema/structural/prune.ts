import type { Json, KubeObject } from '../../object.js';
import { pruneUnknownMetadata } from '../normalize.js';
import { isFields, type Fields, type SchemaNode } from './node.js';

/** What every object has, so that no schema needs to tell of it. */
const META_FIELDS = new Set(['apiVersion', 'kind', 'metadata']);

/**
 * Drops fields that the schema doesn't know, in place: k8s.io/apiextensions-apiserver `pkg/apiserver/schema/pruning`.
 *
 * @returns sorted paths of what was dropped, as `fieldValidation` tells them: `spec.a[0].b`
 */
export function pruneObject(object: Fields, schema: SchemaNode): string[] {
  const pruning = new Pruning();
  pruning.fields(object, schema, true);
  return pruning.dropped.sort();
}

class Pruning {
  readonly dropped: string[] = [];
  readonly #path: string[] = [];

  value(value: Json, schema: SchemaNode | undefined): void {
    if (Array.isArray(value)) {
      for (const [index, item] of value.entries())
        this.#at(`[${index}]`, () => this.value(item, schema?.items));
    } else if (isFields(value)) {
      if (schema?.isEmbedded === true) this.#metadata(value);
      this.fields(value, schema, schema?.isEmbedded === true);
    }
  }

  fields(fields: Fields, schema: SchemaNode | undefined, isResource: boolean): void {
    const keeps = schema?.preservesUnknown === true;
    for (const name of Object.keys(fields)) {
      if (isResource && META_FIELDS.has(name)) continue;
      const value = fields[name] as Json;
      const property = schema?.property(name);
      const below = property ?? schema?.additional;
      if (below !== undefined || schema?.hasAdditional === true)
        this.#at(name, () => this.value(value, below));
      else if (!keeps) {
        this.dropped.push(this.#pathTo(name));
        delete fields[name];
      }
    }
  }

  /** Of an object in the object; metadata of a wrong form is refused later. */
  #metadata(object: Fields): void {
    if (!isFields(object['metadata'])) return;
    try {
      for (const field of pruneUnknownMetadata(object as unknown as KubeObject))
        this.dropped.push(this.#pathTo(field));
    } catch {
      return;
    }
  }

  #at(step: string, visit: () => void): void {
    this.#path.push(step);
    visit();
    this.#path.pop();
  }

  #pathTo(name: string): string {
    return [...this.#path, name].join('.').replaceAll('.[', '[');
  }
}
