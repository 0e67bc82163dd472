import { isObject } from './json.js';
import type { Json } from '../object.js';

/** One step of a path; each maps a value to the values it leads to. */
type Step =
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'all' }
  | {
      readonly kind: 'filter';
      readonly path: readonly Step[];
      readonly operator: string;
      readonly value: Json | undefined;
    };

const token =
  /^(?:\.(?<field>(?:\\.|[^.[\]\s\\*])+)|\[(?<index>-?\d+)\]|\[\*\]|\.\*|\[(?<quoted>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")\]|\[\?\((?<filter>[^\]]*)\)\])/;

const parsed = new Map<string, readonly Step[] | undefined>();

/**
 * Values that a JSONPath leads to. The subset that CRDs use: fields (`.a`, `['a.b']`, `.a\.b`), indices, `[*]`
 * and filters `[?(@.type=="Ready")]`. A path that is none leads nowhere.
 */
export function findByJsonPath(root: unknown, path: string): Json[] {
  if (!parsed.has(path)) {
    // Paths come from users' CRDs: remember many, not all.
    if (parsed.size > 10_000) parsed.clear();
    parsed.set(path, parse(path.replace(/^\{(.*)\}$/s, '$1')));
  }
  const steps = parsed.get(path);
  return steps === undefined ? [] : walk([root as Json], steps);
}

function parse(path: string): Step[] | undefined {
  const steps: Step[] = [];
  let rest = path.replace(/^[$@]/, '');
  if (rest !== '' && !/^[.[]/.test(rest)) rest = `.${rest}`;
  while (rest !== '') {
    const match = token.exec(rest);
    if (match?.groups === undefined) return undefined;
    const { field, index, quoted, filter } = match.groups;
    if (field !== undefined) steps.push({ kind: 'field', name: field.replaceAll(/\\(.)/g, '$1') });
    else if (index !== undefined) steps.push({ kind: 'index', index: Number(index) });
    else if (quoted !== undefined)
      steps.push({ kind: 'field', name: quoted.slice(1, -1).replaceAll(/\\(.)/g, '$1') });
    else if (filter !== undefined) {
      const step = parseFilter(filter);
      if (step === undefined) return undefined;
      steps.push(step);
    } else steps.push({ kind: 'all' });
    rest = rest.slice(match[0].length);
  }
  return steps;
}

function parseFilter(text: string): Step | undefined {
  const match = /^\s*@((?:[^=!<>\s]|\\.)*)\s*(?:(==|!=|<=|>=|<|>)\s*(.+?)\s*)?$/.exec(text);
  if (match === null) return undefined;
  const path = parse(match[1] ?? '');
  if (path === undefined) return undefined;
  const literal = match[3];
  return {
    kind: 'filter',
    path,
    operator: match[2] ?? '',
    value: literal === undefined ? undefined : parseLiteral(literal),
  };
}

function parseLiteral(text: string): Json {
  if (/^'.*'$/s.test(text)) return text.slice(1, -1);
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

function walk(values: Json[], steps: readonly Step[]): Json[] {
  return steps.reduce<Json[]>((found, step) => found.flatMap((value) => take(value, step)), values);
}

function take(value: Json, step: Step): Json[] {
  const items = Array.isArray(value) ? value : isObject(value) ? Object.values(value) : [];
  switch (step.kind) {
    case 'field': {
      const inner = isObject(value) && Object.hasOwn(value, step.name) ? value[step.name] : undefined;
      return inner === undefined ? [] : [inner];
    }
    case 'index': {
      const inner = Array.isArray(value) ? value.at(step.index) : undefined;
      return inner === undefined ? [] : [inner];
    }
    case 'all':
      return items;
    case 'filter':
      return items.filter((item) =>
        walk([item], step.path).some((found) => compare(found, step.operator, step.value)),
      );
  }
}

function compare(found: Json, operator: string, value: Json | undefined): boolean {
  if (operator === '') return true;
  if (operator === '==') return found === value;
  if (operator === '!=') return found !== value;
  if (typeof found !== typeof value || found === null || value == null) return false;
  if (operator === '<') return found < value;
  if (operator === '<=') return found <= value;
  return operator === '>' ? found > value : found >= value;
}
