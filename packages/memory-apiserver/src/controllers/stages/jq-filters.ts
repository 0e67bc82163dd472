import { isRecord } from '../../schema/read.js';

/**
 * A jq filter: gives its outputs to `emit`, and answers false if jq would have failed. Failing is an ordinary answer
 * (`.status.conditions[]` of a pod without status), so it is no exception.
 */
export type Filter = (input: unknown, emit: (value: unknown) => void) => boolean;

export const isTrue = (value: unknown): boolean => value !== null && value !== undefined && value !== false;

export const identity: Filter = (input, emit) => {
  emit(input);
  return true;
};

export const literal =
  (value: unknown): Filter =>
  (_input, emit) => {
    emit(value);
    return true;
  };

export const pipe =
  (first: Filter, second: Filter): Filter =>
  (input, emit) => {
    let ok = true;
    const done = first(input, (value) => {
      ok &&= second(value, emit);
    });
    return done && ok;
  };

export const comma =
  (first: Filter, second: Filter): Filter =>
  (input, emit) =>
    first(input, emit) && second(input, emit);

/** `f?`: what `f` gave before it failed. */
export const attempt =
  (filter: Filter): Filter =>
  (input, emit) => {
    filter(input, emit);
    return true;
  };

/** `.[]`. */
export const each: Filter = (input, emit) => {
  if (Array.isArray(input)) input.forEach(emit);
  else if (isRecord(input)) Object.values(input).forEach(emit);
  else return false;
  return true;
};

/** `.name`, `.["name"]`, `.[0]`: the key is itself a filter of the whole input. */
export const at =
  (target: Filter, key: Filter): Filter =>
  (input, emit) => {
    let failed = false;
    const done = target(input, (value) => {
      const found = key(input, (name) => {
        if (!failed && !element(value, name, emit)) failed = true;
      });
      if (!found) failed = true;
    });
    return done && !failed;
  };

function element(value: unknown, key: unknown, emit: (value: unknown) => void): boolean {
  if (value === null || value === undefined) emit(null);
  else if (typeof key === 'string' && isRecord(value)) emit(Object.hasOwn(value, key) ? value[key] : null);
  else if (typeof key === 'number' && Array.isArray(value)) {
    const list: readonly unknown[] = value;
    emit(list[key < 0 ? list.length + Math.ceil(key) : Math.floor(key)] ?? null);
  } else return false;
  return true;
}

/** Both sides' values, each with each; a combination that is undefined stands for jq's error. */
export const both =
  (left: Filter, right: Filter, combine: (a: unknown, b: unknown) => unknown): Filter =>
  (input, emit) => {
    let failed = false;
    const done = right(input, (b) => {
      const found = left(input, (a) => {
        const value = combine(a, b);
        if (value === undefined) failed = true;
        else if (!failed) emit(value);
      });
      if (!found) failed = true;
    });
    return done && !failed;
  };

/** `and`, `or`: the right side is asked only if the left one doesn't decide. */
export const logical =
  (left: Filter, right: Filter, decisive: boolean): Filter =>
  (input, emit) => {
    let ok = true;
    const done = left(input, (value) => {
      if (isTrue(value) === decisive) emit(decisive);
      else ok &&= right(input, (other) => emit(isTrue(other)));
    });
    return done && ok;
  };

/** `a // b`: the values of `a` that are true, or those of `b` if none is. */
export const alternative =
  (first: Filter, second: Filter): Filter =>
  (input, emit) => {
    let found = false;
    first(input, (value) => {
      if (!isTrue(value)) return;
      found = true;
      emit(value);
    });
    return found || second(input, emit);
  };

const order = ['null', 'boolean', 'number', 'string', 'array', 'object'];

export function typeName(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

/** jq's order of values of all types, for what Stages compare: objects and arrays only by equality. */
function compare(a: unknown, b: unknown): number {
  const types = order.indexOf(typeName(a)) - order.indexOf(typeName(b));
  if (types !== 0) return types;
  if (typeof a === 'object' && a !== null) return JSON.stringify(a) === JSON.stringify(b) ? 0 : 1;
  const [left, right] = [a as string | number, b as string | number];
  return left === right ? 0 : left < right ? -1 : 1;
}

export const operators: Readonly<Record<string, (a: unknown, b: unknown) => unknown>> = {
  '==': (a, b) => compare(a, b) === 0,
  '!=': (a, b) => compare(a, b) !== 0,
  '<': (a, b) => compare(a, b) < 0,
  '<=': (a, b) => compare(a, b) <= 0,
  '>': (a, b) => compare(a, b) > 0,
  '>=': (a, b) => compare(a, b) >= 0,
  '+': (a, b) => {
    if (a === null || b === null) return a ?? b;
    if (typeof a === 'string' && typeof b === 'string') return a + b;
    return numbers(a, b, (x, y) => x + y);
  },
  '-': (a, b) => numbers(a, b, (x, y) => x - y),
  '*': (a, b) => numbers(a, b, (x, y) => x * y),
  '/': (a, b) => numbers(a, b, (x, y) => (y === 0 ? undefined : x / y)),
  '%': (a, b) => numbers(a, b, (x, y) => (Math.trunc(y) === 0 ? undefined : Math.trunc(x) % Math.trunc(y))),
};

/** Undefined, which stands for jq's errors, unless both are numbers. */
const numbers = (
  a: unknown,
  b: unknown,
  combine: (a: number, b: number) => number | undefined,
): number | undefined => (typeof a === 'number' && typeof b === 'number' ? combine(a, b) : undefined);
