import {
  ShellSyntaxError,
  type Command,
  type List,
  type Pipeline,
  type Redirection,
  type Token,
  type Word,
} from './syntax.js';
import { tokenize } from './tokens.js';

/** Words that end the list before them. */
const CLOSING = new Set(['then', 'else', 'elif', 'fi', 'do', 'done', '}']);
/** Deeper nesting is refused rather than run out of stack. */
const MAX_DEPTH = 50;

/** Parses a shell script: POSIX.1-2017, Shell Command Language 2.10, without functions and `case`. Throws ShellSyntaxError. */
export function parseScript(script: string): List {
  const parser = new Parser(tokenize(script));
  const list = parser.list();
  parser.end();
  return list;
}

class Parser {
  #next = 0;
  #depth = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  end(): void {
    if (this.#next < this.tokens.length) this.#unexpected();
  }

  list(): List {
    if (++this.#depth > MAX_DEPTH) throw new ShellSyntaxError('nested too deeply');
    const list: Pipeline[] = [];
    let after: Pipeline['after'] = ';';
    for (;;) {
      this.#skipLines(after);
      if (this.#atEnd()) {
        if (after !== ';') this.#unexpected();
        break;
      }
      list.push(this.#pipeline(after));
      const operator = this.#operator();
      if (operator === '&&' || operator === '||') after = operator;
      else if (operator === ';' || operator === '\n' || operator === '&') after = ';';
      else break;
      this.#next += 1;
    }
    this.#depth -= 1;
    return list;
  }

  #skipLines(after: string): void {
    while (this.#operator() === '\n' || (after === ';' && this.#operator() === ';')) this.#next += 1;
  }

  #atEnd(): boolean {
    return this.#next >= this.tokens.length || this.#operator() === ')' || CLOSING.has(this.#plain() ?? '');
  }

  #operator(): string | undefined {
    const token = this.tokens[this.#next];
    return token !== undefined && 'operator' in token ? token.operator : undefined;
  }

  #plain(): string | undefined {
    const token = this.tokens[this.#next];
    return token !== undefined && 'word' in token ? token.plain : undefined;
  }

  #unexpected(): never {
    const token = this.tokens[this.#next];
    if (token === undefined) throw new ShellSyntaxError('syntax error: unexpected end of file', true);
    const shown =
      'operator' in token ? token.operator : 'word' in token ? (token.plain ?? 'word') : 'redirection';
    throw new ShellSyntaxError(`syntax error: unexpected "${shown === '\n' ? 'newline' : shown}"`);
  }

  #expect(keyword: string): void {
    if (this.#plain() !== keyword) this.#unexpected();
    this.#next += 1;
  }

  #pipeline(after: Pipeline['after']): Pipeline {
    const negated = this.#plain() === '!';
    if (negated) this.#next += 1;
    const commands = [this.#command()];
    while (this.#operator() === '|') {
      this.#next += 1;
      this.#skipLines('|');
      commands.push(this.#command());
    }
    return { negated, commands, after };
  }

  #command(): Command {
    if (this.#operator() === '(') {
      this.#next += 1;
      const list = this.list();
      if (this.#operator() !== ')') this.#unexpected();
      this.#next += 1;
      return { kind: 'group', list, subshell: true };
    }
    switch (this.#plain()) {
      case '{': {
        this.#next += 1;
        const list = this.list();
        this.#expect('}');
        return { kind: 'group', list, subshell: false };
      }
      case 'if':
        return this.#if();
      case 'while':
      case 'until':
        return this.#loop();
      case 'for':
        return this.#for();
      default:
        return this.#simple();
    }
  }

  #if(): Command {
    const branches: [List, List][] = [];
    do {
      this.#next += 1;
      const condition = this.list();
      this.#expect('then');
      branches.push([condition, this.list()]);
    } while (this.#plain() === 'elif');
    let otherwise: List = [];
    if (this.#plain() === 'else') {
      this.#next += 1;
      otherwise = this.list();
    }
    this.#expect('fi');
    return { kind: 'if', branches, otherwise };
  }

  #loop(): Command {
    const until = this.#plain() === 'until';
    this.#next += 1;
    const condition = this.list();
    return { kind: 'loop', condition, until, body: this.#body() };
  }

  #for(): Command {
    this.#next += 1;
    const name = this.#plain();
    if (name === undefined || !/^[A-Za-z_]\w*$/.test(name)) this.#unexpected();
    this.#next += 1;
    const words: Word[] = [];
    if (this.#plain() === 'in') {
      this.#next += 1;
      for (let token = this.tokens[this.#next]; token !== undefined && 'word' in token;) {
        words.push(token.word);
        token = this.tokens[++this.#next];
      }
    }
    this.#skipLines(';');
    return { kind: 'for', name, words, body: this.#body() };
  }

  #body(): List {
    this.#expect('do');
    const body = this.list();
    this.#expect('done');
    return body;
  }

  #simple(): Command {
    const assignments: [string, Word][] = [];
    const words: Word[] = [];
    const redirections: Redirection[] = [];
    for (; ; this.#next += 1) {
      const token = this.tokens[this.#next];
      if (token === undefined || 'operator' in token) break;
      if ('redirection' in token) {
        const target = this.tokens[++this.#next];
        if (target === undefined || !('word' in target)) this.#unexpected();
        redirections.push({ ...token.redirection, target: target.word });
        continue;
      }
      const assignment = words.length === 0 ? assignmentOf(token.word) : undefined;
      if (assignment === undefined) words.push(token.word);
      else assignments.push(assignment);
    }
    if (words.length + assignments.length + redirections.length === 0) this.#unexpected();
    return { kind: 'simple', assignments, words, redirections };
  }
}

function assignmentOf([first, ...rest]: Word): [string, Word] | undefined {
  if (first?.kind !== 'text' || first.quoted) return undefined;
  const [whole, name = ''] = /^([A-Za-z_]\w*)=/.exec(first.text) ?? [];
  if (whole === undefined) return undefined;
  const text = first.text.slice(whole.length);
  return [name, text === '' ? rest : [{ ...first, text }, ...rest]];
}
