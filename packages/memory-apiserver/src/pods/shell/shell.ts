import type { ShellState } from './builtins.js';
import { builtins, isShell, resolvePath } from './builtins.js';
import { Input, Interrupted } from './input.js';
import { parseScript } from './parser.js';
import type { Machine, Streams } from './process.js';
import { NoSuchProgram, ProcessKilled } from './process.js';
import type { Command, List, Pipeline, Redirection, Word } from './syntax.js';
import { ShellSyntaxError } from './syntax.js';

/** Commands between two pauses; a script with more is taken for a loop that would never let others work. */
const MAX_COMMANDS = 10_000;
/** Longest text in a word, a file or a pipe, characters. */
const MAX_TEXT = 64 * 1024;

/** `exit`: ends the shell from wherever it is. */
class Exit extends Error {
  constructor(readonly code: number) {
    super(`exit ${code}`);
  }
}

/** `break` and `continue`. */
class LoopControl extends Error {
  constructor(readonly kind: 'break' | 'continue') {
    super(kind);
  }
}

/** Runs scripts in a container. One of these is one shell process: variables and directory stay between scripts. */
export class Shell implements ShellState {
  readonly variables: Map<string, string>;
  directory: string;
  #lastCode = 0;
  #commands = 0;

  constructor(
    readonly machine: Machine,
    parent?: Shell,
  ) {
    this.variables = new Map(parent?.variables ?? machine.environment);
    this.directory = parent?.directory ?? machine.directory;
    this.#commands = parent === undefined ? 0 : parent.#commands;
  }

  /** Resolves with the exit code of `sh -c script`. Rejects with ProcessKilled. */
  async script(script: string, streams: Streams): Promise<number> {
    try {
      return await this.#parsed(script, streams);
    } catch (error) {
      if (error instanceof Exit) return error.code;
      throw error;
    }
  }

  /** `sh` that reads its commands: resolves with its exit code at `exit` or the input's end. Rejects with ProcessKilled. */
  async interactive(streams: Streams): Promise<number> {
    const { tty } = this.machine;
    let pending = '';
    for (;;) {
      if (tty) streams.err(pending === '' ? `${this.directory === '/root' ? '~' : this.directory} # ` : '> ');
      try {
        const line = await streams.input.line();
        this.#check();
        if (line === undefined) return this.#lastCode;
        pending += line;
        const script = pending;
        this.#commands = 0;
        // A line that is the beginning of something longer is read on.
        if (!isIncomplete(script)) {
          pending = '';
          await this.#parsed(script, streams);
        }
      } catch (error) {
        if (error instanceof Exit) return error.code;
        if (error instanceof Interrupted) pending = '';
        else if (!(error instanceof LoopControl)) throw error;
      }
    }
  }

  async #parsed(script: string, streams: Streams): Promise<number> {
    let list: List;
    try {
      list = parseScript(script);
    } catch (error) {
      if (!(error instanceof ShellSyntaxError)) throw error;
      streams.err(`sh: ${error.message}\n`);
      return (this.#lastCode = 2);
    }
    return this.#list(list, streams);
  }

  async #list(list: List, streams: Streams): Promise<number> {
    let code = 0;
    for (const pipeline of list) {
      if (pipeline.after === '&&' && code !== 0) continue;
      if (pipeline.after === '||' && code === 0) continue;
      code = await this.#pipeline(pipeline, streams);
      this.#lastCode = code;
    }
    return code;
  }

  /** Commands of a pipeline run one after the other: what one prints is there in full for the next. */
  async #pipeline({ negated, commands }: Pipeline, streams: Streams): Promise<number> {
    let { input } = streams;
    let code = 0;
    for (const [index, command] of commands.entries()) {
      if (index === commands.length - 1) code = await this.#command(command, { ...streams, input });
      else
        input = Input.of(
          await this.#output((captured) => this.#subshell(command, captured), { ...streams, input }),
        );
    }
    return negated ? Number(code === 0) : code;
  }

  async #subshell(command: Command, streams: Streams): Promise<number> {
    const shell = new Shell(this.machine, this);
    try {
      return await shell.#command(command, streams);
    } catch (error) {
      if (error instanceof Exit) return error.code;
      throw error;
    } finally {
      this.#commands = shell.#commands;
    }
  }

  async #output(run: (streams: Streams) => Promise<number>, streams: Streams): Promise<string> {
    let text = '';
    const out = (more: string): void => {
      if (text.length < MAX_TEXT) text += more;
    };
    this.#lastCode = await run({ ...streams, out });
    return text;
  }

  async #command(command: Command, streams: Streams): Promise<number> {
    switch (command.kind) {
      case 'simple':
        return this.#simple(command, streams);
      case 'group':
        return command.subshell
          ? this.#subshell({ ...command, subshell: false }, streams)
          : this.#list(command.list, streams);
      case 'if':
        for (const [condition, body] of command.branches)
          if ((await this.#list(condition, streams)) === 0) return this.#list(body, streams);
        return this.#list(command.otherwise, streams);
      case 'for':
        return this.#for(command, streams);
      case 'loop':
        return this.#loop(command, streams);
    }
  }

  async #for(command: Command & { kind: 'for' }, streams: Streams): Promise<number> {
    let code = 0;
    for (const value of await this.#words(command.words, streams)) {
      this.variables.set(command.name, value);
      const next = await this.#body(command.body, streams);
      if (next === 'break') break;
      code = next;
    }
    return code;
  }

  async #loop({ condition, until, body }: Command & { kind: 'loop' }, streams: Streams): Promise<number> {
    let code = 0;
    while (((await this.#list(condition, streams)) === 0) !== until) {
      await this.#tick();
      const next = await this.#body(body, streams);
      if (next === 'break') break;
      code = next;
    }
    return code;
  }

  async #body(body: List, streams: Streams): Promise<number | 'break'> {
    try {
      return await this.#list(body, streams);
    } catch (error) {
      if (!(error instanceof LoopControl)) throw error;
      return error.kind === 'break' ? 'break' : 0;
    }
  }

  async #simple(command: Command & { kind: 'simple' }, outer: Streams): Promise<number> {
    await this.#tick();
    const [name, ...args] = await this.#words(command.words, outer);
    let code = 0;
    for (const [variable, value] of command.assignments) {
      this.#lastCode = 0;
      this.variables.set(variable, (await this.#words([value], outer, false)).join('').slice(0, MAX_TEXT));
      code = this.#lastCode;
    }
    const streams = await this.#redirect(command.redirections, outer);
    if (streams === undefined) return 1;
    return name === undefined ? code : this.#run(name, args, streams);
  }

  async #run(name: string, args: readonly string[], streams: Streams): Promise<number> {
    switch (name) {
      case 'exit':
        throw new Exit(args[0] === undefined ? this.#lastCode : Number(args[0]) & 255 || 0);
      case 'break':
      case 'continue':
        throw new LoopControl(name);
      case 'export':
        for (const arg of args) {
          const [variable = '', ...value] = arg.split('=');
          if (arg.includes('=')) this.variables.set(variable, value.join('='));
        }
        return 0;
      case 'unset':
        for (const arg of args) this.variables.delete(arg);
        return 0;
      case 'set':
      case 'trap':
      case 'wait':
        return 0;
      case 'exec':
        if (args[0] === undefined) return 0;
        throw new Exit(await this.#run(args[0], args.slice(1), streams));
    }
    try {
      return await runProgram([name, ...args], streams, this);
    } catch (error) {
      if (!(error instanceof NoSuchProgram)) throw error;
      streams.err(`sh: ${error.program}: not found\n`);
      return 127;
    }
  }

  async #redirect(redirections: readonly Redirection[], outer: Streams): Promise<Streams | undefined> {
    let streams = outer;
    const { files } = this.machine;
    for (const { from, operator, target } of redirections) {
      const path = (await this.#words([target], outer, false)).join('');
      if (operator === '>&') {
        const to = path === '2' ? streams.err : streams.out;
        streams = from === 2 ? { ...streams, err: to } : { ...streams, out: to };
        continue;
      }
      const file = resolvePath(this.directory, path);
      if (operator === '<') {
        const text = file === '/dev/null' ? '' : files.get(file);
        if (typeof text !== 'string') {
          outer.err(`sh: can't open ${path}: no such file\n`);
          return undefined;
        }
        streams = { ...streams, input: Input.of(text) };
        continue;
      }
      const isNull = file === '/dev/null';
      if (!isNull && (operator === '>' || !files.has(file))) files.set(file, '');
      const write = (text: string): void => {
        const before = files.get(file) ?? '';
        if (!isNull) files.set(file, (before + text).slice(0, MAX_TEXT));
      };
      streams = from === 2 ? { ...streams, err: write } : { ...streams, out: write };
    }
    return streams;
  }

  /** Expands words; unquoted variables and substitutions are split at blanks unless `split` is false. */
  async #words(words: readonly Word[], streams: Streams, split = true): Promise<string[]> {
    const result: string[] = [];
    for (const word of words) {
      let current: string | undefined;
      for (const part of word) {
        const text = part.kind === 'text' ? part.text : await this.#expand(part, streams);
        if (part.quoted || part.kind === 'text' || !split) {
          if (text !== '' || part.quoted) current = (current ?? '') + text;
          continue;
        }
        const fields = text.split(/[ \t\n]+/);
        const first = fields.shift() ?? '';
        if (first !== '') current = (current ?? '') + first;
        for (const field of fields) {
          if (current !== undefined) result.push(current);
          current = field === '' ? undefined : field;
        }
      }
      if (current !== undefined || !split) result.push((current ?? '').slice(0, MAX_TEXT));
    }
    return result;
  }

  async #expand(part: Exclude<Word[number], { kind: 'text' }>, streams: Streams): Promise<string> {
    if (part.kind === 'variable') {
      if (part.name === '?') return String(this.#lastCode);
      if (part.name === '$') return '1';
      return this.variables.get(part.name) || part.otherwise;
    }
    let list: List;
    try {
      list = parseScript(part.script);
    } catch (error) {
      if (!(error instanceof ShellSyntaxError)) throw error;
      streams.err(`sh: ${error.message}\n`);
      return '';
    }
    const group: Command = { kind: 'group', list, subshell: false };
    const text = await this.#output((captured) => this.#subshell(group, captured), streams);
    return text.replace(/\n+$/, '');
  }

  /** Lets others work now and then, and ends what was ended from outside or never ends. */
  async #tick(): Promise<void> {
    this.#check();
    this.#commands += 1;
    if (this.#commands > MAX_COMMANDS) throw new ProcessKilled('too many commands');
    if (this.#commands % 100 === 0) await new Promise(setImmediate);
    await this.machine.drained();
  }

  #check(): void {
    if (this.machine.signal.aborted) throw new ProcessKilled('ended from outside');
  }
}

/** True if more lines could make it a script. */
function isIncomplete(script: string): boolean {
  try {
    parseScript(script);
    return false;
  } catch (error) {
    return error instanceof ShellSyntaxError && error.incomplete && script.length < MAX_TEXT;
  }
}

/**
 * Runs one program: what the pod script says of the command line, a shell, or one of the builtins. Rejects with
 * NoSuchProgram and ProcessKilled.
 */
export async function runProgram(
  args: readonly string[],
  streams: Streams,
  state: ShellState,
): Promise<number> {
  const { machine } = state;
  const scripted = machine.commands.get(args.join(' '));
  if (scripted !== undefined) {
    if (scripted.stdout !== '') streams.out(scripted.stdout);
    if (scripted.stderr !== '') streams.err(scripted.stderr);
    return scripted.exitCode;
  }
  const [program = '', ...rest] = args;
  if (isShell(program)) {
    const shell = new Shell({ ...machine, environment: state.variables, directory: state.directory });
    const option = rest.findIndex((arg) => /^-[a-z]*c$/.test(arg));
    if (option >= 0) return shell.script(rest[option + 1] ?? '', streams);
    return shell.interactive(streams);
  }
  const builtin = builtins.get(program.replace(/^(?:\/usr)?\/s?bin\//, ''));
  if (builtin === undefined) throw new NoSuchProgram(program);
  return builtin(rest, streams, state);
}
