import type { Schema } from './openapi-schemas.js';

/** What a schema object of OpenAPI v2 may hold beside extensions, of what one of v3 does. */
const keywords = [
  'format',
  'title',
  'description',
  'multipleOf',
  'maximum',
  'exclusiveMaximum',
  'minimum',
  'exclusiveMinimum',
  'maxLength',
  'minLength',
  'pattern',
  'maxItems',
  'minItems',
  'uniqueItems',
  'maxProperties',
  'minProperties',
  'enum',
];

const groupVersionKind = 'x-kubernetes-group-version-kind';
const preservesUnknown = 'x-kubernetes-preserve-unknown-fields';

/**
 * A schema of our OpenAPI v3 as one of v2: without defaults and alternatives; what may be null or anything has no
 * type. As k8s.io/apiextensions-apiserver `pkg/controller/openapi/v2` and kube-openapi `pkg/builder` do it, since
 * kubectl takes every schema with properties for a complete list of fields.
 */
export function schemaToV2(schema: Schema): Schema {
  const anything = schema[preservesUnknown] === true;
  // A kind of a CRD that tells nothing of its fields.
  if (anything && schema[groupVersionKind] !== undefined)
    return { type: 'object', [groupVersionKind]: schema[groupVersionKind] };
  const open = anything || schema['nullable'] === true;
  const items = open ? undefined : (schema['items'] as Schema | undefined);
  const properties = open ? undefined : (schema['properties'] as Record<string, Schema> | undefined);
  const additional = schema['additionalProperties'] as Schema | boolean | undefined;
  return {
    ...referenceToV2(schema),
    ...entry('type', typeToV2(schema)),
    ...Object.fromEntries(
      Object.entries(schema).filter(([key]) => keywords.includes(key) || key.startsWith('x-')),
    ),
    ...entry('required', requiredToV2(schema['required'] as string[] | undefined, properties)),
    ...entry('items', items && schemaToV2(items)),
    ...entry('additionalProperties', typeof additional === 'object' ? schemaToV2(additional) : additional),
    ...entry('properties', properties && mapValues(properties, schemaToV2)),
  };
}

const entry = (key: string, value: unknown): Schema => (value === undefined ? {} : { [key]: value });

export const mapValues = <From, To>(
  values: Readonly<Record<string, From>>,
  convert: (value: From) => To,
): Record<string, To> =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, convert(value)]));

/** References may have siblings here, so they aren't wrapped in `allOf`. */
function referenceToV2(schema: Schema): Schema {
  const wrapped = schema['allOf'] as Schema[] | undefined;
  const reference = schema['$ref'] ?? (wrapped?.length === 1 ? wrapped[0]?.['$ref'] : undefined);
  return typeof reference === 'string'
    ? { $ref: reference.replace('#/components/schemas/', '#/definitions/') }
    : {};
}

function typeToV2(schema: Schema): unknown {
  const { type, oneOf } = schema as { type?: string; oneOf?: Schema[] };
  // Quantity and IntOrString are strings to v2.
  if (type === undefined) return oneOf?.some((one) => one['type'] === 'string') ? 'string' : undefined;
  if (schema['nullable'] === true) return undefined;
  const open = schema[preservesUnknown] === true;
  if (type === 'object') return open ? undefined : type;
  return type === 'array' && (open || schema['items'] === undefined) ? undefined : type;
}

/** Properties that may be null can't be required. */
function requiredToV2(
  required: readonly string[] | undefined,
  properties: Record<string, Schema> | undefined,
): readonly string[] | undefined {
  const left = required?.filter((name) => properties?.[name]?.['nullable'] !== true);
  return left?.length === 0 ? undefined : left;
}

const methods = ['get', 'put', 'post', 'delete', 'patch'];

interface Content {
  content: Record<string, { schema?: Schema }>;
}

/** A path item of our OpenAPI v3 as one of v2: bodies are parameters, parameters have their type in themselves. */
export function pathItemToV2(item: Schema): Schema {
  const converted: Schema = {};
  for (const [key, value] of Object.entries(item))
    if (methods.includes(key)) converted[key] = operationToV2(value as Schema);
    else if (key === 'parameters') converted[key] = (value as Schema[]).map(parameterToV2);
  return converted;
}

function operationToV2(operation: Schema): Schema {
  const { parameters, requestBody, responses, ...extensions } = operation as {
    parameters?: Schema[];
    requestBody?: Content;
    responses: Record<string, Content & { description: string }>;
  };
  const body = requestBody && schemaOf(requestBody);
  const all = [
    ...(body === undefined ? [] : [{ name: 'body', in: 'body', required: true, schema: body }]),
    ...(parameters ?? []).map(parameterToV2),
  ];
  return {
    ...(requestBody === undefined ? {} : { consumes: Object.keys(requestBody.content) }),
    ...(all.length === 0 ? {} : { parameters: all }),
    responses: mapValues(responses, (response) => ({
      description: response.description,
      ...entry('schema', schemaOf(response)),
    })),
    ...extensions,
  };
}

function schemaOf({ content }: Content): Schema | undefined {
  const schema = Object.values(content)[0]?.schema;
  return schema && schemaToV2(schema);
}

function parameterToV2({ schema, ...parameter }: Schema): Schema {
  return { ...(schema as Schema), ...parameter };
}
