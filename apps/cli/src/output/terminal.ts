import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Where a command writes. Results go to stdout, everything else (progress, warnings, errors) to stderr. */
export class Terminal {
  constructor(
    /** Only JSON on stdout, nothing but errors (as JSON) on stderr. */
    readonly json: boolean,
    private readonly stdout: NodeJS.WriteStream = process.stdout,
    private readonly stderr: NodeJS.WriteStream = process.stderr,
  ) {}

  /** Whether a person can see a block that is updated in place. */
  get live(): boolean {
    return !this.json && this.stderr.isTTY && process.env['TERM'] !== 'dumb';
  }

  get columns(): number {
    return this.stderr.columns || 80;
  }

  /** A line of the result for people; nothing with `--json`. */
  print(line = ''): void {
    if (!this.json) this.stdout.write(`${line}\n`);
  }

  /** The result for programs. `pretty` unless it is one line of many. */
  printJson(value: unknown, pretty = true): void {
    this.stdout.write(`${JSON.stringify(value, null, pretty ? 2 : undefined)}\n`);
  }

  /** A line about what happens; nothing with `--json`. */
  note(line: string): void {
    if (!this.json) this.stderr.write(`${line}\n`);
  }

  /** Raw control of stderr, for blocks that are redrawn. */
  draw(text: string): void {
    this.stderr.write(text);
  }

  /** Text for stdout in a colour, if stdout shows colours. */
  paint(style: Style, text: string): string {
    return this.stdout.isTTY && !process.env['NO_COLOR'] ? styleText(style, text) : text;
  }
}
