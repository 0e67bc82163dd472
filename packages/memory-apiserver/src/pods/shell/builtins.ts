import type { Machine, Streams } from './process.js';

/** What builtins see and change of the shell, or of nothing if there is none. */
export interface ShellState {
  readonly machine: Machine;
  readonly variables: Map<string, string>;
  directory: string;
}

export type Builtin = (
  args: readonly string[],
  streams: Streams,
  state: ShellState,
) => number | Promise<number>;

/** Absolute, without `.` and `..`. */
export function resolvePath(directory: string, path: string): string {
  const parts: string[] = [];
  for (const part of (path.startsWith('/') ? path : `${directory}/${path}`).split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

const isDirectory = ({ files }: Machine, path: string): boolean => path === '/' || files.get(path) === null;

const echo: Builtin = (args, { out }) => {
  const flags = /^-[neE]+$/.test(args[0] ?? '') ? (args[0] ?? '') : '';
  const text = args.slice(flags === '' ? 0 : 1).join(' ');
  out((flags.includes('e') ? unescapeText(text) : text) + (flags.includes('n') ? '' : '\n'));
  return 0;
};

const printf: Builtin = ([format = '', ...args], { out }) => {
  let next = 0;
  out(
    unescapeText(format).replace(/%([sd%])/g, (_, kind: string) =>
      kind === '%' ? '%' : (args[next++] ?? ''),
    ),
  );
  return 0;
};

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\\': '\\', '0': '\0' };
const unescapeText = (text: string): string =>
  text.replace(/\\([ntr\\0])/g, (_, char: string) => ESCAPES[char] ?? '');

const ls: Builtin = (args, { out, err }, { machine, directory }) => {
  const flags = args.filter((arg) => arg.startsWith('-')).join('');
  const paths = args.filter((arg) => !arg.startsWith('-'));
  let code = 0;
  for (const asked of paths.length === 0 ? ['.'] : paths) {
    const path = resolvePath(directory, asked);
    if (!isDirectory(machine, path)) {
      if (machine.files.has(path)) out(`${asked}\n`);
      else {
        err(`ls: ${asked}: No such file or directory\n`);
        code = 1;
      }
      continue;
    }
    if (paths.length > 1) out(`${asked}:\n`);
    const names = childrenOf(machine, path).filter((name) => /a/i.test(flags) || !name.startsWith('.'));
    for (const name of names) out(`${flags.includes('l') ? longEntry(machine, path, name) : name}\n`);
  }
  return code;
};

function childrenOf({ files }: Machine, path: string): string[] {
  const prefix = path === '/' ? '/' : `${path}/`;
  const names = new Set<string>();
  for (const key of files.keys()) {
    if (key.startsWith(prefix) && key !== prefix) names.add(key.slice(prefix.length).split('/', 1)[0] ?? '');
  }
  return [...names].sort();
}

function longEntry(machine: Machine, path: string, name: string): string {
  const text = machine.files.get(resolvePath(path, name));
  const size = typeof text === 'string' ? Buffer.byteLength(text) : 4096;
  return `${typeof text === 'string' ? '-rw-r--r--' : 'drwxr-xr-x'}    1 root     root     ${String(size).padStart(8)} ${name}`;
}

const cat: Builtin = async (args, { input, out, err }, { machine, directory }) => {
  let code = 0;
  for (const asked of args.length === 0 ? ['-'] : args) {
    if (asked === '-') {
      for (let line = await input.line(); line !== undefined; line = await input.line()) out(line);
      continue;
    }
    const path = resolvePath(directory, asked);
    const text = machine.files.get(path);
    if (typeof text === 'string') out(text);
    else {
      const why = isDirectory(machine, path) ? 'Is a directory' : 'No such file or directory';
      err(`cat: can't open '${asked}': ${why}\n`);
      code = 1;
    }
  }
  return code;
};

const env: Builtin = (_args, { out }, { variables }) => {
  for (const [name, value] of variables) out(`${name}=${value}\n`);
  return 0;
};

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const date: Builtin = (args, { out }, { machine }) => {
  const now = new Date(machine.now());
  const [day, time] = [now.toISOString().slice(0, 10), now.toISOString().slice(11, 19)];
  const format = args.find((arg) => arg.startsWith('+'))?.slice(1);
  const weekday = DAYS[now.getUTCDay()] ?? '';
  const month = MONTHS[now.getUTCMonth()] ?? '';
  const usual = `${weekday} ${month} ${String(now.getUTCDate()).padStart(2)} ${time} UTC ${now.getUTCFullYear()}`;
  const fields: Readonly<Record<string, string>> = {
    s: String(Math.floor(now.getTime() / 1000)),
    Y: day.slice(0, 4),
    m: day.slice(5, 7),
    d: day.slice(8, 10),
    H: time.slice(0, 2),
    M: time.slice(3, 5),
    S: time.slice(6, 8),
    F: day,
    T: time,
  };
  const text = format?.replace(/%([A-Za-z])/g, (whole, key: string) => fields[key] ?? whole);
  out(`${text ?? usual}\n`);
  return 0;
};

const sleep: Builtin = async ([time = ''], { err }, { machine }) => {
  const [, amount, unit = 's'] = /^(\d+(?:\.\d+)?|inf(?:inity)?)([smhd]?)$/.exec(time) ?? [];
  if (amount === undefined) {
    err(`sleep: invalid number '${time}'\n`);
    return 1;
  }
  const seconds = amount.startsWith('inf') ? Infinity : Number(amount);
  await machine.sleep(seconds * 1000 * ({ s: 1, m: 60, h: 3600, d: 86_400 }[unit] ?? 1));
  return 0;
};

/** `[` and `test` of one or two operands, with `!` before them. */
const test: Builtin = (args, streams, state) => {
  if (args[0] === '!') return Number((test(args.slice(1), streams, state) as number) === 0);
  const [a = '', b, c = ''] = args;
  if (args.length === 0) return 1;
  if (b === undefined) return Number(a === '');
  if (args.length === 2) return Number(!unary(a, b, state));
  return Number(!binary(a, b, c));
};

function unary(operator: string, value: string, { machine, directory }: ShellState): boolean {
  const path = resolvePath(directory, value);
  switch (operator) {
    case '-n':
      return value !== '';
    case '-z':
      return value === '';
    case '-d':
      return isDirectory(machine, path);
    case '-f':
    case '-r':
      return typeof machine.files.get(path) === 'string';
    case '-e':
      return machine.files.has(path) || path === '/';
    case '-s':
      return Boolean(machine.files.get(path));
    case '-x':
      return isShell(path);
    default:
      return false;
  }
}

function binary(a: string, operator: string, b: string): boolean {
  switch (operator) {
    case '=':
    case '==':
      return a === b;
    case '!=':
      return a !== b;
    case '-eq':
      return Number(a) === Number(b);
    case '-ne':
      return Number(a) !== Number(b);
    case '-lt':
      return Number(a) < Number(b);
    case '-le':
      return Number(a) <= Number(b);
    case '-gt':
      return Number(a) > Number(b);
    case '-ge':
      return Number(a) >= Number(b);
    default:
      return false;
  }
}

/** Simulated containers have one shell, as small images do. */
export const isShell = (program: string): boolean => /^(?:(?:\/usr)?\/bin\/)?(?:sh|ash)$/.test(program);

const cd: Builtin = ([asked = '/root'], { err }, state) => {
  const path = resolvePath(state.directory, asked);
  if (!isDirectory(state.machine, path)) {
    err(`sh: cd: can't cd to ${asked}: No such file or directory\n`);
    return 2;
  }
  state.directory = path;
  return 0;
};

const put =
  (text: (state: ShellState) => string): Builtin =>
  (_args, { out }, state) => {
    out(`${text(state)}\n`);
    return 0;
  };

const tar: Builtin = (_args, { err }) => {
  err('tar: this container is simulated: files cannot be copied to or from it\n');
  return 1;
};

/** Programs that every simulated container has, by name. */
export const builtins: ReadonlyMap<string, Builtin> = new Map<string, Builtin>([
  ['echo', echo],
  ['printf', printf],
  ['ls', ls],
  ['cat', cat],
  ['env', env],
  [
    'printenv',
    ([name], streams, state) => {
      if (name === undefined) return env([], streams, state);
      const value = state.variables.get(name);
      if (value === undefined) return 1;
      streams.out(`${value}\n`);
      return 0;
    },
  ],
  ['date', date],
  ['sleep', sleep],
  ['test', test],
  [
    '[',
    (args, streams, state) => {
      if (args.at(-1) === ']') return test(args.slice(0, -1), streams, state);
      streams.err('sh: missing ]\n');
      return 2;
    },
  ],
  ['cd', cd],
  ['tar', tar],
  ['hostname', put(({ machine }) => machine.hostname)],
  ['pwd', put(({ directory }) => directory)],
  ['whoami', put(() => 'root')],
  ['id', put(() => 'uid=0(root) gid=0(root) groups=0(root)')],
  ['uname', put(() => 'Linux')],
  ['true', () => 0],
  [':', () => 0],
  ['false', () => 1],
]);
