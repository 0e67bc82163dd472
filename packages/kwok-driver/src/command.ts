import { OptionsError } from './errors.js';

/** One program to run. */
export interface Command {
  file: string;
  args: readonly string[];
  /** Written to its stdin; secrets go here or into files, never into `args`. */
  input?: string;
  /** All of its environment; see `childEnvironment`. Never part of a message. */
  env: Readonly<Record<string, string>>;
}

/** The command line as one would type it into a shell, without environment and stdin. */
export function formatCommand({ file, args }: Pick<Command, 'file' | 'args'>): string {
  return [file, ...args].map(quote).join(' ');
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Flags of kubectl and etcdctl that carry a secret; `--user` does in etcdctl's form `name:password`. */
const secretFlag = /^--(token|password|user=[^:]*:.*)$/;

/**
 * Refuses arguments by which all users of the machine could read a secret in the list of processes.
 *
 * @throws OptionsError that names the flag but not its value
 */
export function refuseSecretArguments(args: readonly string[]): void {
  const end = args.indexOf('--');
  const own = end === -1 ? args : args.slice(0, end);
  const found = own.find((arg, index) => {
    const [flag, value = own[index + 1] ?? ''] = split(arg);
    return secretFlag.test(flag) || secretFlag.test(`${flag}=${value}`);
  });
  if (found !== undefined) {
    const [flag] = split(found);
    throw new OptionsError(
      `${flag} would show a secret in the list of processes; put it into a kubeconfig file`,
    );
  }
}

/** `--flag=value` in its two parts. */
function split(arg: string): [string, string?] {
  const at = arg.indexOf('=');
  return at === -1 ? [arg] : [arg.slice(0, at), arg.slice(at + 1)];
}

/**
 * Variables that commands need from our environment. The rest stays here: etcd and kube-apiserver live on for days,
 * and the tokens of the process that started them are none of their business.
 */
const inherited =
  /^(HOME|USER|LOGNAME|LANG|LC_.*|TZ|TMPDIR|TEMP|TMP|SystemRoot|XDG_.*|SSL_CERT_.*|(HTTPS?|NO|ALL)_PROXY|GOMAXPROCS|GOMEMLIMIT|GOGC|KWOK_(?!WORKDIR$).*)$/i;

/** The environment for a command: what it needs of `env`, and `extra`. */
export function childEnvironment(
  env: NodeJS.ProcessEnv,
  extra: Readonly<Record<string, string>>,
): Record<string, string> {
  const kept = Object.entries(env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && inherited.test(entry[0]),
  );
  return { ...Object.fromEntries(kept), ...extra };
}
