import type { FieldCause } from '../../errors.js';
import type { Json, KubeObject } from '../../object.js';
import { Correlation } from './correlation.js';
import { fillDefaults } from './defaults.js';
import { embeddedCauses } from './embedded.js';
import { duplicateCauses } from './list-types.js';
import { isFields, SchemaNode, type JsonSchema } from './node.js';
import { pruneObject } from './prune.js';
import { ruleCauses } from './rules.js';
import { validateValue } from './validate.js';

/**
 * The schema of a CRD's version, ready to be used on objects. Steps and their order are those of
 * k8s.io/apiextensions-apiserver `pkg/apiserver/customresource_handler.go` and `pkg/registry/customresource`.
 */
export class StructuralSchema {
  readonly root: SchemaNode;

  constructor(schema: JsonSchema) {
    this.root = new SchemaNode(schema);
  }

  /** Drops unknown fields, in place; answers their sorted paths. */
  prune(object: KubeObject): string[] {
    return pruneObject(object, this.root);
  }

  /** Fills in defaults, in place, and drops nulls that may not be. */
  complete(object: KubeObject, keepsNulls = false): void {
    fillDefaults(object, this.root, keepsNulls);
  }

  /** Why a new object is refused. */
  validate(object: KubeObject): FieldCause[] {
    const value = object as unknown as Json;
    const causes = [
      ...validateValue(value, this.root),
      ...embeddedCauses(value, this.root),
      ...duplicateCauses(value, this.root),
    ];
    return [...causes, ...this.#rules(causes, value, undefined)];
  }

  /** Why a new state is refused; faults in what has not changed are let pass. */
  validateUpdate(object: KubeObject, old: KubeObject, warn?: (text: string) => void): FieldCause[] {
    const [value, before] = [object, old];
    const causes = [
      ...validateValue(value, this.root, '', new Correlation(value, before, this.root)),
      ...embeddedCauses(value, this.root),
      ...this.#newDuplicates(value, before),
    ];
    return [...causes, ...this.#rules(causes, value, before, warn)];
  }

  /** Why a new status is refused: only that is looked at, but for the rules. */
  validateStatus(object: KubeObject, old: KubeObject, warn?: (text: string) => void): FieldCause[] {
    const [value, before] = [object, old];
    const node = this.root.property('status');
    const status = object.status as Json | undefined;
    const former = old.status as Json | undefined;
    const correlation = former === undefined || node === undefined ? undefined : { former, node };
    const causes = [
      ...(status === undefined || node === undefined
        ? []
        : validateValue(
            status,
            node,
            'status',
            correlation && new Correlation(status, correlation.former, correlation.node),
          )),
      ...this.#newDuplicates(value, before),
    ];
    return [...causes, ...this.#rules(causes, value, before, warn)];
  }

  #newDuplicates(value: Json, before: Json): FieldCause[] {
    const causes = duplicateCauses(value, this.root);
    return causes.length > 0 && duplicateCauses(before, this.root).length > 0 ? [] : causes;
  }

  /** Rules are of use only for objects that are of the right form. */
  #rules(
    causes: readonly FieldCause[],
    value: Json,
    before: Json | undefined,
    warn?: (text: string) => void,
  ): FieldCause[] {
    if (!this.#hasRules()) return [];
    return causes.some(({ reason }) => BLOCKING.has(reason))
      ? [NOT_CHECKED]
      : ruleCauses(value, this.root, before, warn);
  }

  #rulesBelow: boolean | undefined;
  #hasRules(): boolean {
    return (this.#rulesBelow ??= hasRulesBelow(this.root.schema as Json));
  }
}

const hasRulesBelow = (schema: Json): boolean =>
  Array.isArray(schema)
    ? schema.some(hasRulesBelow)
    : isFields(schema) &&
      (Array.isArray(schema['x-kubernetes-validations']) || Object.values(schema).some(hasRulesBelow));

const BLOCKING = new Set([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
]);

const NOT_CHECKED: FieldCause = {
  field: '<nil>',
  reason: 'FieldValueInvalid',
  message:
    'Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
};

const schemas = new WeakMap<object, StructuralSchema>();

/** Anything goes. */
const open = new StructuralSchema({ type: 'object', 'x-kubernetes-preserve-unknown-fields': true });

/** The schema made of `openAPIV3Schema`: the same for the very same value. */
export function structuralSchema(openApiSchema: unknown): StructuralSchema {
  if (typeof openApiSchema !== 'object' || openApiSchema === null) return open;
  let schema = schemas.get(openApiSchema);
  if (schema === undefined) schemas.set(openApiSchema, (schema = new StructuralSchema(openApiSchema)));
  return schema;
}
