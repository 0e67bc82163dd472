import { badRequest } from '../errors.js';
import { labelValue, qualifiedName } from '../schema/validation/names.js';

type Labels = Readonly<Record<string, string>>;

/** One term of a label selector; all terms of a selector must hold. */
export interface LabelRequirement {
  readonly key: string;
  readonly operator: '=' | '!=' | 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt';
  readonly values: readonly string[];
}

/** Symbols stand for themselves, words are what is between them; at the end of the text stands `''`. */
const TOKEN = /\s*(==|!=|=|!|,|\(|\)|>|<|[^\s=!,()<>]+)/y;

function tokens(text: string): string[] {
  const found: string[] = [];
  const end = text.trimEnd().length;
  for (TOKEN.lastIndex = 0; TOKEN.lastIndex < end;) found.push(TOKEN.exec(text)?.[1] ?? '');
  return found;
}

const isWord = (token: string): boolean => /^[^=!,()<>]/.test(token);

const OPERATORS: Readonly<Record<string, LabelRequirement['operator']>> = {
  in: 'in',
  notin: 'notin',
  '=': '=',
  '==': '=',
  '!=': '!=',
  '>': 'gt',
  '<': 'lt',
};

/** Reads tokens one after another; what it throws is the reason alone. */
class Parser {
  #at = 0;
  readonly #tokens: readonly string[];

  constructor(text: string) {
    this.#tokens = tokens(text);
  }

  get next(): string {
    return this.#tokens[this.#at] ?? '';
  }

  take(): string {
    const token = this.next;
    this.#at += 1;
    return token;
  }

  requirement(): LabelRequirement {
    const negated = this.next === '!';
    if (negated) this.take();
    const key = this.take();
    if (!isWord(key)) throw expected(key, ', expected: identifier');
    const wrong = qualifiedName(key)[0];
    if (wrong !== undefined) throw new RangeError(`<nil>: Invalid value: ${JSON.stringify(key)}: ${wrong}`);
    if (negated) return { key, operator: '!', values: [] };
    if (this.next === '' || this.next === ',') return { key, operator: 'exists', values: [] };
    const token = this.take();
    const operator = Object.hasOwn(OPERATORS, token) ? OPERATORS[token] : undefined;
    if (operator === undefined) throw expected(token, ', expected: in, notin, =, ==, !=, gt, lt');
    const values = operator === 'in' || operator === 'notin' ? this.#list() : [this.#value()];
    checkValues(key, operator, values);
    return { key, operator, values };
  }

  /** A value may be empty: `a=`. */
  #value(): string {
    if (this.next === '' || this.next === ',') return '';
    const value = this.take();
    if (!isWord(value)) throw expected(value, ', expected: identifier');
    return value;
  }

  /** `(x, y)`; between commas there may be nothing, which is the empty value. */
  #list(): string[] {
    const first = this.take();
    if (first !== '(') throw expected(first, " expected: '('");
    if (!isWord(this.next) && this.next !== ',' && this.next !== ')')
      throw expected(this.next, ", expected: ',', ')' or identifier");
    const values = new Set<string>();
    for (let separator = ','; separator === ',';) {
      values.add(isWord(this.next) ? this.take() : '');
      separator = this.take();
      if (separator !== ',' && separator !== ')') throw expected(separator, ", expected: ',' or ')'");
    }
    return [...values].sort();
  }
}

const expected = (found: string, what: string): RangeError => new RangeError(`found '${found}'${what}`);

const INTEGER = /^-?\d+$/;

function checkValues(key: string, operator: LabelRequirement['operator'], values: readonly string[]): void {
  for (const [index, value] of values.entries()) {
    const shown = JSON.stringify(value);
    if ((operator === 'gt' || operator === 'lt') && !INTEGER.test(value))
      throw new RangeError(
        `values[${index}]: Invalid value: ${shown}: for 'Gt', 'Lt' operators, the value must be an integer`,
      );
    const wrong = labelValue(value)[0];
    if (wrong !== undefined)
      throw new RangeError(`values[${index}][${key}]: Invalid value: ${shown}: ${wrong}`);
  }
}

/**
 * Parses `a=b,c!=d,e in (x,y),f notin (z),g,!h,i>1,j<5`: k8s.io/apimachinery `pkg/labels` `Parse`.
 * Throws BadRequest.
 */
export function parseLabelSelector(text: string): LabelRequirement[] {
  const parser = new Parser(text);
  const requirements: LabelRequirement[] = [];
  if (parser.next === '') return requirements;
  if (!isWord(parser.next) && parser.next !== '!')
    throw badRequest(`found '${parser.next}', expected: !, identifier, or 'end of string'`);
  for (;;) {
    try {
      requirements.push(parser.requirement());
    } catch (error) {
      if (error instanceof RangeError) throw badRequest(`unable to parse requirement: ${error.message}`);
      throw error;
    }
    const separator = parser.take();
    if (separator === '') return requirements;
    if (separator !== ',') throw badRequest(`found '${separator}', expected: ',' or 'end of string'`);
    if (!isWord(parser.next) && parser.next !== '!')
      throw badRequest(`found '${parser.next}', expected: identifier after ','`);
  }
}

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
      if (value === undefined || !INTEGER.test(value)) return false;
      return operator === 'gt' ? BigInt(value) > BigInt(bound) : BigInt(value) < BigInt(bound);
    }
  }
}

/** True if all requirements hold; labels that are absent are an empty set. */
export function matchLabels(requirements: readonly LabelRequirement[], labels: Labels | undefined): boolean {
  return requirements.every((requirement) => holds(requirement, labels ?? {}));
}

/**
 * Texts of which an object's compact JSON has at least one of each list, if all requirements hold for its labels: an
 * object without them needn't be parsed.
 */
export function textsOfLabels(requirements: readonly LabelRequirement[]): string[][] {
  return requirements.flatMap(({ key, operator, values }) => {
    const label = `${JSON.stringify(key)}:`;
    switch (operator) {
      case '=':
      case 'in':
        return [values.map((value) => label + JSON.stringify(value))];
      case 'exists':
      case 'gt':
      case 'lt':
        return [[label]];
      case '!=':
      case 'notin':
      case '!':
        return [];
    }
  });
}
