import { badRequest } from '../errors.js';

type Labels = Readonly<Record<string, string>>;

/** One term of a label selector; all terms of a selector must hold. */
export interface LabelRequirement {
  readonly key: string;
  readonly operator: '=' | '!=' | 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt';
  readonly values: readonly string[];
}

const TOKEN = /\s*(==|!=|=|!|,|\(|\)|>|<|[^\s=!,()<>]+)/y;

function tokens(text: string): string[] {
  const found: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const match = TOKEN.exec(text);
    if (match === null) throw badRequest(`unable to parse requirement: unexpected character in "${text}"`);
    found.push(match[1] ?? '');
  }
  return found;
}

const isWord = (token: string | undefined): token is string =>
  token !== undefined && /^[^=!,()<>]/.test(token);

/**
 * Parses `a=b,c!=d,e in (x,y),f notin (z),g,!h,i>1,j<5`: k8s.io/apimachinery `pkg/labels` `Parse`.
 * Throws BadRequest.
 */
export function parseLabelSelector(text: string): LabelRequirement[] {
  const input = tokens(text);
  const requirements: LabelRequirement[] = [];
  let at = 0;
  const fail = (): never => {
    throw badRequest(
      `unable to parse requirement: found '${input[at] ?? ''}', expected a valid label selector in "${text}"`,
    );
  };
  const word = (): string => {
    const token = input[at];
    if (!isWord(token)) return fail();
    at += 1;
    return token;
  };
  /** A value may be empty: `a=` or `a in (,x)`. */
  const value = (): string => (isWord(input[at]) ? word() : '');
  const list = (): string[] => {
    if (input[at] !== '(') fail();
    at += 1;
    const values = [value()];
    for (; input[at] === ','; values.push(value())) at += 1;
    if (input[at] !== ')') fail();
    at += 1;
    return values;
  };
  const requirement = (): LabelRequirement => {
    if (input[at] === '!') {
      at += 1;
      return { key: word(), operator: '!', values: [] };
    }
    const key = word();
    const operator = input[at];
    if (operator === undefined || operator === ',') return { key, operator: 'exists', values: [] };
    at += 1;
    if (operator === '=' || operator === '==') return { key, operator: '=', values: [value()] };
    if (operator === '!=') return { key, operator: '!=', values: [value()] };
    if (operator === '>' || operator === '<')
      return { key, operator: operator === '>' ? 'gt' : 'lt', values: [word()] };
    if (operator === 'in' || operator === 'notin') return { key, operator, values: list() };
    at -= 1;
    return fail();
  };
  while (at < input.length) {
    requirements.push(requirement());
    if (at < input.length && input[at] !== ',') fail();
    if (at === input.length - 1) fail();
    at += 1;
  }
  return requirements;
}

const INTEGER = /^-?\d+$/;

function holds({ key, operator, values }: LabelRequirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case '=':
    case 'in':
      return value !== undefined && values.includes(value);
    case '!=':
    case 'notin':
      return value === undefined || !values.includes(value);
    case 'exists':
      return value !== undefined;
    case '!':
      return value === undefined;
    case 'gt':
    case 'lt': {
      const bound = values[0] ?? '';
      if (value === undefined || !INTEGER.test(value) || !INTEGER.test(bound)) return false;
      return operator === 'gt' ? BigInt(value) > BigInt(bound) : BigInt(value) < BigInt(bound);
    }
  }
}

/** True if all requirements hold; labels that are absent are an empty set. */
export function matchLabels(requirements: readonly LabelRequirement[], labels: Labels | undefined): boolean {
  return requirements.every((requirement) => holds(requirement, labels ?? {}));
}
