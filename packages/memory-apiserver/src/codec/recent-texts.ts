/**
 * What was made of the texts used lately, in two generations of at most `maxChars` characters of texts each: when the
 * young one is full, it becomes the old one, of which only what is used again is kept. Nothing is kept of a text that
 * alone is longer than that.
 */
export class RecentTexts<T extends object> {
  #young = new Map<string, T>();
  #old = new Map<string, T>();
  #youngChars = 0;
  #oldChars = 0;

  constructor(private readonly maxChars: number) {}

  /** Characters of the texts in both generations. */
  get chars(): number {
    return this.#youngChars + this.#oldChars;
  }

  get(text: string): T | undefined {
    const young = this.#young.get(text);
    if (young !== undefined) return young;
    const old = this.#old.get(text);
    if (old !== undefined) this.set(text, old);
    return old;
  }

  set(text: string, value: T): void {
    if (text.length > this.maxChars) return;
    const added = this.#young.has(text) ? 0 : text.length;
    if (this.#youngChars + added > this.maxChars) {
      this.#old = this.#young;
      this.#oldChars = this.#youngChars;
      this.#young = new Map();
      this.#youngChars = 0;
    }
    this.#young.set(text, value);
    this.#youngChars += added;
  }

  delete(text: string): void {
    if (this.#young.delete(text)) this.#youngChars -= text.length;
    if (this.#old.delete(text)) this.#oldChars -= text.length;
  }
}
