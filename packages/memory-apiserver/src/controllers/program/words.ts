import { evaluate } from './arithmetic.js';
import { UnknownProgram } from './errors.js';

export type Environment = ReadonlyMap<string, string>;

/** A separator between commands, or a word as written: still quoted, with its expansions inside. */
export type Token = { readonly separator: ';' | '&&' | '||' } | { readonly word: string };

/** The words and separators of a shell script. Throws {@link UnknownProgram} for pipes, redirections and such. */
export function tokenize(script: string): Token[] {
  const tokens: Token[] = [];
  const pattern =
    /[ \t\r]+|\\\n|#[^\n]*|(\n|;;?|&&|\|\|)|((?:'[^']*'|"(?:[^"\\]|\\[^])*"|\$\(\([^()]*(?:\([^()]*\)[^()]*)*\)\)|\$\([^()]*\)|\$\{[^}]*\}|\\[^\n]|[^\s;&|<>()'"\\`])+)|([^])/g;
  for (const [, separator, word, other] of script.matchAll(pattern)) {
    if (other !== undefined) throw new UnknownProgram(`not understood: ${other}`);
    if (word !== undefined) tokens.push({ word });
    else if (separator === '&&' || separator === '||') tokens.push({ separator });
    else if (separator !== undefined) tokens.push({ separator: ';' });
  }
  return tokens;
}

/** What a word stands for. Words aren't split again, which only matters to scripts that ask for trouble. */
export function expand(word: string, environment: Environment): string {
  const pattern =
    /'([^']*)'|"((?:[^"\\]|\\[^])*)"|\$\(\((.*?)\)\)|\$\(([^()]*)\)|\$\{(\w+)\}|\$(\w+)|\\([^])|(\$.?)|([^'"$\\]+)/gs;
  let result = '';
  for (const match of word.matchAll(pattern)) {
    const [, single, double, arithmetic, command, braced, name, escaped, unknown, plain] = match;
    if (unknown !== undefined) throw new UnknownProgram(`not understood: ${unknown}`);
    if (double !== undefined) result += expand(double.replaceAll("'", "\\'"), environment);
    else if (arithmetic !== undefined) result += String(evaluate(expandNames(arithmetic, environment)));
    else if (command !== undefined) result += substitute(command, environment);
    else if (braced !== undefined || name !== undefined) result += valueOf(braced ?? name ?? '', environment);
    else result += single ?? escaped ?? plain ?? '';
  }
  return result;
}

/** `$(expr 3 % 2)`: no other command's output is known. */
function substitute(command: string, environment: Environment): string {
  const [name, ...operands] = command.trim().split(/\s+/);
  if (name !== 'expr') throw new UnknownProgram(`what ${name ?? ''} prints`);
  return String(evaluate(operands.map((operand) => expand(operand, environment)).join(' ')));
}

/** Inside `$((…))` names stand for values with or without a dollar. */
function expandNames(expression: string, environment: Environment): string {
  return expression.replace(
    /\$\{(\w+)\}|\$?([A-Za-z_]\w*)/g,
    (_, braced?: string, name?: string) => valueOf(braced ?? name ?? '', environment) || '0',
  );
}

function valueOf(name: string, environment: Environment): string {
  // Chance and the arguments of the script have no value here.
  if (name === 'RANDOM' || /^\d/.test(name)) throw new UnknownProgram(`the value of ${name}`);
  return environment.get(name) ?? '';
}
