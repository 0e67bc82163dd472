import { StageSyntaxError } from './errors.js';

export interface ActionToken {
  readonly kind: 'field' | 'variable' | 'name' | 'value' | 'dot' | 'symbol' | 'end';
  /** Without the dot of a field; of a symbol one of `| ( ) , := =`. */
  readonly text: string;
  /** Of a string or number. */
  readonly value?: unknown;
  /** Nothing but the token before stands before it: `.a.b` is one operand, `.a .b` are two. */
  readonly isAttached: boolean;
}

/** A piece of a template: text, or the tokens between `{{` and `}}`. */
export type TemplatePiece = string | readonly ActionToken[];

const token =
  /(?<field>\.[A-Za-z_]\w*)|(?<dot>\.)|(?<variable>\$\w*)|(?<name>[A-Za-z_]\w*)|(?<number>[-+]?(?:0[xX][\da-fA-F]+|\d+(?:\.\d+)?(?:[eE][-+]?\d+)?))|(?<string>"(?:[^"\\\n]|\\.)*")|(?<raw>`[^`]*`)|(?<symbol>:=|[=|(),])/suy;

const space = /\s+/suy;
const close = /(?:\s+-|\s*)\}\}/suy;
const comment = /\{\{(?:- )?\/\*.*?\*\/(?: -)?\}\}/suy;

/**
 * Takes a template apart. `{{-` and `-}}` cut the space of the text beside them, comments are dropped
 * (https://pkg.go.dev/text/template). Throws StageSyntaxError.
 */
export function templatePieces(template: string): TemplatePiece[] {
  const pieces: TemplatePiece[] = [];
  let position = 0;
  let trims = false;
  const push = (text: string, trimsEnd: boolean): void => {
    const start = trims ? text.replace(/^\s+/u, '') : text;
    const whole = trimsEnd ? start.replace(/\s+$/u, '') : start;
    if (whole !== '') pieces.push(whole);
  };
  for (;;) {
    const open = template.indexOf('{{', position);
    if (open < 0) break;
    const trimsBefore = /^\{\{-\s/u.test(template.slice(open, open + 4));
    push(template.slice(position, open), trimsBefore);
    comment.lastIndex = open;
    const skipped = comment.exec(template)?.[0];
    if (skipped !== undefined) {
      position = open + skipped.length;
      trims = skipped.endsWith('-}}');
      continue;
    }
    const action = readAction(template, open + (trimsBefore ? 3 : 2));
    pieces.push(action.tokens);
    ({ end: position, trims } = action);
  }
  push(template.slice(position), false);
  return pieces;
}

function readAction(template: string, start: number): { tokens: ActionToken[]; end: number; trims: boolean } {
  const tokens: ActionToken[] = [];
  for (let at = start; ; at = token.lastIndex) {
    close.lastIndex = at;
    const mark = close.exec(template)?.[0];
    if (mark !== undefined) {
      tokens.push({ kind: 'end', text: '}}', isAttached: false });
      return { tokens, end: close.lastIndex, trims: mark.endsWith('-}}') };
    }
    space.lastIndex = at;
    const gap = space.exec(template)?.[0].length ?? 0;
    token.lastIndex = at + gap;
    const groups = token.exec(template)?.groups;
    if (groups === undefined) {
      const line = template.slice(0, at).split('\n').length;
      const rest = template.slice(at).trimStart();
      const found = rest === '' ? 'end' : JSON.stringify(rest.slice(0, 12));
      throw new StageSyntaxError(`unexpected ${found} in an action in line ${line} of the template`);
    }
    tokens.push(toToken(groups, gap === 0 && tokens.length > 0));
  }
}

function toToken(groups: Record<string, string | undefined>, isAttached: boolean): ActionToken {
  const { field, dot, variable, name, number, string, raw, symbol = '' } = groups;
  if (field !== undefined) return { kind: 'field', text: field.slice(1), isAttached };
  if (dot !== undefined) return { kind: 'dot', text: dot, isAttached };
  if (variable !== undefined) return { kind: 'variable', text: variable, isAttached };
  if (name !== undefined) return { kind: 'name', text: name, isAttached };
  if (number !== undefined) return { kind: 'value', text: number, value: Number(number), isAttached };
  if (raw !== undefined) return { kind: 'value', text: raw, value: raw.slice(1, -1), isAttached };
  if (string === undefined) return { kind: 'symbol', text: symbol, isAttached };
  try {
    return { kind: 'value', text: string, value: JSON.parse(string) as string, isAttached };
  } catch {
    throw new StageSyntaxError(`the text ${string} has an escape that is not supported`);
  }
}
