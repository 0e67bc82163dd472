import { Type } from 'typebox';
import { choiceProperties } from './choice.js';

/** Names in one bulk request; more are sent as several requests. */
export const MAX_BULK = 10_000;

const Names = Type.Array(Type.String(), { minItems: 1, maxItems: MAX_BULK });

/** Which clusters a bulk creation makes. */
export const BulkCreateBody = Type.Object(
  {
    names: Type.Optional(Names),
    prefix: Type.Optional(
      Type.String({ minLength: 1, description: 'Names become PREFIX-0001, PREFIX-0002, …' }),
    ),
    count: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_BULK })),
    start: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 99_999_999, description: 'The first number; 1 unless told.' }),
    ),
    ...choiceProperties,
  },
  { additionalProperties: false, description: 'Either names, or prefix and count.' },
);

/** Which clusters a bulk deletion removes. */
export const BulkDeleteBody = Type.Object(
  {
    names: Type.Optional(Names),
    prefix: Type.Optional(Type.String({ minLength: 1 })),
    all: Type.Optional(Type.Literal(true)),
  },
  { additionalProperties: false, description: 'Exactly one of names, prefix, all.' },
);

/** The outcome of a bulk request, name by name. */
export const BulkAnswer = Type.Object({
  succeeded: Type.Integer(),
  failed: Type.Integer(),
  results: Type.Array(
    Type.Object({
      name: Type.String(),
      status: Type.Integer({ description: 'The HTTP status that this name alone would have had.' }),
      error: Type.Optional(Type.String()),
      code: Type.Optional(Type.String()),
    }),
  ),
});
