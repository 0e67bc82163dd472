import { Check, Convert, Errors } from 'typebox/value';
import { SettingsError } from '../errors.js';
import { settingsSchema, type SettingsFile } from './schema.js';

/**
 * The value as the schema wants it: texts such as `"8080"` or `"True"` become numbers and booleans, as files and
 * environment variables need it. Throws {@link SettingsError} naming `where`; never shows the value of a secret.
 */
export function checkValue(key: keyof SettingsFile, value: unknown, where: string): unknown {
  const schema = settingsSchema.properties[key];
  const converted: unknown = Check(schema, value) ? value : Convert(schema, spokenBoolean(value));
  if (Check(schema, converted)) return converted;
  const choices =
    'anyOf' in schema ? (schema.anyOf as { const?: unknown }[]).map((one) => String(one.const)) : [];
  const wanted =
    choices.length > 0
      ? `must be one of ${choices.join(', ')}`
      : (Errors(schema, converted)[0]?.message ?? 'is not valid');
  const shown = key === 'BearerToken' || key === 'APIKey' ? '' : ` (it is ${JSON.stringify(value)})`;
  throw new SettingsError(`${where} ${wanted}${shown}.`);
}

function spokenBoolean(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (/^(true|yes|on)$/i.test(value)) return true;
  return /^(false|no|off)$/i.test(value) ? false : value;
}
