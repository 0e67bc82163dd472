/** The range that both servers take addresses of Services from. */
export const serviceCidr = '10.43.0.0/16';

const UUID = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g;
/** In a path, in an object that a message quotes, in what is said of a precondition. */
const VERSION_IN_TEXT = /(resourceVersion(?:=|\\?":\\?")|ResourceVersion in record \()([1-9]\d*)/g;
/** An object that a message quotes; the order of its keys means nothing. */
const QUOTED = /"\{\\"(?:[^"\\]|\\.)*"/g;
const CONTINUE_IN_TEXT = /(continue=)[\w%-]{20,}/g;
const TIME = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g;
const DAY = /^\d{4}-\d\d-\d\d$/;
/** In {@link serviceCidr}. */
const ADDRESS = /\b10\.43\.\d{1,3}\.\d{1,3}\b(?!\/)/g;
/** Where kube-apiserver says it is; see tools/differential. */
const OWN_ADDRESS = /^192\.0\.2\.1:\d+$/;
/** A cell of a table that tells how long ago something was. */
const AGE = /^\d+(s|ms|m(\d+s)?)$/;
/** The same of something years ago: `2y324d`. */
const YEARS = /^(\d+)y(\d+)d$/;
/** The volume that admission adds to pods. */
const ACCESS_VOLUME = /\bkube-api-access-[a-z0-9]{5}\b/g;
/** In no order: they are of as many roles, listed from a map. */
const UNORDERED = new Set(['resourceRules', 'nonResourceRules']);
const TOKEN = /^[\w-]+\.[\w-]+\.[\w-]+$/;
const AN_HOUR_MS = 3_600_000;
const A_DAY_MS = 24 * AN_HOUR_MS;

/**
 * Takes out of answers what two servers can't have in common: UIDs, versions, present times, addresses and ports
 * that the server chose, random suffixes. What stays comparable is kept: a value that comes again gets the same
 * placeholder again, so that a write shows as a new version of an object, and none as the old one.
 */
export class Normaliser {
  readonly #placeholders = new Map<string, string>();
  readonly #counts = new Map<string, number>();
  readonly #names = new Map<string, string>();

  /** `given`: the text of what is asked; values that stand there were chosen by the client and stay. */
  constructor(
    private readonly given: string,
    private readonly now: () => number = Date.now,
  ) {}

  /** What is left of a body in JSON. */
  json(value: unknown): unknown {
    this.#findGeneratedNames(value);
    this.#findObjects(value);
    return this.#walk(value, []);
  }

  text(text: string): string {
    let result = text;
    for (const [name, placeholder] of this.#names) result = result.replaceAll(name, placeholder);
    return result
      .replace(QUOTED, sortedQuote)
      .replace(
        VERSION_IN_TEXT,
        (_text, before: string, version: string) => before + this.#placeholder('version', version),
      )
      .replace(CONTINUE_IN_TEXT, '$1<continue>')
      .replace(UUID, (uid) => this.#unlessGiven('uid', uid))
      .replace(TIME, (time, fraction?: string) => this.#time(time, fraction))
      .replace(ADDRESS, (address) => this.#unlessGiven('address', address))
      .replace(OWN_ADDRESS, '<own address>')
      .replace(ACCESS_VOLUME, (volume) => this.#placeholder('access volume', volume));
  }

  /** `<uid-1>` for the first value of the kind, and so on; the same for the same value. */
  #placeholder(kind: string, value: string): string {
    const known = this.#placeholders.get(value);
    if (known !== undefined) return known;
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    const placeholder = `<${kind}-${count}>`;
    this.#placeholders.set(value, placeholder);
    return placeholder;
  }

  #unlessGiven(kind: string, value: string): string {
    return this.given.includes(value) ? value : this.#placeholder(kind, value);
  }

  /** Counts UIDs by the object's name, and versions by its UID: no object's depend on what is told of others. */
  #findObjects(value: unknown): void {
    if (typeof value !== 'object' || value === null) return;
    const { name, uid, resourceVersion } = value as Record<string, unknown>;
    if (typeof name === 'string' && typeof uid === 'string' && uid !== '') {
      const known = this.#unlessGiven(`uid of ${this.text(name)}`, uid);
      if (typeof resourceVersion === 'string' && /^[1-9]\d*$/.test(resourceVersion))
        this.#placeholder(known.replace(/^<uid(.*)>$/, 'version$1'), resourceVersion);
    }
    for (const child of Object.values(value)) this.#findObjects(child);
  }

  /** Present times only: others come from a request. */
  #time(time: string, fraction = ''): string {
    if (Math.abs(Date.parse(time) - this.now()) > AN_HOUR_MS) return time;
    return `<time${fraction.replace(/\d/g, '0')}>`;
  }

  #findGeneratedNames(value: unknown): void {
    if (typeof value !== 'object' || value === null) return;
    const { generateName, name } = value as Record<string, unknown>;
    if (typeof generateName === 'string' && typeof name === 'string' && !this.#names.has(name))
      if (name.startsWith(generateName) && name.length === generateName.length + 5)
        this.#names.set(name, `${generateName}<random-${this.#names.size + 1}>`);
    for (const child of Object.values(value)) this.#findGeneratedNames(child);
  }

  #walk(value: unknown, path: readonly string[]): unknown {
    if (typeof value === 'string') return this.#string(value, path);
    if (typeof value === 'number') return this.#number(value, path);
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return this.#list(value, path);
    const plain = isCollection(value) ? withoutListVersion(value as Record<string, unknown>) : inOrder(value);
    return Object.fromEntries(
      Object.entries(plain).map(([key, child]) => [key, this.#walk(child, [...path, key])]),
    );
  }

  #list(list: readonly unknown[], path: readonly string[]): unknown[] {
    const plain = list.map((item, index) => this.#walk(item, [...path, `${index}`]));
    const key = path.at(-1) ?? '';
    const textOf = key === 'managedFields' ? managerOf : JSON.stringify;
    if (key !== 'managedFields' && !UNORDERED.has(key)) return plain;
    return plain.sort((one, other) => (textOf(one) < textOf(other) ? -1 : 1));
  }

  #string(value: string, path: readonly string[]): string {
    const key = path.at(-1) ?? '';
    if (key === 'resourceVersion' && /^[1-9]\d*$/.test(value)) return this.#placeholder('version', value);
    if (key === 'continue' && value !== '') return '<continue>';
    if (key === 'description' && path.includes('columnDefinitions')) return value === '' ? '' : '<text>';
    if (key === 'token' && TOKEN.test(value)) return '<token>';
    if (path.includes('cells')) return this.#cell(value);
    if (DAY.test(value) && Math.abs(Date.parse(value) - this.now()) <= 2 * A_DAY_MS) return '<day>';
    return this.text(value);
  }

  /** The age of a time that the client gave grows from day to day: the time it is of is kept. */
  #cell(value: string): string {
    if (AGE.test(value)) return '<age>';
    const [age, years, days] = YEARS.exec(value) ?? [];
    if (age === undefined) return this.text(value);
    const since = this.given.match(TIME)?.find((time) => {
      const elapsed = Math.floor((this.now() - Date.parse(time)) / A_DAY_MS);
      return elapsed === Number(years) * 365 + Number(days);
    });
    return since === undefined ? value : `<age since ${since}>`;
  }

  #number(value: number, path: readonly string[]): unknown {
    const key = path.at(-1) ?? '';
    const chosen = (key === 'nodePort' || key === 'healthCheckNodePort') && value !== 0;
    return chosen && !this.given.includes(`:${value}`) ? this.#placeholder('port', `${value}`) : value;
  }
}

/** What entries are in order by, but for the second of their time: that is chance. */
function managerOf(entry: unknown): string {
  const { operation, manager, apiVersion, subresource } = entry as Record<string, unknown>;
  return JSON.stringify([operation, manager, apiVersion, subresource ?? '']);
}

/** The version of a list moves with writes that have nothing to do with it; a bookmark's too. */
function isCollection(value: object): boolean {
  const { kind, items, rows, type } = value as Record<string, unknown>;
  return (
    type === 'BOOKMARK' || Array.isArray(items) || Array.isArray(rows) || `${kind as string}`.endsWith('List')
  );
}

function withoutListVersion(value: Record<string, unknown>): object {
  const of = value['type'] === 'BOOKMARK' ? 'object' : undefined;
  const holder = (of === undefined ? value : value[of]) as { metadata?: Record<string, unknown> };
  const { metadata } = holder;
  if (typeof metadata?.['resourceVersion'] !== 'string' || !/^\d+$/.test(metadata['resourceVersion']))
    return value;
  const plain = { ...holder, metadata: { ...metadata, resourceVersion: '<list-version>' } };
  return of === undefined ? plain : { ...value, [of]: plain };
}

/** What is wrong with a custom resource comes in the order of a map: none. */
function inOrder(value: object): object {
  const { message, details } = value as { message?: string; details?: { group?: string; causes?: Cause[] } };
  if (message === undefined || details?.causes === undefined || !details.group?.endsWith('.example.com'))
    return value;
  const written = ({ field, message: what }: Cause): string => `${field}: ${what}`;
  const sorted = [...details.causes].sort((one, other) => (written(one) < written(other) ? -1 : 1));
  const [before = '', list] = message.split(' is invalid: [');
  return {
    ...value,
    message: list === undefined ? message : `${before} is invalid: [${sorted.map(written).join(', ')}]`,
    details: { ...details, causes: sorted },
  };
}

interface Cause {
  field: string;
  message: string;
}

function sortedQuote(quoted: string): string {
  try {
    return JSON.stringify(JSON.stringify(sorted(JSON.parse(JSON.parse(quoted) as string))));
  } catch {
    return quoted;
  }
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([key, child]) => [key, sorted(child)]));
}
