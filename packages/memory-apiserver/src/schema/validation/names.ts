import { isIP } from 'node:net';

/**
 * Formats of names; each answers why a value isn't one, nothing if it is.
 * Source: k8s.io/apimachinery `pkg/util/validation/validation.go`.
 */
export type Format = (value: string) => string[];

const regexError = (what: string, pattern: string, ...examples: string[]): string =>
  `${what} (e.g. ${examples.map((example, index) => (index === 0 ? `'${example}'` : `or '${example}'`)).join(',  ')}, regex used for validation is '${pattern}')`;

const tooLong = (max: number): string => `must be no more than ${max} characters`;

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const labelError = regexError(
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  label,
  'my-name',
  '123-abc',
);
const subdomain = `${label}(\\.${label})*`;
const subdomainError = regexError(
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  subdomain,
  'example.com',
);
const label1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';
const label1035Error = regexError(
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
  label1035,
  'my-name',
  'abc-123',
);
const qualifiedPart = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const qualifiedCharacters =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const qualifiedExamples = ['MyName', 'my.name', '123-abc'];
const labelValuePattern = `(${qualifiedPart})?`;

const check = (pattern: string, error: string, max: number): Format => {
  const expression = new RegExp(`^${pattern}$`);
  return (value) => [
    ...(value.length > max ? [tooLong(max)] : []),
    ...(expression.test(value) ? [] : [error]),
  ];
};

export const dns1123Subdomain = check(subdomain, subdomainError, 253);
const plainLabel = check(label, labelError, 63);
/** A label; of a subdomain in its place upstream says so in a word. */
export const dns1123Label: Format = (value) =>
  plainLabel(value).map((error) =>
    error === labelError && dns1123Subdomain(value).length === 0 ? 'must not contain dots' : error,
  );
export const dns1035Label = check(label1035, label1035Error, 63);
export const labelValue = check(
  labelValuePattern,
  regexError(
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
    labelValuePattern,
    'MyValue',
    'my_value',
    '12345',
  ),
  63,
);

const qualifiedExpression = new RegExp(`^${qualifiedPart}$`);

/** Keys of labels and annotations: `[prefix/]name`. */
export const qualifiedName: Format = (value) => {
  const parts = value.split('/');
  if (parts.length > 2)
    return [
      `${regexError(`a qualified name ${qualifiedCharacters}`, qualifiedPart, ...qualifiedExamples)} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  const name = parts.at(-1) ?? '';
  const errors: string[] = [];
  if (parts.length === 2) {
    const prefix = parts[0] ?? '';
    if (prefix === '') errors.push('prefix part must be non-empty');
    else errors.push(...dns1123Subdomain(prefix).map((error) => `prefix part ${error}`));
  }
  if (name === '') errors.push('name part must be non-empty');
  else if (name.length > 63) errors.push(`name part ${tooLong(63)}`);
  if (!qualifiedExpression.test(name))
    errors.push(regexError(`name part ${qualifiedCharacters}`, qualifiedPart, ...qualifiedExamples));
  return errors;
};

/** Names that only have to fit into a URL, such as those of roles. */
export const pathSegment: Format = (value) => {
  if (value === '.' || value === '..') return [`may not be '${value}'`];
  return ['/', '%']
    .filter((character) => value.includes(character))
    .map((character) => `may not contain '${character}'`);
};

/** Keys of ConfigMaps and Secrets. */
export const configKey: Format = (value) => {
  const errors = value.length > 253 ? [tooLong(253)] : [];
  if (!/^[-._a-zA-Z0-9]+$/.test(value))
    errors.push(
      regexError(
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
        '[-._a-zA-Z0-9]+',
        'key.name',
        'KEY_NAME',
        'key-name',
      ),
    );
  if (value === '.' || value === '..') errors.push(`must not be '${value}'`);
  else if (value.startsWith('..')) errors.push("must not start with '..'");
  return errors;
};

/** IANA service names, as ports of pods and services have. */
export const portName: Format = (value) => {
  const errors = value.length > 15 ? ['must be no more than 15 characters'] : [];
  if (!/^[-a-z0-9]+$/.test(value))
    errors.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(value)) errors.push('must contain at least one letter (a-z)');
  if (value.includes('--')) errors.push('must not contain consecutive hyphens');
  if (value.startsWith('-') || value.endsWith('-')) errors.push('must not begin or end with a hyphen');
  return errors;
};

export const portNumber = (value: unknown): string[] =>
  typeof value === 'number' && value >= 1 && value <= 65_535
    ? []
    : ['must be between 1 and 65535, inclusive'];

/** A port by number or name. */
export const portOrName = (value: unknown): string[] =>
  typeof value === 'string' ? portName(value) : portNumber(value);

export const ipAddress: Format = (value) =>
  isIP(value) === 0 ? ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'] : [];

export const cidr: Format = (value) => {
  const [address = '', bits = ''] = value.split('/');
  const family = isIP(address);
  const fits = family !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128);
  return fits ? [] : ['must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'];
};

/** A count, or a percentage such as `25%`. */
export const intOrPercent = (value: unknown): string[] => {
  if (typeof value === 'number') return value < 0 ? ['must be greater than or equal to 0'] : [];
  return typeof value === 'string' && /^[0-9]+%$/.test(value)
    ? []
    : [
        regexError(
          "a valid percent string must be a numeric string followed by an ending '%'",
          '[0-9]+%',
          '1%',
          '93%',
        ),
      ];
};
