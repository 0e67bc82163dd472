import type { ResourceInfo } from '../schema/resource.js';
import type { ObjectBody } from '../store/change.js';
import type { FieldRequirement } from './field-selector.js';
import { matchFields, parseFieldSelector, resolveFields } from './field-selector.js';
import type { LabelRequirement } from './label-selector.js';
import { matchLabels, parseLabelSelector, textsOfLabels } from './label-selector.js';
import type { ListOptions } from './api.js';

/** Which objects of a resource a list or watch is about. */
export class Selection {
  /** Undefined: all. */
  readonly namespace: string | undefined;
  /** Undefined: all. */
  readonly name: string | undefined;
  readonly #labels: readonly LabelRequirement[];
  readonly #fields: readonly FieldRequirement[];
  readonly #labelTexts: readonly (readonly string[])[];

  /** Throws BadRequest for selectors that can't be parsed or fields that can't be selected by. */
  constructor(resource: ResourceInfo, options: ListOptions) {
    this.#labels = options.labelSelector ? parseLabelSelector(options.labelSelector) : [];
    this.#labelTexts = textsOfLabels(this.#labels);
    const parsed = options.fieldSelector ? parseFieldSelector(options.fieldSelector) : [];
    const fields = resolveFields(resource, parsed);
    const name = fields.find(({ field, equal }) => equal && field === 'metadata.name')?.value;
    const namespace = fields.find(({ field, equal }) => equal && field === 'metadata.namespace')?.value;
    this.name = name;
    this.namespace = options.namespace ?? namespace;
    // What the key already decides needs no look into the object.
    this.#fields = fields.filter(
      ({ field, equal, value }) =>
        !equal ||
        (field !== 'metadata.name' && field !== 'metadata.namespace') ||
        (field === 'metadata.name' && value !== name) ||
        (field === 'metadata.namespace' && value !== this.namespace),
    );
  }

  /** True if keys alone decide, so that objects needn't be parsed. */
  get byKey(): boolean {
    return this.#labels.length === 0 && this.#fields.length === 0;
  }

  /** True if every object of the resource is meant. */
  get everything(): boolean {
    return this.byKey && this.namespace === undefined && this.name === undefined;
  }

  matchesKey(key: string): boolean {
    if (this.namespace !== undefined && !key.startsWith(`${this.namespace}/`)) return false;
    return (
      this.name === undefined ||
      (key.endsWith(this.name) && key.indexOf('/') + 1 + this.name.length === key.length)
    );
  }

  /** Of the stored text of an object whose key matches; parsed only if need be. */
  matchesText(text: string): boolean {
    if (this.byKey) return true;
    if (!this.#labelTexts.every((texts) => texts.some((part) => text.includes(part)))) return false;
    return this.matchesBody(JSON.parse(text) as ObjectBody);
  }

  /** Of an object whose key matches. */
  matchesBody(body: ObjectBody): boolean {
    return matchLabels(this.#labels, body.metadata.labels) && matchFields(this.#fields, body);
  }
}
