/**
 * What was made of a text, so that it is made once; all is forgotten when the texts kept would take more than `maxChars`
 * characters together. Nothing is kept of a text that alone is longer than that.
 */
export class TextMemo<T> {
  readonly #known = new Map<string, T>();
  #chars = 0;

  constructor(
    private readonly maxChars: number,
    private readonly make: (text: string) => T,
  ) {}

  /** Characters of the texts it keeps. */
  get chars(): number {
    return this.#chars;
  }

  /** @throws what making throws; then nothing is kept */
  of(text: string): T {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const made = this.make(text);
    if (text.length > this.maxChars) return made;
    if (this.#chars + text.length > this.maxChars) {
      this.#known.clear();
      this.#chars = 0;
    }
    this.#known.set(text, made);
    this.#chars += text.length;
    return made;
  }
}
