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

  get(key: string): Binding | undefined {
    return this.bindings.get(key);
  }

  has(key: string): boolean {
    return this.bindings.has(key);
  }

  /** Keys of all bindings that the user is a subject of, each once. */
  keysFor({ username, groups }: UserInfo): Iterable<string> {
    let found = this.#byUser.get(username);
    for (const group of groups) {
      const keys = this.#byGroup.get(group);
      if (keys !== undefined) found = found === undefined ? keys : new Set([...found, ...keys]);
    }
    return found ?? [];
  }
}

function add(index: Map<string, Set<string>>, name: string, key: string): void {
  const keys = index.get(name);
  if (keys === undefined) index.set(name, new Set([key]));
  else keys.add(key);
}
