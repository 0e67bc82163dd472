import type { UserInfo } from '../user.js';
import type { Binding } from './role-binding.js';

/** Bindings that don't change, to be found by their subjects. */
export class BindingIndex {
  readonly #byUser = new Map<string, Set<string>>();
  readonly #byGroup = new Map<string, Set<string>>();

  /** @param bindings by key */
  constructor(private readonly bindings: ReadonlyMap<string, Binding>) {
    for (const [key, { subjects }] of bindings) {
      for (const { username, group } of subjects) {
        if (username !== undefined) add(this.#byUser, username, key);
        if (group !== undefined) add(this.#byGroup, group, key);
      }
    }
  }

  has(key: string): boolean {
    return this.bindings.has(key);
  }

  /** Whether `test` is true of one of the bindings that the user is a subject of; asks it once about each. */
  some({ username, groups }: UserInfo, test: (binding: Binding, key: string) => boolean): boolean {
    const earlier: ReadonlySet<string>[] = [];
    const anyOf = (keys: ReadonlySet<string> | undefined): boolean => {
      for (const key of keys ?? []) {
        const binding = this.bindings.get(key);
        const isNew = !earlier.some((known) => known.has(key));
        if (isNew && binding !== undefined && test(binding, key)) return true;
      }
      if (keys !== undefined) earlier.push(keys);
      return false;
    };
    return anyOf(this.#byUser.get(username)) || groups.some((group) => anyOf(this.#byGroup.get(group)));
  }
}

function add(index: Map<string, Set<string>>, name: string, key: string): void {
  const keys = index.get(name);
  if (keys === undefined) index.set(name, new Set([key]));
  else keys.add(key);
}
