import { StageSyntaxError } from './errors.js';

export interface JqToken {
  /** `name` is an identifier, `field` one with a dot before it. */
  readonly kind: 'field' | 'name' | 'string' | 'number' | 'symbol' | 'end';
  readonly text: string;
}

const pattern =
  /\s+|(?<field>\.[A-Za-z_]\w*)|(?<name>[A-Za-z_]\w*)|(?<number>\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)|(?<string>"(?:[^"\\]|\\.)*")|(?<symbol>\/\/|==|!=|<=|>=|[.[\]()|,?:<>+\-*/%])/suy;

/** The tokens of a jq expression, `end` the last. Throws StageSyntaxError at what jq's subset here doesn't have. */
export function jqTokens(text: string): JqToken[] {
  const tokens: JqToken[] = [];
  pattern.lastIndex = 0;
  while (pattern.lastIndex < text.length) {
    const at = pattern.lastIndex;
    const groups = pattern.exec(text)?.groups;
    if (groups === undefined) {
      throw new StageSyntaxError(
        `unexpected ${JSON.stringify(text.slice(at, at + 12))} in ${JSON.stringify(text)}`,
      );
    }
    if (groups['field'] !== undefined) tokens.push({ kind: 'field', text: groups['field'].slice(1) });
    else if (groups['name'] !== undefined) tokens.push({ kind: 'name', text: groups['name'] });
    else if (groups['number'] !== undefined) tokens.push({ kind: 'number', text: groups['number'] });
    else if (groups['symbol'] !== undefined) tokens.push({ kind: 'symbol', text: groups['symbol'] });
    else if (groups['string'] !== undefined) tokens.push({ kind: 'string', text: unquote(groups['string']) });
  }
  tokens.push({ kind: 'end', text: 'the end' });
  return tokens;
}

function unquote(literal: string): string {
  if (literal.includes('\\('))
    throw new StageSyntaxError(`string interpolation in ${literal} is not supported`);
  try {
    return JSON.parse(literal) as string;
  } catch {
    throw new StageSyntaxError(`${literal} is not a string`);
  }
}
