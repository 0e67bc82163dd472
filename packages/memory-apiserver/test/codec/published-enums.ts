interface Schema {
  readonly enum?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
}

/** The enums in OpenAPI schemas, by schema and field; of lists and maps those of their values. */
export function publishedEnums(schemas: Readonly<Record<string, Schema>>): Record<string, readonly string[]> {
  const found: Record<string, readonly string[]> = {};
  for (const name of Object.keys(schemas).sort())
    for (const [field, schema] of Object.entries(schemas[name]?.properties ?? {})) {
      const value = schema.items ?? schema.additionalProperties ?? schema;
      if (value.enum !== undefined) found[`${name}.${field}`] = value.enum;
    }
  return found;
}
