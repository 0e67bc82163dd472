/** Compiled patterns by their text; schemas have few. */
const compiled = new Map<string, RegExp | undefined>();
const MAX_COMPILED = 10_000;

/** POSIX classes that RE2 knows within brackets. */
const posixClasses: Readonly<Record<string, string>> = {
  alnum: 'a-zA-Z0-9',
  alpha: 'a-zA-Z',
  ascii: '\\x00-\\x7f',
  blank: '\\t ',
  cntrl: '\\x00-\\x1f\\x7f',
  digit: '0-9',
  graph: '!-~',
  lower: 'a-z',
  print: ' -~',
  punct: '!-\\/:-@\\[-`{-~',
  space: '\\t\\n\\v\\f\\r ',
  upper: 'A-Z',
  word: 'a-zA-Z0-9_',
  xdigit: '0-9a-fA-F',
};

/**
 * A pattern of Go's `regexp` (RE2) as a JavaScript one: flags at its beginning, named groups, `\A`, `\z`, `\Q…\E` and
 * POSIX classes are translated. Undefined if it can't be compiled.
 */
export function goRegExp(pattern: string): RegExp | undefined {
  if (compiled.has(pattern)) return compiled.get(pattern);
  if (compiled.size >= MAX_COMPILED) compiled.clear();
  const expression = compile(pattern);
  compiled.set(pattern, expression);
  return expression;
}

/** Why a pattern can't be compiled, as Go tells it; undefined if it can. */
export function goRegExpFault(pattern: string): string | undefined {
  if (goRegExp(pattern) !== undefined) return undefined;
  try {
    new RegExp(pattern);
  } catch (error) {
    const why = error instanceof Error ? error.message : '';
    if (why.includes('Unterminated group')) return `missing closing ): \`${pattern}\``;
    if (why.includes('Unmatched')) return `unexpected ): \`${pattern}\``;
    const open = pattern.lastIndexOf('[');
    if (why.includes('Unterminated character class')) return `missing closing ]: \`${pattern.slice(open)}\``;
    const repeated = /(?:^|[(|])([*+?]|\{\d+,?\d*\})/.exec(pattern)?.[1];
    if (why.includes('Nothing to repeat'))
      return `missing argument to repetition operator: \`${repeated ?? ''}\``;
  }
  return `invalid or unsupported Perl syntax: \`${pattern}\``;
}

function compile(pattern: string): RegExp | undefined {
  const flags = /^\(\?([ims]+)\)/.exec(pattern);
  const source = (flags === null ? pattern : pattern.slice(flags[0].length))
    .replace(/\\Q(.*?)(?:\\E|$)/gs, (_all, text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
    .replace(/\\A/g, '^')
    .replace(/\\z/g, '$')
    .replace(/\(\?P</g, '(?<')
    .replace(/\[:(\w+):\]/g, (all, name: string) => posixClasses[name] ?? all);
  // With the flag `u` first: it knows \p{…} and counts code points, but refuses needless escapes.
  for (const unicode of ['u', '']) {
    try {
      return new RegExp(source, `${flags?.[1] ?? ''}${unicode}`);
    } catch {
      // The next one, or none.
    }
  }
  return undefined;
}
