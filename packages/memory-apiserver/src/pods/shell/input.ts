/** Thrown to a process by Ctrl-C. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** What a process reads: text as it comes, until its end. */
export class Input {
  #text = '';
  #ended = false;
  /** Ctrl-D was pressed: the next read is at the end, those after it aren't. */
  #pause = false;
  #interrupted = false;
  #wake: (() => void) | undefined;
  #read: (() => void) | undefined;

  /** An input that is there in full. */
  static of(text: string): Input {
    const input = new Input();
    input.push(text);
    input.end();
    return input;
  }

  push(text: string): void {
    if (!this.#ended) this.#text += text;
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  /** Characters that haven't been read. */
  get length(): number {
    return this.#text.length;
  }

  /** Calls back once, when something has been read. */
  onRead(callback: () => void): void {
    this.#read = callback;
  }

  /** The end for whoever reads next, and for nobody after it. */
  endOnce(): void {
    this.#pause = true;
    this.#wake?.();
  }

  /** Drops what hasn't been read and throws Interrupted to whoever waits for more. */
  interrupt(): void {
    this.#text = '';
    this.#interrupted = this.#wake !== undefined;
    this.#wake?.();
  }

  /** The next line with its end, or what stands before the input's end; undefined at the end. */
  async line(): Promise<string | undefined> {
    for (;;) {
      if (this.#interrupted) {
        this.#interrupted = false;
        throw new Interrupted();
      }
      if (this.#pause) {
        this.#pause = false;
        return undefined;
      }
      const end = this.#text.indexOf('\n') + 1;
      if (end > 0 || this.#ended) {
        const line = end > 0 ? this.#text.slice(0, end) : this.#text;
        this.#text = this.#text.slice(line.length);
        this.#read?.();
        this.#read = undefined;
        return line === '' ? undefined : line;
      }
      await new Promise<void>((resolve) => (this.#wake = resolve));
      this.#wake = undefined;
    }
  }
}
