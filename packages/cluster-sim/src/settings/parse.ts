import { parseDocument } from 'yaml';
import { SettingsError } from '../errors.js';

/**
 * Reads a settings file in any of the forms that users were promised: a JSON object, YAML, or lines of
 * `key: value`, also without the space (`RancherURL:https://…`), which YAML would take for one long text.
 * Values are texts, or what YAML makes of them. Throws {@link SettingsError} with file and line.
 */
export function parseSettings(text: string, file: string): Record<string, unknown> {
  const body = text.replace(/^\uFEFF/, '');
  if (body.trim() === '') return {};
  const lines = asKeyValueLines(body);
  if (lines !== undefined) return lines;
  const document = parseDocument(body, { uniqueKeys: true, prettyErrors: false });
  const error = document.errors[0];
  if (error !== undefined) {
    const line = body.slice(0, error.pos[0]).split('\n').length;
    throw new SettingsError(
      `${file}:${line}: the settings are neither JSON, YAML nor "key: value" lines: ${error.message}`,
    );
  }
  const value: unknown = document.toJS();
  if (value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw new SettingsError(
      `${file}: the settings must be a list of "key: value" lines, or a JSON or YAML object.`,
    );
  }
  return value as Record<string, unknown>;
}

const lineForm = /^\s*([A-Za-z][A-Za-z0-9_]*)\s*[:=]\s*(.*?)\s*$/;

/** The pairs, or undefined if some line is not of the form (then it is JSON, nested YAML or a mistake). */
function asKeyValueLines(text: string): Record<string, unknown> | undefined {
  const pairs: Record<string, unknown> = {};
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*(#.*)?$/.test(line) || line.trim() === '---') continue;
    const match = lineForm.exec(line);
    const [, key, value] = match ?? [];
    if (key === undefined || value === undefined || /^\s/.test(line)) return undefined;
    // Block scalars, lists and nested objects are YAML's business.
    if (value === '' || /^[|>[{&*!]/.test(value)) return undefined;
    if (key in pairs) return undefined;
    pairs[key] = scalar(value);
  }
  return pairs;
}

/** Texts stay texts here: what they should be is the schema's business. */
function scalar(raw: string): string {
  const quoted = /^(["'])(.*)\1\s*(#.*)?$/.exec(raw);
  return quoted?.[2] ?? raw.replace(/\s+#.*$/, '');
}
