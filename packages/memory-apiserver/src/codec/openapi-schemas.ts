import type { ResourceInfo } from '../schema/resource.js';
import {
  typeById,
  typeOf,
  type FieldInfo,
  type GroupVersionKind,
  type Scalar,
  type TypeInfo,
} from '../schema/types.js';
import { metadataDescription, objectMetaDescriptions, typeMetaDescriptions } from './openapi-descriptions.js';

/** A schema object of OpenAPI 3.0. */
export type Schema = Record<string, unknown>;

const apimachinery = 'io.k8s.apimachinery.pkg';

/** Go packages outside of `k8s.io/api` by their table's key. */
const packageNames: Record<string, string> = {
  'meta/v1': `${apimachinery}.apis.meta.v1`,
  'apiextensions/v1': 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1',
  'apiregistration/v1': 'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1',
};

/** Types with a schema of their own under a well-known name. */
const specialSchemas: Partial<Record<Scalar, readonly [name: string, schema: Schema]>> = {
  Time: [`${apimachinery}.apis.meta.v1.Time`, { type: 'string', format: 'date-time' }],
  MicroTime: [`${apimachinery}.apis.meta.v1.MicroTime`, { type: 'string', format: 'date-time' }],
  Duration: [`${apimachinery}.apis.meta.v1.Duration`, { type: 'string' }],
  FieldsV1: [`${apimachinery}.apis.meta.v1.FieldsV1`, { type: 'object' }],
  Quantity: [`${apimachinery}.api.resource.Quantity`, { oneOf: [{ type: 'string' }, { type: 'number' }] }],
  IntOrString: [
    `${apimachinery}.util.intstr.IntOrString`,
    { format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] },
  ],
  RawExtension: [`${apimachinery}.runtime.RawExtension`, { type: 'object' }],
  JSON: ['io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON', {}],
};

const plainSchemas: Partial<Record<Scalar, Schema>> = {
  string: { type: 'string' },
  bool: { type: 'boolean' },
  int32: { type: 'integer', format: 'int32' },
  int64: { type: 'integer', format: 'int64' },
  double: { type: 'number', format: 'double' },
  bytes: { type: 'string', format: 'byte' },
  StringList: { type: 'array', items: { type: 'string', default: '' } },
};

const patchSchema = `${apimachinery}.apis.meta.v1.Patch`;

/** Name of a built-in type among the components: `io.k8s.api.core.v1.Pod`. */
export function schemaName(type: TypeInfo): string {
  const table = type.id.slice(0, type.id.indexOf(':'));
  return `${packageNames[table] ?? `io.k8s.api.${table.replace('/', '.')}`}.${type.name}`;
}

export const schemaReference = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

/** Gathers the schemas of types and of all that they refer to. */
export class SchemaComponents {
  readonly schemas: Record<string, Schema> = { [patchSchema]: { type: 'object' } };

  /** Adds a built-in kind with its list; answers its name, or undefined if there is no such type. */
  addKind(gvk: GroupVersionKind, listKind = ''): string | undefined {
    const type = typeOf(gvk.group, gvk.version, gvk.kind);
    if (type === undefined) return undefined;
    const list = listKind === '' ? undefined : typeOf(gvk.group, gvk.version, listKind);
    if (list !== undefined) this.#add(list);
    return this.#add(type);
  }

  /** Adds a built-in type that is no resource, such as `meta/v1:DeleteOptions`. */
  addType(id: string): void {
    const type = typeById(id);
    if (type !== undefined) this.#add(type);
  }

  /** Adds the schema of a CRD's version with its list; answers its name. */
  addCustom(row: ResourceInfo): string {
    const name = `${row.group.split('.').reverse().join('.')}.${row.version}.${row.kind}`;
    const meta = schemaName(typeById('meta/v1:ObjectMeta') as TypeInfo);
    const listMeta = schemaName(typeById('meta/v1:ListMeta') as TypeInfo);
    this.addType('meta/v1:ObjectMeta');
    this.addType('meta/v1:ListMeta');
    this.#describeFields(meta, objectMetaDescriptions);
    const own = (row.custom?.schema ?? {
      type: 'object',
      'x-kubernetes-preserve-unknown-fields': true,
    }) as Schema;
    const typeMeta = {
      apiVersion: { type: 'string', description: typeMetaDescriptions.apiVersion },
      kind: { type: 'string', description: typeMetaDescriptions.kind },
    };
    const { group, version, kind } = row;
    this.schemas[name] = {
      ...own,
      properties: {
        ...(own['properties'] as Schema | undefined),
        ...typeMeta,
        metadata: { description: metadataDescription, allOf: [schemaReference(meta)] },
      },
      'x-kubernetes-group-version-kind': [{ group, kind, version }],
    };
    this.schemas[`${name}List`] = {
      type: 'object',
      required: ['items'],
      properties: {
        ...typeMeta,
        items: { type: 'array', items: schemaReference(name) },
        metadata: { allOf: [schemaReference(listMeta)] },
      },
      'x-kubernetes-group-version-kind': [{ group, kind: row.listKind, version }],
    };
    return name;
  }

  #describeFields(name: string, descriptions: Readonly<Record<string, string>>): void {
    const properties = (this.schemas[name]?.['properties'] ?? {}) as Record<string, Schema>;
    for (const [field, description] of Object.entries(descriptions)) {
      const schema = properties[field];
      if (schema !== undefined) properties[field] = { description, ...schema };
    }
  }

  #add(type: TypeInfo): string {
    const name = schemaName(type);
    if (this.schemas[name] === undefined) {
      const schema: Schema = {};
      this.schemas[name] = schema;
      Object.assign(schema, this.#schemaOf(type));
    }
    return name;
  }

  #schemaOf(type: TypeInfo): Schema {
    if (type.union) {
      for (const field of type.wire.values()) if (field.message !== undefined) this.#add(field.message);
      return {};
    }
    const properties: Record<string, Schema> =
      type.kind === undefined ? {} : { apiVersion: { type: 'string' }, kind: { type: 'string' } };
    const required: string[] = [];
    for (const field of type.fields.values()) {
      properties[field.name] = this.#property(field);
      if (field.required) required.push(field.name);
    }
    return {
      type: 'object',
      ...(required.length === 0 ? {} : { required }),
      ...(Object.keys(properties).length === 0 ? {} : { properties }),
      ...(type.atomic ? { 'x-kubernetes-map-type': 'atomic' } : {}),
      ...(type.kind === undefined ? {} : { 'x-kubernetes-group-version-kind': [type.kind] }),
    };
  }

  #property(field: FieldInfo): Schema {
    const value = this.#value(field);
    const extensions = {
      ...(field.repeated && field.listMapKeys.length > 0
        ? { 'x-kubernetes-list-map-keys': field.listMapKeys }
        : {}),
      ...(field.listType === undefined ? {} : { 'x-kubernetes-list-type': field.listType }),
      ...(field.mapType === undefined ? {} : { 'x-kubernetes-map-type': field.mapType }),
      ...(field.mergeKey === undefined ? {} : { 'x-kubernetes-patch-merge-key': field.mergeKey }),
      ...(field.strategies.length === 0 ? {} : { 'x-kubernetes-patch-strategy': field.strategies.join(',') }),
    };
    const item = withDefault(value, zeroOf(field));
    if (field.repeated) return { type: 'array', items: item, ...extensions };
    if (field.map) return { type: 'object', additionalProperties: item, ...extensions };
    const zeroIsWritten = !field.pointer && (!field.omitEmpty || field.message !== undefined);
    const fallback = field.default ?? (zeroIsWritten ? zeroOf(field) : undefined);
    return { ...(fallback === undefined ? asProperty(value) : withDefault(value, fallback)), ...extensions };
  }

  /** Schema of a single value of the field. */
  #value(field: FieldInfo): Schema {
    if (field.message !== undefined) return schemaReference(this.#add(field.message));
    const scalar = field.scalar ?? 'string';
    const special = specialSchemas[scalar];
    if (special !== undefined) {
      this.schemas[special[0]] = special[1];
      return schemaReference(special[0]);
    }
    const schema = plainSchemas[scalar] ?? {};
    return field.enum === undefined ? schema : { ...schema, enum: field.enum };
  }
}

/** References can't have siblings in OpenAPI 3.0, so they are wrapped where there may be some. */
const asProperty = (value: Schema): Schema => (value['$ref'] === undefined ? value : { allOf: [value] });

const withDefault = (value: Schema, fallback: unknown): Schema =>
  fallback === undefined ? value : { default: fallback, ...asProperty(value) };

function zeroOf(field: FieldInfo): unknown {
  if (field.message !== undefined) return {};
  if (field.scalar === 'string') return '';
  if (field.scalar === 'bool') return false;
  return field.scalar === 'int32' || field.scalar === 'int64' || field.scalar === 'double' ? 0 : undefined;
}
