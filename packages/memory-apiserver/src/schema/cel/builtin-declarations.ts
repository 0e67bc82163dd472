import type { Environment } from '@marcbachmann/cel-js';
import type { FieldInfo, Scalar, TypeInfo } from '../types.js';
import { escapeName } from './declarations.js';

/** Types of scalars as the OpenAPI schemas of built-in kinds tell them to expressions. */
const scalars: Readonly<Record<Scalar, string | undefined>> = {
  string: 'string',
  bool: 'bool',
  int32: 'int',
  int64: 'int',
  double: 'double',
  bytes: 'bytes',
  Time: 'google.protobuf.Timestamp',
  MicroTime: 'google.protobuf.Timestamp',
  Duration: 'string',
  FieldsV1: undefined,
  Quantity: 'dyn',
  IntOrString: 'dyn',
  RawExtension: undefined,
  JSON: undefined,
  StringList: 'list<string>',
};

/** Declares the types of built-in kinds in an environment. */
export class BuiltinDeclarations {
  readonly #names = new Map<TypeInfo, string>();

  constructor(private readonly environment: Environment) {}

  /** The name of the type; a type within itself is `dyn`. */
  typeOf(type: TypeInfo): string {
    const known = this.#names.get(type);
    if (known !== undefined) return known;
    if (type.union) return 'dyn';
    this.#names.set(type, 'dyn');
    const fields: Record<string, string> =
      type.kind === undefined ? {} : { apiVersion: 'string', kind: 'string' };
    for (const field of type.fields.values()) {
      const escaped = escapeName(field.name);
      const declared = this.#fieldType(field);
      if (escaped !== undefined && declared !== undefined) fields[escaped] = declared;
    }
    const name = `builtin.${type.id.replace(/[^A-Za-z0-9]/g, '.')}`;
    this.environment.registerType(name, { fields });
    this.environment.registerOperator(`${name} == ${name}`, () => true);
    this.#names.set(type, name);
    return name;
  }

  #fieldType(field: FieldInfo): string | undefined {
    const value =
      field.message === undefined ? scalars[field.scalar ?? 'string'] : this.typeOf(field.message);
    if (value === undefined) return undefined;
    if (field.repeated) return `list<${value}>`;
    return field.map ? `map<string, ${value}>` : value;
  }
}
