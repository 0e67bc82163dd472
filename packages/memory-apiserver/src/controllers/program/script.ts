import { UnknownProgram } from './errors.js';
import type { Environment, Token } from './words.js';
import { expand, tokenize } from './words.js';

/** How a program ends. */
export interface ProgramEnd {
  readonly exitCode: number;
  /** How long it runs; Infinity if it never ends by itself. */
  readonly seconds: number;
}

/** A program that takes this many commands is taken for a loop without end. */
const maxCommands = 1_000;

/** Ends the script from wherever it is. */
class Exit extends Error {
  constructor(readonly code: number) {
    super(`exit ${code}`);
  }
}

/**
 * Runs a POSIX shell script of commands whose outcome follows from the script: `exit`, `sleep`, `echo`, `test`,
 * `true`, `false`, with `if`, `while`, `until`, `&&`, `||`. Time only adds up. Throws {@link UnknownProgram} for
 * anything else.
 */
export function runScript(script: string, environment: Environment): ProgramEnd {
  return new Run(tokenize(script), environment).end();
}

/** The end of one command without a shell. Throws {@link UnknownProgram} if it isn't one of those above. */
export function runCommand(args: readonly string[]): ProgramEnd {
  return new Run([], new Map()).endOf(args);
}

class Run {
  #next = 0;
  #seconds = 0;
  #commands = 0;
  readonly #environment: Map<string, string>;

  constructor(
    readonly tokens: readonly Token[],
    environment: Environment,
  ) {
    this.#environment = new Map(environment);
  }

  end(): ProgramEnd {
    // A first pass that runs nothing, as an early `exit` would hide that the rest can't be read.
    this.#list(false, []);
    if (this.#next < this.tokens.length) throw new UnknownProgram('more than a list of commands');
    this.#next = 0;
    return this.#ending(() => this.#list(true, []));
  }

  endOf(args: readonly string[]): ProgramEnd {
    return this.#ending(() => this.#command(args));
  }

  #ending(run: () => number): ProgramEnd {
    try {
      return { exitCode: run(), seconds: this.#seconds };
    } catch (reason) {
      if (reason instanceof Exit) return { exitCode: reason.code, seconds: this.#seconds };
      throw reason;
    }
  }

  /** Commands up to one of these keywords. Those not `live` are only read. */
  #list(live: boolean, until: readonly string[]): number {
    let status = 0;
    let wanted = live;
    for (;;) {
      const token = this.tokens[this.#next];
      if (token === undefined || ('word' in token && until.includes(token.word))) return status;
      if ('separator' in token) {
        this.#next++;
        wanted = live && (token.separator === ';' || (token.separator === '&&') === (status === 0));
      } else {
        const result = this.#statement(wanted, token.word);
        if (wanted) status = result;
      }
    }
  }

  #statement(live: boolean, word: string): number {
    if (word === 'if') return this.#if(live);
    if (word === 'while' || word === 'until') return this.#loop(live, word);
    const words: string[] = [];
    for (let token = this.tokens[this.#next]; token !== undefined; token = this.tokens[this.#next]) {
      if ('separator' in token) break;
      words.push(token.word);
      this.#next++;
    }
    return live ? this.#command(this.#assign(words).map((text) => expand(text, this.#environment))) : 0;
  }

  #if(live: boolean): number {
    let status = 0;
    let undecided = live;
    do {
      this.#next++;
      const isTrue = this.#list(undecided, ['then']) === 0;
      this.#expect('then');
      const result = this.#list(undecided && isTrue, ['elif', 'else', 'fi']);
      if (undecided && isTrue) {
        status = result;
        undecided = false;
      }
    } while (this.#isNext('elif'));
    if (this.#isNext('else')) {
      this.#next++;
      const result = this.#list(undecided, ['fi']);
      if (undecided) status = result;
    }
    this.#expect('fi');
    return status;
  }

  #loop(live: boolean, keyword: 'while' | 'until'): number {
    const start = this.#next + 1;
    for (let goesOn = live; ;) {
      this.#next = start;
      const isTrue = this.#list(goesOn, ['do']) === 0;
      this.#expect('do');
      goesOn &&= isTrue === (keyword === 'while');
      this.#list(goesOn, ['done']);
      this.#expect('done');
      if (!goesOn) return 0;
    }
  }

  #isNext(keyword: string): boolean {
    const token = this.tokens[this.#next];
    return token !== undefined && 'word' in token && token.word === keyword;
  }

  #expect(keyword: string): void {
    if (!this.#isNext(keyword)) throw new UnknownProgram(`${keyword} is missing`);
    this.#next++;
  }

  /** Takes `NAME=value` off the front of a command. */
  #assign(words: readonly string[]): readonly string[] {
    const [first = '', ...others] = words;
    const match = /^([A-Za-z_]\w*)=(.*)$/s.exec(first);
    if (match === null) return words;
    this.#environment.set(match[1] ?? '', expand(match[2] ?? '', this.#environment));
    return others.length === 0 ? ['true'] : this.#assign(others);
  }

  /** The status of a command. */
  #command([name = '', ...args]: readonly string[]): number {
    if (++this.#commands > maxCommands) {
      this.#seconds = Infinity;
      throw new Exit(0);
    }
    switch (name.replace(/^\/(?:usr\/)?bin\//, '')) {
      case 'exit':
        throw new Exit(wholeNumber(args[0] ?? '0') & 255);
      case 'sleep':
        this.#seconds += args.reduce((sum, text) => sum + duration(text), 0);
        if (this.#seconds === Infinity) throw new Exit(0);
        return 0;
      case 'true':
      case ':':
      case 'echo':
      case 'set':
        return 0;
      case 'false':
        return 1;
      case 'test':
        return test(args);
      case '[':
      case '[[':
        return test(args.slice(0, -1));
      default:
        throw new UnknownProgram(name);
    }
  }
}

function wholeNumber(text: string): number {
  if (!/^-?\d+$/.test(text)) throw new UnknownProgram(`no number: ${text}`);
  return Number(text);
}

/** Seconds of an operand of GNU sleep. */
function duration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([smhd]?)$/.exec(text);
  if (match === null) {
    if (text === 'infinity') return Infinity;
    throw new UnknownProgram(`no duration: ${text}`);
  }
  return Number(match[1]) * ({ m: 60, h: 3600, d: 86_400 }[match[2] ?? ''] ?? 1);
}

const comparisons: Readonly<Record<string, (a: string, b: string) => boolean>> = {
  '=': (a, b) => a === b,
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '-eq': (a, b) => wholeNumber(a) === wholeNumber(b),
  '-ne': (a, b) => wholeNumber(a) !== wholeNumber(b),
  '-lt': (a, b) => wholeNumber(a) < wholeNumber(b),
  '-le': (a, b) => wholeNumber(a) <= wholeNumber(b),
  '-gt': (a, b) => wholeNumber(a) > wholeNumber(b),
  '-ge': (a, b) => wholeNumber(a) >= wholeNumber(b),
};

/** Status of `test`; what it would ask the file system isn't known. */
function test(args: readonly string[]): number {
  const [first = '', second, third] = args;
  if (first === '!' && args.length > 1) return test(args.slice(1)) === 0 ? 1 : 0;
  const comparison = comparisons[second ?? ''];
  if (args.length === 3 && comparison !== undefined) return comparison(first, third ?? '') ? 0 : 1;
  if (args.length === 2 && first === '-z') return second === '' ? 0 : 1;
  if (args.length === 2 && first === '-n') return second === '' ? 1 : 0;
  if (args.length <= 1) return first === '' ? 1 : 0;
  throw new UnknownProgram(`test ${args.join(' ')}`);
}
