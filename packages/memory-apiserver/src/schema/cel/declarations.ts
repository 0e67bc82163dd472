import type { Environment } from '@marcbachmann/cel-js';
import { SchemaNode } from '../structural/node.js';

/** Words of the language that can't be names of fields. */
const RESERVED = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);

/**
 * The name of a property in expressions; undefined if it can't be told there: k8s.io/apiserver `pkg/cel/escaping.go`.
 */
export function escapeName(name: string): string | undefined {
  if (RESERVED.has(name)) return `__${name}__`;
  const escaped = name
    .replace(/__/g, '__underscores__')
    .replace(/\./g, '__dot__')
    .replace(/-/g, '__dash__')
    .replace(/\//g, '__slash__');
  return /^[A-Za-z_]\w*$/.test(escaped) ? escaped : undefined;
}

const text = new SchemaNode({ type: 'string' });
/** What rules see of the metadata of an object. */
const metadata = new SchemaNode({
  type: 'object',
  properties: { name: { type: 'string' }, generateName: { type: 'string' } },
});

/** Schemas of the properties that rules can see: those of an object's type and metadata are always there. */
export function visibleProperties(node: SchemaNode, isResource: boolean): Map<string, SchemaNode> {
  const found = new Map<string, SchemaNode>();
  for (const name of node.propertyNames) {
    const property = node.property(name);
    if (property !== undefined) found.set(name, property);
  }
  if (isResource) found.set('apiVersion', text).set('kind', text).set('metadata', metadata);
  return found;
}

/** Declares the types of a schema in an environment: k8s.io/apiserver `pkg/cel/common/schemas.go`. */
export class Declarations {
  #count = 0;
  readonly #names = new Map<SchemaNode, string>();

  constructor(private readonly environment: Environment) {}

  /** The name of the type; undefined for values that rules can't see. */
  typeOf(node: SchemaNode, isResource = node.isEmbedded): string | undefined {
    if (node.isIntOrString) return 'dyn';
    const { type, format = '' } = node.schema;
    switch (isResource ? 'object' : type) {
      case 'array': {
        const item = node.items && this.typeOf(node.items);
        return item && `list<${item}>`;
      }
      case 'object': {
        if (node.additional === undefined) return this.#object(node, isResource);
        const value = this.typeOf(node.additional);
        return value && `map<string, ${value}>`;
      }
      case 'string':
        return stringTypes[format] ?? 'string';
      case 'boolean':
        return 'bool';
      case 'number':
        return 'double';
      case 'integer':
        return 'int';
      default:
        return undefined;
    }
  }

  #object(node: SchemaNode, isResource: boolean): string {
    const known = this.#names.get(node);
    if (known !== undefined) return known;
    const fields: Record<string, string> = {};
    for (const [name, property] of visibleProperties(node, isResource)) {
      const escaped = escapeName(name);
      const type = this.typeOf(property);
      if (escaped !== undefined && type !== undefined) fields[escaped] = type;
    }
    this.#count += 1;
    const name = `object${this.#count}`;
    this.environment.registerType(name, { fields });
    this.environment.registerOperator(`${name} == ${name}`, () => true);
    this.#names.set(node, name);
    return name;
  }
}

const stringTypes: Readonly<Record<string, string>> = {
  byte: 'bytes',
  duration: 'google.protobuf.Duration',
  date: 'google.protobuf.Timestamp',
  'date-time': 'google.protobuf.Timestamp',
};
