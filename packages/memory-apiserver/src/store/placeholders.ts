import { createHash } from 'node:crypto';
import type { ClusterIdentity } from './identity.js';

/** Stands for the cluster's name anywhere in a base object's strings. */
export const CLUSTER_NAME_PLACEHOLDER = '{{cluster-name}}';

/** What stands for variables: valid in names of all kinds, and not to be met by chance. */
const VARIABLE = 'v0[0-9a-f]{20}v';
const PLACEHOLDERS = `${CLUSTER_NAME_PLACEHOLDER}|${VARIABLE}`;

const anyOne = new RegExp(PLACEHOLDERS);
const all = new RegExp(PLACEHOLDERS, 'g');

/** Source of a regular expression that finds the placeholders of names and variables. */
export const PLACEHOLDER_PATTERN = PLACEHOLDERS;

/** Values of a cluster's variables by their placeholders. */
export type VariableValues = Readonly<Record<string, string>>;

/** What placeholders stand for in a cluster. */
export type PlaceholderNames = Pick<ClusterIdentity, 'name' | 'variables'>;

const variables = new Map<string, string>();

/** What stands for the variable in the texts of a base; the same in every process. */
export function variablePlaceholder(variable: string): string {
  let placeholder = variables.get(variable);
  if (placeholder === undefined) {
    placeholder = `v0${createHash('sha256').update(variable).digest('hex').slice(0, 20)}v`;
    variables.set(variable, placeholder);
  }
  return placeholder;
}

/** Values may stand wherever a name may: in names of objects, in labels, in texts within texts. */
const valid = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;

/**
 * The given values by placeholder; undefined for none. Throws RangeError for a value that is missing, not asked for, or
 * can't be part of a name.
 */
export function variableValues(
  wanted: readonly string[],
  given: Readonly<Record<string, string>> = {},
): VariableValues | undefined {
  for (const name of Object.keys(given))
    if (!wanted.includes(name)) throw new RangeError(`the base has no variable ${name}`);
  if (wanted.length === 0) return undefined;
  const values: Record<string, string> = {};
  for (const name of wanted) {
    const value = given[name];
    if (value === undefined) throw new RangeError(`the base needs a value of the variable ${name}`);
    if (!valid.test(value)) throw new RangeError(`the value of the variable ${name} is not valid in names`);
    values[variablePlaceholder(name)] = value;
  }
  return values;
}

/** The first placeholder in the text and where it is. */
export function findPlaceholder(text: string): { placeholder: string; at: number } | undefined {
  const match = anyOne.exec(text);
  return match === null ? undefined : { placeholder: match[0], at: match.index };
}

/** What the placeholder stands for in the cluster: itself, if the cluster knows nothing of it. */
export function valueOf(placeholder: string, { name, variables }: PlaceholderNames): string {
  return placeholder === CLUSTER_NAME_PLACEHOLDER ? name : (variables?.[placeholder] ?? placeholder);
}

/** The text with the cluster's values in it. */
export function fillPlaceholders(text: string, names: PlaceholderNames): string {
  return text.replace(all, (placeholder) => valueOf(placeholder, names));
}

/** The text with placeholders wherever the cluster's values are. */
export function restorePlaceholders(text: string, { name, variables = {} }: PlaceholderNames): string {
  let restored = text.replaceAll(name, CLUSTER_NAME_PLACEHOLDER);
  for (const [placeholder, value] of Object.entries(variables))
    restored = restored.replaceAll(value, placeholder);
  return restored;
}
