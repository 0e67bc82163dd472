import type { Json } from '../../object.js';

/** A JSON object of any shape. */
export type Fields = Record<string, Json>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `apiextensions.k8s.io/v1` JSONSchemaProps as it stands in a CRD, as far as objects are measured by it. */
export interface JsonSchema {
  type?: string;
  format?: string;
  nullable?: boolean;
  default?: Json;
  maximum?: number;
  exclusiveMaximum?: boolean;
  minimum?: number;
  exclusiveMinimum?: boolean;
  multipleOf?: number;
  maxLength?: number;
  minLength?: number;
  pattern?: string;
  maxItems?: number;
  minItems?: number;
  uniqueItems?: boolean;
  maxProperties?: number;
  minProperties?: number;
  required?: string[];
  enum?: Json[];
  items?: JsonSchema;
  allOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  anyOf?: JsonSchema[];
  not?: JsonSchema;
  properties?: Record<string, JsonSchema>;
  additionalProperties?: JsonSchema | boolean;
  'x-kubernetes-preserve-unknown-fields'?: boolean;
  'x-kubernetes-embedded-resource'?: boolean;
  'x-kubernetes-int-or-string'?: boolean;
  'x-kubernetes-list-type'?: string;
  'x-kubernetes-list-map-keys'?: string[];
  'x-kubernetes-map-type'?: string;
  'x-kubernetes-validations'?: ValidationRule[];
}

/** One rule of `x-kubernetes-validations`. */
export interface ValidationRule {
  rule: string;
  message?: string;
  messageExpression?: string;
  reason?: string;
  fieldPath?: string;
  optionalOldSelf?: boolean;
}

/**
 * A place in a structural schema. Made when first looked at, since of large schemas (thousands of places) most
 * objects touch few.
 */
export class SchemaNode {
  #children: Map<string, SchemaNode> | undefined;
  #items: SchemaNode | undefined;
  #additional: SchemaNode | undefined;
  #alternatives: Map<readonly JsonSchema[], readonly SchemaNode[]> | undefined;
  #hasDefaults: boolean | undefined;

  constructor(readonly schema: JsonSchema) {}

  get preservesUnknown(): boolean {
    return this.schema['x-kubernetes-preserve-unknown-fields'] === true;
  }

  get isEmbedded(): boolean {
    return this.schema['x-kubernetes-embedded-resource'] === true;
  }

  get isIntOrString(): boolean {
    return this.schema['x-kubernetes-int-or-string'] === true;
  }

  /** The declared property of that name. */
  property(name: string): SchemaNode | undefined {
    const known = this.#children?.get(name);
    if (known !== undefined) return known;
    const { properties } = this.schema;
    if (properties === undefined || !Object.hasOwn(properties, name)) return undefined;
    const child = new SchemaNode(properties[name] as JsonSchema);
    (this.#children ??= new Map()).set(name, child);
    return child;
  }

  get propertyNames(): readonly string[] {
    return Object.keys(this.schema.properties ?? {});
  }

  /** True if properties beside the declared ones are allowed by `additionalProperties`. */
  get hasAdditional(): boolean {
    return this.schema.additionalProperties !== undefined && this.schema.additionalProperties !== false;
  }

  /** Of properties that aren't declared; undefined for `additionalProperties: true` and where there are none. */
  get additional(): SchemaNode | undefined {
    const { additionalProperties } = this.schema;
    if (typeof additionalProperties !== 'object') return undefined;
    return (this.#additional ??= new SchemaNode(additionalProperties));
  }

  get items(): SchemaNode | undefined {
    return this.schema.items === undefined ? undefined : (this.#items ??= new SchemaNode(this.schema.items));
  }

  /** The schema of a field, declared or additional. */
  child(name: string): SchemaNode | undefined {
    return this.property(name) ?? this.additional;
  }

  /** Nodes of `allOf`, `anyOf` or `oneOf`. */
  alternatives(schemas: readonly JsonSchema[]): readonly SchemaNode[] {
    let nodes = this.#alternatives?.get(schemas);
    if (nodes === undefined) {
      nodes = schemas.map((schema) => new SchemaNode(schema));
      (this.#alternatives ??= new Map()).set(schemas, nodes);
    }
    return nodes;
  }

  /** True if there is a default somewhere below, so that objects have to be gone through. */
  get hasDefaults(): boolean {
    return (this.#hasDefaults ??= hasDefaultBelow(this.schema));
  }
}

function hasDefaultBelow({ properties, additionalProperties, items }: JsonSchema): boolean {
  const below = Object.values(properties ?? {});
  if (typeof additionalProperties === 'object') below.push(additionalProperties);
  if (items !== undefined) below.push(items);
  return below.some((schema) => schema.default !== undefined || hasDefaultBelow(schema));
}
