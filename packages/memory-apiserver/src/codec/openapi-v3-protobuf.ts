import {
  any,
  double,
  each,
  flag,
  integer,
  message,
  named,
  text,
  wrapped,
  type JsonMap,
  type Write,
} from './message-table.js';
import { WireWriter } from './wire.js';

/** The `Document` message of gnostic's `openapiv3/OpenAPIv3.proto`, as far as our documents make use of it. */

const reference = message({ fields: { $ref: [1, text] } });

const isReference = (value: unknown): boolean => (value as JsonMap)['$ref'] !== undefined;

/** `SchemaOrReference`, `ParameterOrReference`, …: the thing itself, or where it is. */
const orReference =
  (write: Write): Write =>
  (writer, number, value) =>
    wrapped(isReference(value) ? 2 : 1, isReference(value) ? reference : write)(writer, number, value);

const schema: Write = (writer, number, value) => orReference(writeSchema)(writer, number, value);

const additionalProperties: Write = (writer, number, value) =>
  wrapped(typeof value === 'boolean' ? 2 : 1, typeof value === 'boolean' ? flag : schema)(
    writer,
    number,
    value,
  );

/** Only scalars have a place in `DefaultType`; of others it is left empty, as by gnostic. */
const defaultType: Write = (writer, number, value) => {
  if (typeof value === 'number') wrapped(1, double)(writer, number, value);
  else if (typeof value === 'boolean') wrapped(2, flag)(writer, number, value);
  else if (typeof value === 'string') wrapped(3, text)(writer, number, value);
  else writer.end(writer.begin(number));
};

const writeSchema = message({
  fields: {
    nullable: [1, flag],
    title: [9, text],
    multipleOf: [10, double],
    maximum: [11, double],
    exclusiveMaximum: [12, flag],
    minimum: [13, double],
    exclusiveMinimum: [14, flag],
    maxLength: [15, integer],
    minLength: [16, integer],
    pattern: [17, text],
    maxItems: [18, integer],
    minItems: [19, integer],
    uniqueItems: [20, flag],
    maxProperties: [21, integer],
    minProperties: [22, integer],
    required: [23, each(text)],
    enum: [24, each(any)],
    type: [25, text],
    allOf: [26, each(schema)],
    oneOf: [27, each(schema)],
    anyOf: [28, each(schema)],
    not: [29, (writer, number, value) => writeSchema(writer, number, value)],
    items: [30, wrapped(1, schema)],
    properties: [31, wrapped(1, named(schema))],
    additionalProperties: [32, additionalProperties],
    default: [33, defaultType],
    description: [34, text],
    format: [35, text],
  },
  extensions: 36,
});

const content = wrapped(1, named(message({ fields: { schema: [1, schema] } })));

const parameter = orReference(
  message({
    fields: {
      name: [1, text],
      in: [2, text],
      description: [3, text],
      required: [4, flag],
      schema: [10, schema],
    },
  }),
);

const requestBody = orReference(
  message({ fields: { description: [1, text], content: [2, content], required: [3, flag] } }),
);

const response = orReference(message({ fields: { description: [1, text], content: [3, content] } }));

const operation = message({
  fields: {
    tags: [1, each(text)],
    description: [3, text],
    operationId: [5, text],
    parameters: [6, each(parameter)],
    requestBody: [7, requestBody],
    responses: [8, (writer, number, value) => wrapped(2, named(response))(writer, number, value)],
  },
  extensions: 13,
});

const pathItem = message({
  fields: {
    get: [4, operation],
    put: [5, operation],
    post: [6, operation],
    delete: [7, operation],
    patch: [10, operation],
    parameters: [13, each(parameter)],
  },
});

const fields: Readonly<Record<string, readonly [number: number, write: Write]>> = {
  openapi: [1, text],
  info: [2, message({ fields: { title: [1, text], version: [6, text] } })],
  paths: [4, wrapped(1, named(pathItem))],
  components: [5, message({ fields: { schemas: [1, wrapped(1, named(schema))] } })],
};

/** The whole document of a group version. */
export function encodeOpenApiV3(document: JsonMap): Buffer {
  const writer = new WireWriter();
  for (const [key, [number, write]] of Object.entries(fields)) write(writer, number, document[key]);
  return writer.finish();
}
