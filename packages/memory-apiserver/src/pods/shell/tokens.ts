import { ShellSyntaxError, type Part, type Token } from './syntax.js';

const OPERATORS = ['&&', '||', ';;', ';', '\n', '|', '&', '(', ')'];
const NAME = /^[A-Za-z_]\w*/;

/** Cuts a script into words, operators and redirections (POSIX.1-2017, Shell Command Language 2.3). Throws ShellSyntaxError. */
export function tokenize(script: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < script.length) {
    const rest = script.slice(at, at + 4);
    const blank = /^(?:[ \t\r]|\\\n)/.exec(rest);
    const redirection = /^([0-2]?)(>>|>&|<|>)/.exec(rest);
    const operator = OPERATORS.find((one) => rest.startsWith(one));
    if (blank !== null) at += blank[0].length;
    else if (rest.startsWith('#')) at = endOfLine(script, at);
    else if (redirection !== null) {
      const [whole, number = '', kind] = redirection;
      const from = number === '' ? (kind === '<' ? 0 : 1) : Number(number);
      tokens.push({ redirection: { from, operator: kind as '<' | '>' | '>>' | '>&' } });
      at += whole.length;
    } else if (operator !== undefined) {
      tokens.push({ operator });
      at += operator.length;
    } else {
      const reader = new WordReader(script, at);
      const word = reader.read();
      tokens.push({ word, plain: plainText(word) });
      at = reader.at;
    }
  }
  return tokens;
}

const endOfLine = (script: string, at: number): number => {
  const end = script.indexOf('\n', at);
  return end < 0 ? script.length : end;
};

/** The text of a word without quotes or expansions: only such can be keywords. */
function plainText(word: readonly Part[]): string | undefined {
  const [part] = word;
  return word.length === 1 && part?.kind === 'text' && !part.quoted ? part.text : undefined;
}

class WordReader {
  readonly #parts: Part[] = [];
  #text = '';

  constructor(
    private readonly script: string,
    public at: number,
  ) {}

  read(): Part[] {
    while (this.at < this.script.length) {
      const char = this.script[this.at] ?? '';
      if (/[\s;&|()<>]/.test(char)) break;
      if (char === "'") this.#single();
      else if (char === '"') this.#double();
      else if (char === '\\') this.#escaped();
      else if (char === '$' || char === '`') this.#expansion(false);
      else {
        this.#text += char;
        this.at += 1;
      }
    }
    this.#flush(false);
    return this.#parts;
  }

  #flush(quoted: boolean): void {
    // An empty pair of quotes is a word, too.
    if (this.#text !== '' || quoted) this.#parts.push({ kind: 'text', text: this.#text, quoted });
    this.#text = '';
  }

  #single(): void {
    this.#flush(false);
    const end = this.script.indexOf("'", this.at + 1);
    if (end < 0) throw new ShellSyntaxError('unterminated quoted string', true);
    this.#parts.push({ kind: 'text', text: this.script.slice(this.at + 1, end), quoted: true });
    this.at = end + 1;
  }

  #double(): void {
    this.#flush(false);
    this.at += 1;
    for (;;) {
      const char = this.script[this.at];
      if (char === undefined) throw new ShellSyntaxError('unterminated quoted string', true);
      if (char === '"') break;
      if (char === '\\') {
        const next = this.script[this.at + 1] ?? '';
        if (next !== '\n') this.#text += '$`"\\'.includes(next) ? next : `\\${next}`;
        this.at += 2;
      } else if (char === '$' || char === '`') {
        this.#expansion(true);
      } else {
        this.#text += char;
        this.at += 1;
      }
    }
    this.at += 1;
    this.#flush(true);
  }

  #escaped(): void {
    this.#flush(false);
    const next = this.script[this.at + 1] ?? '\\';
    if (next !== '\n') this.#parts.push({ kind: 'text', text: next, quoted: true });
    this.at += 2;
  }

  #expansion(quoted: boolean): void {
    const rest = this.script.slice(this.at + 1);
    const parts = this.#parts;
    const before = (): void => {
      if (this.#text !== '') this.#flush(quoted);
    };
    if (this.script[this.at] === '`') {
      const end = rest.indexOf('`');
      if (end < 0) throw new ShellSyntaxError('unterminated backquote', true);
      before();
      parts.push({ kind: 'command', script: rest.slice(0, end), quoted });
      this.at += end + 2;
    } else if (rest.startsWith('(')) {
      const end = closingBracket(rest);
      before();
      parts.push({ kind: 'command', script: rest.slice(1, end), quoted });
      this.at += end + 2;
    } else if (rest.startsWith('{')) {
      const [whole = '', name = '', otherwise = ''] =
        /^\{([A-Za-z_]\w*|[?$#])(?::?-([^}]*))?\}/.exec(rest) ?? [];
      if (whole === '') throw new ShellSyntaxError('bad substitution', !rest.includes('}'));
      before();
      parts.push({ kind: 'variable', name, otherwise, quoted });
      this.at += 1 + whole.length;
    } else {
      const name = NAME.exec(rest)?.[0] ?? (/^[?$#]/.exec(rest)?.[0] || '');
      if (name === '') {
        this.#text += '$';
        this.at += 1;
        return;
      }
      before();
      parts.push({ kind: 'variable', name, otherwise: '', quoted });
      this.at += 1 + name.length;
    }
  }
}

/** Where the bracket that begins the text is closed; quotes inside count. */
function closingBracket(text: string): number {
  let depth = 0;
  let quote = '';
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] ?? '';
    if (char === '\\' && quote !== "'") at += 1;
    else if (quote !== '') quote = char === quote ? '' : quote;
    else if (char === "'" || char === '"') quote = char;
    else if (char === '(') depth += 1;
    else if (char === ')' && --depth === 0) return at;
  }
  throw new ShellSyntaxError('unterminated command substitution', true);
}
