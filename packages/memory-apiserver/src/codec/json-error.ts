import { goQuote } from './go-quote.js';

/** What Go's `encoding/json` says of a text that isn't JSON: `invalid character 'b' looking for beginning of value`. */
export function jsonError(text: string): string {
  try {
    new Scanner(text).document();
  } catch (error) {
    if (error instanceof SyntaxError) return error.message;
    throw error;
  }
  return '';
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const SPACE = /[ \t\r\n]*/y;

class Scanner {
  #at = 0;

  constructor(private readonly text: string) {}

  document(): void {
    this.#value();
    if (this.#next() !== '') this.#fail('after top-level value');
  }

  /** The next character that isn't white space; `''` at the end. */
  #next(): string {
    SPACE.lastIndex = this.#at;
    SPACE.exec(this.text);
    this.#at = SPACE.lastIndex;
    return this.text.charAt(this.#at);
  }

  #fail(where: string): never {
    const found = this.text.codePointAt(this.#at);
    if (found === undefined) throw new SyntaxError('unexpected end of JSON input');
    throw new SyntaxError(`invalid character ${quoted(found)} ${where}`);
  }

  #value(): void {
    const first = this.#next();
    if (first === '{') this.#members('}', 'object key:value pair');
    else if (first === '[') this.#members(']', 'array element');
    else if (first === '"') this.#string();
    else if (first === 't') this.#literal('true');
    else if (first === 'f') this.#literal('false');
    else if (first === 'n') this.#literal('null');
    else this.#number();
  }

  #number(): void {
    NUMBER.lastIndex = this.#at;
    if (!NUMBER.test(this.text)) this.#fail('looking for beginning of value');
    this.#at = NUMBER.lastIndex;
  }

  #literal(word: string): void {
    for (const letter of word) {
      const found = this.text.codePointAt(this.#at);
      // Go's scanner takes the end of the text for a space here.
      if (found !== letter.codePointAt(0))
        throw new SyntaxError(
          `invalid character ${quoted(found ?? 0x20)} in literal ${word} (expecting '${letter}')`,
        );
      this.#at += 1;
    }
  }

  #members(end: string, what: string): void {
    this.#at += 1;
    if (this.#next() === end) {
      this.#at += 1;
      return;
    }
    for (;;) {
      if (end === '}') this.#key();
      this.#value();
      const separator = this.#next();
      if (separator !== ',' && separator !== end) this.#fail(`after ${what}`);
      this.#at += 1;
      if (separator === end) return;
    }
  }

  #key(): void {
    if (this.#next() !== '"') this.#fail('looking for beginning of object key string');
    this.#string();
    if (this.#next() !== ':') this.#fail('after object key');
    this.#at += 1;
  }

  #string(): void {
    for (this.#at += 1; ; this.#at += 1) {
      const character = this.text.charAt(this.#at);
      if (character === '"') break;
      if (character < ' ') this.#fail('in string literal');
      if (character !== '\\') continue;
      this.#at += 1;
      if (!/["\\/bfnrtu]/.test(this.text.charAt(this.#at))) this.#fail('in string escape code');
    }
    this.#at += 1;
  }
}

/** As Go's `quoteChar`. */
function quoted(code: number): string {
  const character = String.fromCodePoint(code);
  if (character === "'") return "'\\''";
  if (character === '"') return `'"'`;
  return `'${goQuote(character).slice(1, -1)}'`;
}
