import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Input } from '../../../src/pods/shell/input.js';
import { parseScript } from '../../../src/pods/shell/parser.js';
import type { Machine } from '../../../src/pods/shell/process.js';
import { runProgram } from '../../../src/pods/shell/shell.js';
import { ShellSyntaxError } from '../../../src/pods/shell/syntax.js';
import { Terminal } from '../../../src/pods/shell/terminal.js';

interface Outcome {
  code: number;
  out: string;
  err: string;
}

async function run(command: string[], input = '', more: Partial<Machine> = {}): Promise<Outcome> {
  const outcome = { code: -1, out: '', err: '' };
  const machine: Machine = {
    hostname: 'web-0',
    files: new Map<string, string | null>([
      ['/etc', null],
      ['/etc/hostname', 'web-0\n'],
      ['/tmp', null],
    ]),
    environment: new Map([['COLOUR', 'green tea']]),
    directory: '/',
    commands: new Map([['nginx -v', { stdout: '', stderr: 'nginx/1.27\n', exitCode: 3 }]]),
    now: () => Date.UTC(2026, 0, 2, 3, 4, 5),
    sleep: () => Promise.resolve(),
    drained: () => undefined,
    signal: new AbortController().signal,
    tty: false,
    ...more,
  };
  const streams = {
    input: Input.of(input),
    out: (text: string) => void (outcome.out += text),
    err: (text: string) => void (outcome.err += text),
  };
  const state = { machine, variables: new Map(machine.environment), directory: machine.directory };
  outcome.code = await runProgram(command, streams, state);
  return outcome;
}

const sh = (script: string, input?: string): Promise<Outcome> => run(['/bin/sh', '-c', script], input);

describe('a script', () => {
  it.each([
    ['echo a b; echo c', 'a b\nc\n'],
    ['echo "$COLOUR" $COLOUR', 'green tea green tea\n'],
    ["echo 'a  b' $HOME-x", 'a  b -x\n'],
    ['false && echo no || echo yes', 'yes\n'],
    ['if [ -f /etc/hostname ]; then cat /etc/hostname; else echo none; fi', 'web-0\n'],
    ['if false; then echo a; elif true; then echo b; fi', 'b\n'],
    ['for i in 1 2 3; do [ $i = 2 ] && continue; echo $i; done', '1\n3\n'],
    ['while true; do echo once; break; done', 'once\n'],
    ['x=$(hostname)-$(echo `pwd`); echo ${x} ${none:-else}', 'web-0-/ else\n'],
    ['(cd /etc; pwd); pwd', '/etc\n/\n'],
    ['{ echo a; echo b; } | cat', 'a\nb\n'],
    ['! false; echo $?', '0\n'],
    ['echo hidden >/dev/null; echo kept >/tmp/f; echo more >>/tmp/f; cat </tmp/f', 'kept\nmore\n'],
    ['nothing 2>&1; echo $?', 'sh: nothing: not found\n127\n'],
    ['export A=b C=d; unset A; echo $A$C', 'd\n'],
    ['date; date +%F', 'Fri Jan  2 03:04:05 UTC 2026\n2026-01-02\n'],
    ['ls /; ls -l /etc', 'etc\ntmp\n-rw-r--r--    1 root     root            6 hostname\n'],
    ['echo \'a # b\' # c\necho \\$x "\\$y"', 'a # b\n$x $y\n'],
    ['exec echo last; echo never', 'last\n'],
    ['printf "%s-%s\\n" a b; echo -n c', 'a-b\nc'],
  ])('%s', async (script, out) => {
    expect(await sh(script)).toEqual({ code: 0, out, err: '' });
  });

  it('ends with the code of exit, of a program of the pod script, or of what is not there', async () => {
    expect((await sh('(exit 4)')).code).toBe(4);
    expect(await sh('nginx -v')).toEqual({ code: 3, out: '', err: 'nginx/1.27\n' });
    expect((await sh('nothing')).code).toBe(127);
    await expect(run(['nothing'])).rejects.toThrow('executable file not found in $PATH');
  });

  it('says what it does not understand', async () => {
    expect(await sh('echo a; fi')).toEqual({
      code: 2,
      out: '',
      err: 'sh: syntax error: unexpected "fi"\n',
    });
  });

  it('is ended when it never stops, without others having to wait', async () => {
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 0);
    await expect(sh('while true; do :; done')).rejects.toThrow('too many commands');
    clearInterval(timer);
    expect(turns).toBeGreaterThan(0);
  });

  it('is parsed or refused, whatever it is', () => {
    const pieces = [
      'echo',
      ' ',
      ';',
      '&&',
      '|',
      '(',
      ')',
      'if',
      'then',
      'fi',
      'do',
      'done',
      'for',
      'while',
      '$(',
      '"',
      "'",
      '$x',
      '>',
      '\n',
      '{',
      '}',
      '!',
      '\\',
      '`',
      '#',
    ];
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(fc.constantFrom(...pieces)).map((all) => all.join(' ')),
        ),
        (script) => {
          try {
            parseScript(script);
          } catch (error) {
            expect(error).toBeInstanceOf(ShellSyntaxError);
          }
        },
      ),
    );
  });
});

describe('a shell that reads commands', () => {
  it('keeps variables and directory, waits for the rest of a command, and ends with its input', async () => {
    const input = 'cd /etc; x=1\nif [ $x = 1 ]\nthen pwd\nfi\necho "a\nb"';
    expect(await run(['sh'], input)).toEqual({ code: 0, out: '/etc\na\nb\n', err: '' });
  });

  it('is what Rancher opens in a browser', async () => {
    const command =
      'TERM=xterm-256color; export TERM; [ -x /bin/bash ] && ([ -x /usr/bin/script ] && /usr/bin/script -q -c "/bin/bash" /dev/null || exec /bin/bash) || exec /bin/sh';
    const { code, out, err } = await run(['/bin/sh', '-c', command], 'echo $TERM\nexit 5\n', { tty: true });
    expect({ code, out, err }).toEqual({ code: 5, out: 'xterm-256color\n', err: '/ # / # ' });
  });
});

describe('a terminal', () => {
  it('echoes keys, takes back, and hands on lines', async () => {
    const input = new Input();
    let screen = '';
    const terminal = new Terminal(
      input,
      (text) => (screen += text),
      () => {},
    );
    terminal.type(Buffer.from('lx\x7fs é\r'));
    expect(await input.line()).toBe('ls é\n');
    expect(screen).toBe('lx\b \bs é\r\n');
    terminal.type(Buffer.from([0x04]));
    expect(await input.line()).toBeUndefined();
    terminal.type(Buffer.from('go on\r'));
    expect(await input.line()).toBe('go on\n');
  });
});
