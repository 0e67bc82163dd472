/** A part of an Accept header. */
export interface MediaRange {
  /** `application/json`, `application/*`, or the one that means any. */
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
}

function parseRange(text: string): MediaRange | undefined {
  const [first = '', ...rest] = text.split(';');
  const type = first.trim() === '*' ? '*/*' : first.trim();
  if (!/^[^/]+\/[^/]+$/.test(type)) return undefined;
  const parameters = new Map<string, string>();
  let quality = 1;
  for (const parameter of rest) {
    const [name = '', value = '', more] = parameter.split('=');
    if (value === '' || more !== undefined) continue;
    if (name.trim() === 'q') quality = Number(value) || 0;
    else parameters.set(name.trim(), value.trim());
  }
  return { type, parameters, quality };
}

/** As the `Less` of github.com/munnerz/goautoneg has it, which isn't an order: see {@link parseAccept}. */
const goesBefore = (a: MediaRange, b: MediaRange): boolean =>
  a.quality > b.quality ||
  (!a.type.startsWith('*/') && b.type.startsWith('*/')) ||
  (!a.type.endsWith('/*') && b.type.endsWith('/*'));

/** Headers that were read: clients have but a few. */
const known = new Map<string, readonly MediaRange[]>();
const MAX_KNOWN = 200;
const MAX_KNOWN_CHARS = 500;

/**
 * The parts of an Accept header, the best first. Sorted by insertion, as Go sorts so few, to get the very same order.
 * Malformed parts are left out.
 */
export function parseAccept(accept: string): readonly MediaRange[] {
  let ranges = known.get(accept);
  if (ranges !== undefined) return ranges;
  ranges = parseRanges(accept);
  if (known.size >= MAX_KNOWN) known.clear();
  if (accept.length <= MAX_KNOWN_CHARS) known.set(accept, ranges);
  return ranges;
}

function parseRanges(accept: string): MediaRange[] {
  const ranges: MediaRange[] = [];
  for (const text of accept.split(',')) {
    const range = parseRange(text);
    if (range === undefined) continue;
    let at = ranges.length;
    for (; at > 0; at -= 1) {
      const before = ranges[at - 1];
      if (before === undefined || !goesBefore(range, before)) break;
    }
    ranges.splice(at, 0, range);
  }
  return ranges;
}

/** True if the range means the type: `application/json`. */
export const matchesType = (range: MediaRange, type: string): boolean =>
  range.type === '*/*' ||
  range.type === type ||
  (range.type.endsWith('/*') && type.startsWith(range.type.slice(0, -1)));

/** The one of the offered media types that the client likes best; undefined if it takes none of them. */
export function preferredType(accept: string | undefined, offered: readonly string[]): string | undefined {
  for (const range of parseAccept(accept || '*/*')) {
    const found = offered.find((type) => matchesType(range, type));
    if (found !== undefined) return found;
  }
  return undefined;
}
