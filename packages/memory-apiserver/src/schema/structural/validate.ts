import { isDeepStrictEqual } from 'node:util';
import type { FieldCause } from '../../errors.js';
import type { Json } from '../../object.js';
import {
  goNumber,
  invalidType,
  invalidValue,
  requiredValue,
  tooLong,
  tooMany,
  unsupportedValue,
} from './causes.js';
import type { Correlation } from './correlation.js';
import { formatCheck } from './formats.js';
import { isFields, type Fields, type JsonSchema, type SchemaNode } from './node.js';
import { goRegExp } from './patterns.js';

/** What came of validating a value; `matches` is how much of it was fine, to tell the best of several schemas. */
interface Result {
  readonly causes: FieldCause[];
  matches: number;
}

/**
 * Reasons why a value isn't as its schema says, in the words of k8s.io/kube-openapi `pkg/validation/validate` and
 * `pkg/validation/errors`.
 *
 * @param prefix of the fields in the causes; messages tell the path without it, as upstream's do
 * @param correlation what the value was before an update: faults of what hasn't changed are let pass
 */
export function validateValue(
  value: Json,
  node: SchemaNode,
  prefix = '',
  correlation?: Correlation,
): FieldCause[] {
  return new Validation(prefix).validate(value, node, '', correlation).causes;
}

class Validation {
  constructor(private readonly prefix: string) {}

  validate(value: Json, node: SchemaNode, path: string, correlation: Correlation | undefined): Result {
    const result = this.#all(value, node, path, correlation);
    if (result.causes.length > 0 && correlation?.isUnchanged === true) result.causes.length = 0;
    return result;
  }

  #all(value: Json, node: SchemaNode, path: string, correlation: Correlation | undefined): Result {
    const result: Result = { causes: [], matches: 0 };
    const { schema } = node;
    if (value === null) {
      this.#type(value, node, path, result);
      this.#enum(value, schema, path, result);
      return result;
    }
    const types = typesOf(node);
    if (types.length > 0 || formatOf(schema) !== '') {
      this.#type(value, node, path, result);
      result.matches += 1;
    }
    this.#alternatives(value, node, path, correlation, result);
    result.matches += 1;
    if (typeof value === 'string') this.#string(value, schema, path, result);
    else if (typeof value === 'number') this.#number(value, schema, path, result);
    else if (Array.isArray(value)) this.#list(value, node, path, correlation, result);
    this.#enum(value, schema, path, result);
    if (isFields(value)) this.#fields(value, node, path, correlation, result);
    result.matches += 2;
    return result;
  }

  #field(path: string): string {
    const name = path.replace(/^\./, '');
    if (this.prefix === '') return name === '' ? '<nil>' : name;
    return name === '' ? this.prefix : `${this.prefix}.${name}`;
  }

  #invalid(path: string, value: unknown, detail: string, result: Result): void {
    result.causes.push(invalidValue(this.#field(path), value, detail));
  }

  #type(value: Json, node: SchemaNode, path: string, result: Result): void {
    const types = typesOf(node);
    const format = formatOf(node.schema);
    if (value === null) {
      if (types.length > 0 && node.schema.nullable !== true)
        this.#wrongType(path, types.join(','), 'null', result);
      else result.matches += 1;
      return;
    }
    const actual = typeName(value);
    const isNumeric = types.includes('number') || types.includes('integer');
    const fits = types.includes(actual) || (actual === 'integer' && types.includes('number'));
    const isText = typeof value === 'string' || Array.isArray(value);
    if (!isText && format !== '' && !fits) this.#wrongType(path, format, goFormat(actual), result);
    else if (!isNumeric && format !== '' && isText) result.matches += 1;
    else if (!fits) this.#wrongType(path, types.join(','), actual, result);
    else result.matches += 1;
  }

  #wrongType(path: string, wanted: string, actual: string, result: Result): void {
    const detail = `${path} in body must be of type ${wanted}: ${JSON.stringify(actual)}`;
    result.causes.push(invalidType(this.#field(path), actual, detail));
  }

  #string(value: string, schema: JsonSchema, path: string, result: Result): void {
    const { maxLength, minLength, pattern } = schema;
    const length = maxLength === undefined && minLength === undefined ? 0 : [...value].length;
    if (maxLength !== undefined && length > maxLength)
      result.causes.push(tooLong(this.#field(path), maxLength));
    else if (minLength !== undefined && length < minLength)
      this.#invalid(path, value, `${path} in body should be at least ${minLength} chars long`, result);
    else if (pattern && goRegExp(pattern)?.test(value) === false)
      this.#invalid(path, value, `${path} in body should match '${pattern}'`, result);
    const format = formatOf(schema);
    const check = format === '' ? undefined : formatCheck(format);
    if (check?.(value) === false) {
      const detail = `${path} in body must be of type ${format}: ${JSON.stringify(value)}`;
      result.causes.push(invalidType(this.#field(path), value, detail));
    }
  }

  #number(value: number, schema: JsonSchema, path: string, result: Result): void {
    const { multipleOf, maximum, minimum } = schema;
    const bound = (limit: number): string => goNumber(Number.isInteger(value) ? Math.trunc(limit) : limit);
    if (multipleOf !== undefined && !isMultiple(value, multipleOf))
      this.#invalid(path, value, `${path} in body should be a multiple of ${bound(multipleOf)}`, result);
    if (minimum !== undefined && (schema.exclusiveMinimum === true ? value <= minimum : value < minimum)) {
      const than = schema.exclusiveMinimum === true ? 'greater than' : 'greater than or equal to';
      this.#invalid(path, value, `${path} in body should be ${than} ${bound(minimum)}`, result);
    }
    if (maximum !== undefined && (schema.exclusiveMaximum === true ? value >= maximum : value > maximum)) {
      const than = schema.exclusiveMaximum === true ? 'less than' : 'less than or equal to';
      this.#invalid(path, value, `${path} in body should be ${than} ${bound(maximum)}`, result);
    }
    result.matches += 1;
  }

  #list(
    list: readonly Json[],
    node: SchemaNode,
    path: string,
    correlation: Correlation | undefined,
    result: Result,
  ): void {
    const { items, schema } = node;
    if (items !== undefined)
      for (const [index, item] of list.entries())
        merge(result, this.validate(item, items, `${path}[${index}]`, correlation?.item(index)));
    if (schema.minItems !== undefined && list.length < schema.minItems)
      this.#invalid(
        path,
        list.length,
        `${path} in body should have at least ${schema.minItems} items`,
        result,
      );
    if (schema.maxItems !== undefined && list.length > schema.maxItems)
      result.causes.push(tooMany(this.#field(path), list.length, schema.maxItems));
    if (schema.uniqueItems === true && hasDuplicates(list))
      this.#invalid(path, '', `${path} in body shouldn't contain duplicates`, result);
    result.matches += 1;
  }

  /** Null is never among the values: upstream compares by Go types, of which null has none. */
  #enum(value: Json, schema: JsonSchema, path: string, result: Result): void {
    const allowed = schema.enum ?? [];
    if (allowed.length === 0) return;
    if (value !== null && allowed.some((item) => isDeepStrictEqual(item, value))) return;
    const texts = allowed.map((item) => (typeof item === 'string' ? item : JSON.stringify(item)));
    result.causes.push(unsupportedValue(this.#field(path), value ?? null, texts));
  }

  #fields(
    fields: Fields,
    node: SchemaNode,
    path: string,
    correlation: Correlation | undefined,
    result: Result,
  ): void {
    const { schema } = node;
    const names = Object.keys(fields);
    if (schema.minProperties !== undefined && names.length < schema.minProperties) {
      const detail = `${path} in body should have at least ${schema.minProperties} properties`;
      this.#invalid(path, names.length, detail, result);
    }
    if (schema.maxProperties !== undefined && names.length > schema.maxProperties)
      result.causes.push(tooMany(this.#field(path), names.length, schema.maxProperties));
    for (const name of names) {
      const property = node.property(name);
      const below = property ?? node.additional;
      if (below !== undefined) {
        const at = property !== undefined && path === '' ? name : `${path}.${name}`;
        // What the type of an object is, both states tell alike: it can't have been wrong before.
        const isTypeMeta = path === '' && (name === 'apiVersion' || name === 'kind');
        const former = isTypeMeta ? undefined : correlation?.field(name);
        merge(result, this.validate(fields[name] as Json, below, at, former));
      } else if (schema.additionalProperties === false)
        this.#invalid(path, name, `${path}.${name} in body is a forbidden property`, result);
    }
    for (const name of schema.required ?? [])
      if (fields[name] === undefined) result.causes.push(requiredValue(this.#field(`${path}.${name}`)));
  }

  #alternatives(
    value: Json,
    node: SchemaNode,
    path: string,
    correlation: Correlation | undefined,
    result: Result,
  ): void {
    const { anyOf = [], oneOf = [], allOf = [], not } = node.schema;
    const isOf = (schemas: readonly JsonSchema[]): Result[] =>
      node.alternatives(schemas).map((alternative) => this.#all(value, alternative, path, correlation));
    const name = JSON.stringify(path);
    if (anyOf.length > 0) {
      const results = isOf(anyOf);
      const valid = results.find(isValid);
      if (valid === undefined) this.#composite(`${name} must validate at least one schema (anyOf)`, result);
      merge(result, valid ?? best(results));
    }
    if (oneOf.length > 0) {
      const results = isOf(oneOf);
      const valid = results.filter(isValid);
      if (valid.length === 1) merge(result, valid[0]);
      else {
        const found = valid.length === 0 ? 'Found none valid' : `Found ${valid.length} valid alternatives`;
        this.#composite(`${name} must validate one and only one schema (oneOf). ${found}`, result);
        if (valid.length === 0) merge(result, best(results));
      }
    }
    if (allOf.length > 0) {
      const results = isOf(allOf);
      for (const one of results) merge(result, one);
      const valid = results.filter(isValid).length;
      if (valid < results.length) {
        const none = valid === 0 ? '. None validated' : '';
        this.#composite(`${name} must validate all the schemas (allOf)${none}`, result);
      }
    }
    if (not !== undefined && isOf([not]).every(isValid))
      this.#composite(`${name} must not validate the schema (not)`, result);
    result.matches += 1;
  }

  /** These errors of upstream don't know their field. */
  #composite(detail: string, result: Result): void {
    result.causes.push(invalidValue(this.prefix === '' ? '<nil>' : this.prefix, '', detail));
  }
}

const isValid = ({ causes }: Result): boolean => causes.length === 0;

function merge(result: Result, other: Result | undefined): void {
  if (other === undefined) return;
  result.causes.push(...other.causes);
  result.matches += other.matches;
}

const best = (results: readonly Result[]): Result | undefined =>
  results.reduce<Result | undefined>(
    (winner, result) => (winner === undefined || result.matches > winner.matches ? result : winner),
    undefined,
  );

function typesOf(node: SchemaNode): readonly string[] {
  if (node.isIntOrString) return ['integer', 'string'];
  return node.schema.type ? [node.schema.type] : [];
}

/** Formats that custom resources aren't checked for are as good as none. */
const formatOf = ({ format = '' }: JsonSchema): string =>
  format !== '' && formatCheck(format) !== undefined ? format : '';

function typeName(value: Exclude<Json, null>): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

/** What Go's decoder makes of a JSON type, as a format. */
const goFormat = (type: string): string =>
  type === 'integer' ? 'int64' : type === 'number' ? 'float64' : '';

function isMultiple(value: number, factor: number): boolean {
  const quotient = factor < 1 ? (1 / factor) * value : value / factor;
  return Math.abs(quotient - Math.round(quotient)) < 1e-9;
}

const hasDuplicates = (list: readonly Json[]): boolean =>
  list.some((item, index) => list.slice(0, index).some((other) => isDeepStrictEqual(item, other)));
