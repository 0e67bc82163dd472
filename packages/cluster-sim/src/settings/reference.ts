import { environmentName, settingsKeys, settingsSchema } from './schema.js';

interface Described {
  type?: string;
  description?: string;
  default?: string | number | boolean;
  anyOf?: { const?: string }[];
}

/** The table of all settings in Markdown, from {@link settingsSchema}: the body of `docs/configuration.md`. */
export function settingsReference(): string {
  const rows = settingsKeys.map((key) => {
    const schema = settingsSchema.properties[key] as Described;
    const type = schema.anyOf?.map((choice) => `\`${String(choice.const)}\``).join(', ') ?? schema.type ?? '';
    const initial =
      schema.default === undefined || schema.default === '' ? '' : `\`${String(schema.default)}\``;
    return `| \`${key}\` | ${type} | ${initial} | ${schema.description ?? ''} | \`${environmentName(key)}\` |`;
  });
  return [
    '| key | type | default | meaning | environment |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}
