import { StageSyntaxError } from './errors.js';
import { templatePieces, type ActionToken, type TemplatePiece } from './template-lexer.js';

/** What a pipeline is made of. */
export type Expression =
  | { readonly type: 'value'; readonly value: unknown }
  | { readonly type: 'dot' }
  | { readonly type: 'variable'; readonly name: string }
  | { readonly type: 'field'; readonly of: Expression; readonly name: string }
  | { readonly type: 'call'; readonly name: string; readonly args: readonly Expression[] };

/** A pipeline, with the variables that its value goes to. */
export interface Pipeline {
  readonly value: Expression;
  readonly variables: readonly string[];
  /** `:=` makes variables, `=` sets ones that are there. */
  readonly declares: boolean;
}

export type TemplateNode =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'action'; readonly pipeline: Pipeline }
  | {
      readonly type: 'if' | 'with' | 'range';
      readonly pipeline: Pipeline;
      readonly body: readonly TemplateNode[];
      readonly otherwise: readonly TemplateNode[];
    }
  | { readonly type: 'break' | 'continue' };

const unsupported = new Set(['define', 'template', 'block']);

/**
 * Reads a template of Go's text/template: actions, pipelines, variables, `if`, `with`, `range`, `break`, `continue`.
 *
 * @param isFunction whether there is a function of the name
 * @throws StageSyntaxError for what isn't a template, for `define`, `template`, `block` and unknown functions
 */
export function parseTemplate(text: string, isFunction: (name: string) => boolean): TemplateNode[] {
  const parser = new TemplateParser(templatePieces(text), isFunction);
  const { nodes, end } = parser.nodes(0);
  if (end !== undefined) throw new StageSyntaxError(`{{ ${end} }} without a beginning`);
  return nodes;
}

interface Block {
  nodes: TemplateNode[];
  /** The action that ended it: `end`, `else` or undefined for the end of the template. */
  end: 'end' | 'else' | undefined;
  /** Of `else`: what follows it. */
  rest?: ActionReader;
}

class TemplateParser {
  #next = 0;

  constructor(
    private readonly pieces: readonly TemplatePiece[],
    private readonly isFunction: (name: string) => boolean,
  ) {}

  /** @param loops how many `range`s are around */
  nodes(loops: number): Block {
    const nodes: TemplateNode[] = [];
    for (let piece; (piece = this.pieces[this.#next]) !== undefined;) {
      this.#next += 1;
      if (typeof piece === 'string') {
        nodes.push({ type: 'text', text: piece });
        continue;
      }
      const reader = new ActionReader(piece, this.isFunction);
      const keyword = reader.keyword();
      if (keyword === 'end' || keyword === 'else') return { nodes, end: keyword, rest: reader };
      if (keyword === 'if' || keyword === 'with' || keyword === 'range') {
        nodes.push(this.#control(keyword, reader, loops));
      } else if (keyword === 'break' || keyword === 'continue') {
        if (loops === 0) throw new StageSyntaxError(`{{ ${keyword} }} outside of range`);
        nodes.push({ type: keyword });
      } else {
        nodes.push({ type: 'action', pipeline: reader.pipeline() });
      }
    }
    return { nodes, end: undefined };
  }

  #control(type: 'if' | 'with' | 'range', reader: ActionReader, loops: number): TemplateNode {
    const pipeline = reader.pipeline();
    const body = this.nodes(type === 'range' ? loops + 1 : loops);
    if (body.end === undefined) throw new StageSyntaxError(`{{ ${type} }} without {{ end }}`);
    if (body.end === 'end') return { type, pipeline, body: body.nodes, otherwise: [] };
    const chained = body.rest?.keyword();
    if (chained === 'if' || chained === 'with') {
      const otherwise = [this.#control(chained, body.rest as ActionReader, loops)];
      return { type, pipeline, body: body.nodes, otherwise };
    }
    const otherwise = this.nodes(loops);
    if (otherwise.end !== 'end') throw new StageSyntaxError(`{{ else }} without {{ end }}`);
    return { type, pipeline, body: body.nodes, otherwise: otherwise.nodes };
  }
}

const keywords = new Set(['if', 'with', 'range', 'else', 'end', 'break', 'continue', ...unsupported]);

/** Reads the tokens of one action. */
class ActionReader {
  #next = 0;

  constructor(
    private readonly tokens: readonly ActionToken[],
    private readonly isFunction: (name: string) => boolean,
  ) {}

  get #peek(): ActionToken {
    return this.tokens[this.#next] ?? { kind: 'end', text: '}}', isAttached: false };
  }

  #is(text: string): boolean {
    return this.#peek.kind === 'symbol' && this.#peek.text === text;
  }

  #take(text: string): boolean {
    if (!this.#is(text)) return false;
    this.#next += 1;
    return true;
  }

  #unexpected(): StageSyntaxError {
    const around = this.tokens.map(({ text }) => text).join(' ');
    return new StageSyntaxError(`unexpected ${JSON.stringify(this.#peek.text)} in {{ ${around}`);
  }

  /** The keyword that comes next, taken. */
  keyword(): string | undefined {
    const { kind, text } = this.#peek;
    if (kind !== 'name' || !keywords.has(text)) return undefined;
    if (unsupported.has(text)) throw new StageSyntaxError(`{{ ${text} }} is not supported`);
    this.#next += 1;
    return text;
  }

  /** All that is left of the action. */
  pipeline(): Pipeline {
    const { variables, declares } = this.#variables();
    const value = this.#piped();
    if (this.#peek.kind !== 'end') throw this.#unexpected();
    return { value, variables, declares };
  }

  #variables(): { variables: string[]; declares: boolean } {
    const variables: string[] = [];
    for (let at = this.#next; this.tokens[at]?.kind === 'variable'; at += 2) {
      variables.push(this.tokens[at]?.text ?? '');
      const after = this.tokens[at + 1];
      if (after?.kind !== 'symbol') break;
      if (after.text === ':=' || after.text === '=') {
        this.#next = at + 2;
        return { variables, declares: after.text === ':=' };
      }
      if (after.text !== ',') break;
    }
    return { variables: [], declares: false };
  }

  #piped(): Expression {
    let value = this.#command(undefined);
    while (this.#take('|')) value = this.#command(value);
    return value;
  }

  /** @param piped the value of what stands before `|`: the last argument */
  #command(piped: Expression | undefined): Expression {
    const { kind, text } = this.#peek;
    if (kind === 'name' && text !== 'true' && text !== 'false' && text !== 'nil') {
      this.#next += 1;
      const args: Expression[] = [];
      for (let arg; (arg = this.#operand()) !== undefined;) args.push(arg);
      return this.#call(text, piped === undefined ? args : [...args, piped]);
    }
    const value = this.#operand();
    if (value === undefined || piped !== undefined) throw this.#unexpected();
    return value;
  }

  #call(name: string, args: readonly Expression[]): Expression {
    if (!this.isFunction(name)) throw new StageSyntaxError(`the template function ${name} is not supported`);
    return { type: 'call', name, args };
  }

  /** One operand with the fields that follow it; undefined if none comes. */
  #operand(): Expression | undefined {
    let value = this.#primary();
    if (value === undefined) return undefined;
    while (this.#peek.kind === 'field' && this.#peek.isAttached) {
      value = { type: 'field', of: value, name: this.#peek.text };
      this.#next += 1;
    }
    return value;
  }

  #primary(): Expression | undefined {
    const { kind, text, value } = this.#peek;
    if (this.#take('(')) {
      const inner = this.#piped();
      if (!this.#take(')')) throw this.#unexpected();
      return inner;
    }
    if (kind === 'symbol' || kind === 'end') return undefined;
    this.#next += 1;
    if (kind === 'value') return { type: 'value', value };
    if (kind === 'dot') return { type: 'dot' };
    if (kind === 'field') return { type: 'field', of: { type: 'dot' }, name: text };
    if (kind === 'variable') return { type: 'variable', name: text };
    if (text === 'true' || text === 'false') return { type: 'value', value: text === 'true' };
    return text === 'nil' ? { type: 'value', value: undefined } : this.#call(text, []);
  }
}
