import { both, each, identity, isTrue, pipe, typeName, type Filter } from './jq-filters.js';

/** A filter of a value alone; undefined stands for jq's error. */
const of =
  (apply: (value: unknown) => unknown): Filter =>
  (input, emit) => {
    const value = apply(input);
    if (value === undefined) return false;
    emit(value);
    return true;
  };

const ofText = (apply: (value: string) => unknown): Filter =>
  of((value) => (typeof value === 'string' ? apply(value) : undefined));

const list = (filter: Filter, input: unknown): unknown[] | undefined => {
  const values: unknown[] = [];
  return filter(input, (value) => values.push(value)) ? values : undefined;
};

function length(value: unknown): number | undefined {
  if (value === null || value === undefined) return 0;
  if (typeof value === 'string') return [...value].length;
  if (typeof value === 'number') return Math.abs(value);
  return typeof value === 'object' ? Object.keys(value).length : undefined;
}

/** `any`, `all` over the outputs of a filter on each element. */
const quantified =
  (filter: Filter, decide: (values: unknown[]) => boolean): Filter =>
  (input, emit) => {
    const values = list(pipe(each, filter), input);
    if (values === undefined) return false;
    emit(decide(values));
    return true;
  };

const some = (values: unknown[]): boolean => values.some(isTrue);
const every = (values: unknown[]): boolean => values.every(isTrue);

const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value ?? null));

/** Functions without arguments. */
const plain: Readonly<Record<string, Filter>> = {
  not: of((value) => !isTrue(value)),
  length: of(length),
  empty: () => true,
  any: quantified(identity, some),
  all: quantified(identity, every),
  keys: of((value) =>
    Array.isArray(value)
      ? [...value.keys()]
      : typeof value === 'object' && value !== null
        ? Object.keys(value).sort()
        : undefined,
  ),
  first: of((value) => (Array.isArray(value) ? ((value[0] as unknown) ?? null) : undefined)),
  last: of((value) => (Array.isArray(value) ? ((value.at(-1) as unknown) ?? null) : undefined)),
  type: of(typeName),
  tostring: of(text),
  tonumber: of((value) => {
    const number = typeof value === 'number' ? value : typeof value === 'string' ? Number(value) : NaN;
    return Number.isNaN(number) || value === '' ? undefined : number;
  }),
  floor: of((value) => (typeof value === 'number' ? Math.floor(value) : undefined)),
  ascii_downcase: ofText((value) => value.toLowerCase()),
  ascii_upcase: ofText((value) => value.toUpperCase()),
  values: (input, emit) => {
    if (input !== null && input !== undefined) emit(input);
    return true;
  },
};

const texts = (argument: Filter, apply: (input: string, value: string) => boolean): Filter =>
  both(identity, argument, (input, value) =>
    typeof input === 'string' && typeof value === 'string' ? apply(input, value) : undefined,
  );

/** Functions of one argument. */
const unary: Readonly<Record<string, (argument: Filter) => Filter>> = {
  select: (condition) => (input, emit) =>
    condition(input, (value) => {
      if (isTrue(value)) emit(input);
    }),
  map: (filter) => (input, emit) => {
    const values = list(pipe(each, filter), input);
    if (values === undefined) return false;
    emit(values);
    return true;
  },
  any: (filter) => quantified(filter, some),
  all: (filter) => quantified(filter, every),
  has: (key) =>
    both(identity, key, (input, name) => {
      if (Array.isArray(input) && typeof name === 'number') return name >= 0 && name < input.length;
      if (typeof input !== 'object' || input === null || typeof name !== 'string') return undefined;
      return Object.hasOwn(input, name);
    }),
  startswith: (argument) => texts(argument, (input, value) => input.startsWith(value)),
  endswith: (argument) => texts(argument, (input, value) => input.endsWith(value)),
  contains: (argument) => texts(argument, (input, value) => input.includes(value)),
};

/** The function of the name and number of arguments, applied to them; undefined if there is none. */
export function jqFunction(name: string, args: readonly Filter[]): Filter | undefined {
  const [argument] = args;
  if (argument === undefined) return Object.hasOwn(plain, name) ? plain[name] : undefined;
  return args.length === 1 && Object.hasOwn(unary, name) ? unary[name]?.(argument) : undefined;
}
