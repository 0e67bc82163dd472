import { StageSyntaxError } from './errors.js';
import {
  alternative,
  at,
  attempt,
  both,
  comma,
  each,
  identity,
  literal,
  logical,
  operators,
  pipe,
  type Filter,
} from './jq-filters.js';
import { jqFunction } from './jq-functions.js';
import { jqTokens, type JqToken } from './jq-lexer.js';

/** The outputs of a query that are not null; undefined if it fails on the input, as jq would with an error. */
export type Query = (input: unknown) => unknown[] | undefined;

/**
 * Compiles the part of jq that Stages use: paths (`.a.b`, `.["k"]`, `.[0]`, `.[]`, `?`), pipes, commas, `//`, `and`,
 * `or`, comparisons, arithmetic, strings, numbers, parentheses, and `select`, `not`, `length`, `has`, `any`, `all`,
 * `map`, `keys`, `first`, `last`, `type`, `tostring`, `tonumber`, `floor`, `startswith`, `endswith`, `contains` (of
 * texts), `ascii_downcase`, `ascii_upcase`, `values`, `empty`.
 *
 * @throws StageSyntaxError for anything else
 */
export function compileJq(text: string): Query {
  const filter = new JqParser(text).parse();
  return (input) => {
    const values: unknown[] = [];
    const ok = filter(input, (value) => {
      if (value !== null && value !== undefined) values.push(value);
    });
    return ok ? values : undefined;
  };
}

/** Recursive descent, from the operator that binds least: `|`, `,`, `//`, `or`, `and`, comparison, sum, product. */
class JqParser {
  readonly #tokens: JqToken[];
  #next = 0;

  constructor(private readonly text: string) {
    this.#tokens = jqTokens(text);
  }

  parse(): Filter {
    const filter = this.#pipe();
    if (this.#peek.kind !== 'end') throw this.#unexpected();
    return filter;
  }

  get #peek(): JqToken {
    const token = this.#tokens[this.#next] ?? this.#tokens.at(-1);
    if (token === undefined) throw new StageSyntaxError('an expression has no tokens');
    return token;
  }

  #unexpected(): StageSyntaxError {
    const { kind, text } = this.#peek;
    const found = kind === 'end' ? 'end' : JSON.stringify(kind === 'field' ? `.${text}` : text);
    return new StageSyntaxError(`unexpected ${found} in ${JSON.stringify(this.text)}`);
  }

  /** Takes the symbol or keyword if it comes next. */
  #take(...texts: string[]): string | undefined {
    const { kind, text } = this.#peek;
    if ((kind !== 'symbol' && kind !== 'name') || !texts.includes(text)) return undefined;
    this.#next += 1;
    return text;
  }

  #expect(text: string): void {
    if (this.#take(text) === undefined) throw this.#unexpected();
  }

  #pipe(): Filter {
    let filter = this.#comma();
    while (this.#take('|') !== undefined) filter = pipe(filter, this.#comma());
    return filter;
  }

  #comma(): Filter {
    let filter = this.#alternative();
    while (this.#take(',') !== undefined) filter = comma(filter, this.#alternative());
    return filter;
  }

  #alternative(): Filter {
    const filter = this.#or();
    return this.#take('//') === undefined ? filter : alternative(filter, this.#alternative());
  }

  #or(): Filter {
    let filter = this.#and();
    while (this.#take('or') !== undefined) filter = logical(filter, this.#and(), true);
    return filter;
  }

  #and(): Filter {
    let filter = this.#comparison();
    while (this.#take('and') !== undefined) filter = logical(filter, this.#comparison(), false);
    return filter;
  }

  #comparison(): Filter {
    const left = this.#sum();
    const operator = this.#take('==', '!=', '<', '<=', '>', '>=');
    return operator === undefined ? left : this.#binary(operator, left, this.#sum());
  }

  #sum(): Filter {
    let filter = this.#product();
    for (let operator; (operator = this.#take('+', '-')) !== undefined;)
      filter = this.#binary(operator, filter, this.#product());
    return filter;
  }

  #product(): Filter {
    let filter = this.#postfix();
    for (let operator; (operator = this.#take('*', '/', '%')) !== undefined;)
      filter = this.#binary(operator, filter, this.#postfix());
    return filter;
  }

  #binary(operator: string, left: Filter, right: Filter): Filter {
    const combine = operators[operator];
    if (combine === undefined) throw this.#unexpected();
    return both(left, right, combine);
  }

  #postfix(): Filter {
    let filter = this.#term();
    for (;;) {
      const { kind, text } = this.#peek;
      if (kind === 'field') {
        this.#next += 1;
        filter = at(filter, literal(text));
      } else if (this.#take('?') !== undefined) {
        filter = attempt(filter);
      } else if (this.#take('.') !== undefined) {
        filter = this.#dotted(filter);
      } else if (this.#peek.text === '[' && kind === 'symbol') {
        filter = this.#brackets(filter);
      } else {
        return filter;
      }
    }
  }

  /** After a dot that no name follows: `."name"` or `.[…]`. */
  #dotted(target: Filter): Filter {
    const { kind, text } = this.#peek;
    if (kind === 'string') {
      this.#next += 1;
      return at(target, literal(text));
    }
    if (kind === 'symbol' && text === '[') return this.#brackets(target);
    throw this.#unexpected();
  }

  #brackets(target: Filter): Filter {
    this.#expect('[');
    if (this.#take(']') !== undefined) return pipe(target, each);
    const key = this.#pipe();
    this.#expect(']');
    return at(target, key);
  }

  #term(): Filter {
    const { kind, text } = this.#peek;
    if (kind === 'field') return identity;
    if (kind === 'string' || kind === 'number') {
      this.#next += 1;
      return literal(kind === 'string' ? text : Number(text));
    }
    if (this.#take('-') !== undefined)
      return both(literal(0), this.#postfix(), operators['-'] ?? (() => undefined));
    if (this.#take('(') !== undefined) {
      const filter = this.#pipe();
      this.#expect(')');
      return filter;
    }
    if (kind === 'symbol' && text === '.') {
      const after = this.#tokens[this.#next + 1];
      if (after?.kind === 'string' || (after?.kind === 'symbol' && after.text === '[')) return identity;
      this.#next += 1;
      return identity;
    }
    if (kind === 'name') return this.#named();
    throw this.#unexpected();
  }

  #named(): Filter {
    const { text } = this.#peek;
    this.#next += 1;
    if (text === 'true' || text === 'false') return literal(text === 'true');
    if (text === 'null') return literal(null);
    const args: Filter[] = [];
    if (this.#take('(') !== undefined) {
      args.push(this.#pipe());
      this.#expect(')');
    }
    const filter = jqFunction(text, args);
    if (filter !== undefined) return filter;
    throw new StageSyntaxError(
      `the jq function ${text}/${args.length} in ${JSON.stringify(this.text)} is not supported`,
    );
  }
}
