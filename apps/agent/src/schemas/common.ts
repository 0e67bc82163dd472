import { Type } from 'typebox';

/** Every refusal. */
export const ErrorBody = Type.Object({
  error: Type.String({ description: 'One sentence for people.' }),
  code: Type.String({ description: 'Stable; for programs.' }),
  field: Type.Optional(Type.String({ description: 'The part of the request that is wrong.' })),
});

/** A cluster in a path. Empty is let through, so that it can be answered like other bad names. */
export const NameParams = Type.Object({ name: Type.String() });

/** An ISO 8601 time, or null for "not yet". */
export const TimeOrNull = Type.Union([Type.String({ format: 'date-time' }), Type.Null()]);
