import { StringDecoder } from 'node:string_decoder';
import type { Input } from './input.js';

/**
 * The line discipline of a terminal: echoes what is typed, hands it on by lines, and understands backspace, Ctrl-C,
 * Ctrl-D and Ctrl-U. (POSIX.1-2017, General Terminal Interface, canonical mode.)
 */
export class Terminal {
  readonly #decoder = new StringDecoder('utf8');
  #line = '';

  /**
   * @param show writes to the screen
   * @param interrupt called for Ctrl-C
   */
  constructor(
    private readonly input: Input,
    private readonly show: (text: string) => void,
    private readonly interrupt: () => void,
  ) {}

  /** Takes what the client's terminal, which is in raw mode, sends. */
  type(chunk: Buffer): void {
    for (const char of this.#decoder.write(chunk)) this.#key(char);
  }

  #key(char: string): void {
    switch (char) {
      case '\r':
      case '\n':
        this.show('\r\n');
        this.input.push(`${this.#line}\n`);
        this.#line = '';
        return;
      case '\x7f':
      case '\b':
        if (this.#line === '') return;
        this.#line = [...this.#line].slice(0, -1).join('');
        this.show('\b \b');
        return;
      case '\x03':
        this.#line = '';
        this.show('^C\r\n');
        this.interrupt();
        return;
      case '\x04':
        if (this.#line === '') this.input.endOnce();
        return;
      case '\x15':
        this.show('\b \b'.repeat([...this.#line].length));
        this.#line = '';
        return;
      default:
        // Arrow keys and such have no meaning here.
        if (char < ' ') return;
        this.#line += char;
        this.show(char);
    }
  }
}

/** Output as a terminal shows it: lines begin at the left. */
export const toScreen = (text: string): string => text.replace(/\r?\n/g, '\r\n');
