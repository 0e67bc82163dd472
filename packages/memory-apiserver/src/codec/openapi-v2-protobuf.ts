import {
  any,
  double,
  each,
  encodeField,
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

/**
 * The `Document` message of gnostic's `openapiv2/OpenAPIv2.proto`, as far as our documents make use of it: its
 * messages are tables here, from a key of the JSON form to the field's number and the way to write it.
 */

const schema: Write = (writer, number, value) => writeSchema(writer, number, value);

const additionalProperties: Write = (writer, number, value) =>
  typeof value === 'boolean'
    ? wrapped(2, flag)(writer, number, value)
    : wrapped(1, schema)(writer, number, value);

const writeSchema = message({
  fields: {
    $ref: [1, text],
    format: [2, text],
    title: [3, text],
    description: [4, text],
    multipleOf: [6, double],
    maximum: [7, double],
    exclusiveMaximum: [8, flag],
    minimum: [9, double],
    exclusiveMinimum: [10, flag],
    maxLength: [11, integer],
    minLength: [12, integer],
    pattern: [13, text],
    maxItems: [14, integer],
    minItems: [15, integer],
    uniqueItems: [16, flag],
    maxProperties: [17, integer],
    minProperties: [18, integer],
    required: [19, each(text)],
    enum: [20, each(any)],
    additionalProperties: [21, additionalProperties],
    type: [22, wrapped(1, text)],
    items: [23, wrapped(1, schema)],
    properties: [25, wrapped(1, named(schema))],
  },
  extensions: 31,
});

const bodyParameter = message({
  fields: { name: [2, text], in: [3, text], required: [4, flag], schema: [5, schema] },
});
const queryParameter = message({
  fields: { required: [1, flag], in: [2, text], name: [4, text], type: [6, text], uniqueItems: [20, flag] },
});
const pathParameter = message({
  fields: { required: [1, flag], in: [2, text], name: [4, text], type: [5, text], uniqueItems: [19, flag] },
});

/** `ParametersItem`, `Parameter` and `NonBodyParameter` are the three outer layers. */
const parameter: Write = (writer, number, value) => {
  const place = (value as JsonMap)['in'];
  const inner =
    place === 'body'
      ? wrapped(1, bodyParameter)
      : wrapped(2, place === 'path' ? wrapped(4, pathParameter) : wrapped(3, queryParameter));
  wrapped(1, inner)(writer, number, value);
};

const response = message({ fields: { description: [1, text], schema: [2, wrapped(1, schema)] } });

const operation = message({
  fields: {
    consumes: [7, each(text)],
    parameters: [8, each(parameter)],
    responses: [9, wrapped(1, named(wrapped(1, response)))],
  },
  extensions: 13,
});

const pathItem = message({
  fields: {
    get: [2, operation],
    put: [3, operation],
    post: [4, operation],
    delete: [5, operation],
    patch: [8, operation],
    parameters: [9, each(parameter)],
  },
});

/** The content of a `Paths` message; several of them in a row are one too. */
export const encodePaths = (paths: JsonMap): Buffer => encodeField(named(pathItem), 2, paths);

/** The content of a `Definitions` message; several of them in a row are one too. */
export const encodeDefinitions = (definitions: JsonMap): Buffer => encodeField(named(schema), 1, definitions);

/** The whole `Document` from the contents of its large messages. */
export function encodeOpenApiV2(
  swagger: string,
  info: { title: string; version: string },
  paths: Buffer,
  definitions: Buffer,
): Buffer {
  const writer = new WireWriter();
  writer.string(1, swagger);
  writer.message(2, (inner) => {
    inner.string(1, info.title);
    inner.string(2, info.version);
  });
  writer.bytes(8, paths);
  writer.bytes(9, definitions);
  return writer.finish();
}
