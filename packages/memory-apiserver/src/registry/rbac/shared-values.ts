/** How many values are kept; beyond it, those that were not asked for longest go first. */
const LIMIT = 2000;

/**
 * One copy of equal values for the whole process: thousands of clusters are given the same roles and bindings.
 * Values must be what JSON can hold and are not to be changed.
 */
export class SharedValues<T> {
  readonly #values = new Map<string, T>();

  share(value: T): T {
    const text = JSON.stringify(value);
    const known = this.#values.get(text);
    const shared = known ?? value;
    if (known !== undefined) this.#values.delete(text);
    this.#values.set(text, shared);
    if (this.#values.size > LIMIT) {
      for (const oldest of this.#values.keys()) {
        this.#values.delete(oldest);
        break;
      }
    }
    return shared;
  }
}
