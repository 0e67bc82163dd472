import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { Script, constants } from 'node:vm';
import { replaceFile } from './durable-file.js';

const NEW_LINE = '\n'.charCodeAt(0);

/** Where a user's programs keep what they can make anew (XDG Base Directory Specification). */
const ownFolder = (): string =>
  join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'memory-apiserver');

export interface RunProgram {
  /** Whether V8 had compiled it at an earlier start. */
  readonly wasCompiled: boolean;
  /** Keeps what V8 has compiled by now for the next start; does nothing where that can't be written. */
  keep(): void;
}

/**
 * Runs a CommonJS file as `require` does, with the code that V8 compiled of it at an earlier start: what
 * `module.enableCompileCache()` does in Node.js 22.1 and later. `folder` is made when there is none.
 *
 * @throws what reading and running the file throw
 */
export function runProgram(file: string, folder = ownFolder()): RunProgram {
  const source = readFileSync(file);
  // All of it: V8 compares no more than its length, and packages have files of the same size and time.
  const key = [process.version, process.arch, digest(source)].join(' ');
  const keptFile = join(folder, `${digest(file).slice(0, 16)}.code`);
  const cachedData = readKept(keptFile, key);
  const parameters = 'exports, require, module, __filename, __dirname';
  const script = new Script(`(function (${parameters}) {${source.toString()}\n})`, {
    filename: file,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    ...(cachedData === undefined ? {} : { cachedData }),
  });
  const module = { exports: {} };
  const run = script.runInThisContext() as (...values: unknown[]) => void;
  run(module.exports, createRequire(file), module, file, dirname(file));
  return {
    wasCompiled: script.cachedDataRejected === false,
    keep: () => write(keptFile, key, script.createCachedData()),
  };
}

/** V8 trusts compiled code blindly, so it must be ours, of this program, and whole. */
function readKept(file: string, key: string): Buffer | undefined {
  try {
    if (statSync(file).uid !== process.getuid?.()) return undefined;
    const kept = readFileSync(file);
    const end = kept.indexOf(NEW_LINE);
    const code = kept.subarray(end + 1);
    return kept.toString('utf8', 0, end) === headOf(key, code) ? code : undefined;
  } catch {
    return undefined;
  }
}

function write(file: string, key: string, code: Buffer): void {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    replaceFile(file, Buffer.concat([Buffer.from(`${headOf(key, code)}\n`), code]));
  } catch {
    // A full disk, a home that is read-only: the next start compiles again.
  }
}

const headOf = (key: string, code: Buffer): string => `${key} ${digest(code)}`;

const digest = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');
