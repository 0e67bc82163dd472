/** Which methods exist for a path, so that a wrong method can be told from a wrong path. */
export class MethodsByPath {
  private readonly routes: { readonly pattern: RegExp; readonly methods: Set<string> }[] = [];
  private readonly known = new Map<string, Set<string>>();

  /** Takes a route as Fastify writes it: `/clusters/:name`, `/docs/*`. */
  add(url: string, methods: readonly string[]): void {
    let set = this.known.get(url);
    if (!set) {
      set = new Set();
      this.known.set(url, set);
      this.routes.push({ pattern: toPattern(url), methods: set });
    }
    for (const method of methods) set.add(method);
  }

  /** The methods of all routes that a path fits, sorted; none for an unknown path. */
  of(path: string): string[] {
    const found = new Set<string>();
    for (const { pattern, methods } of this.routes) {
      if (pattern.test(path)) for (const method of methods) found.add(method);
    }
    return [...found].sort();
  }
}

function toPattern(url: string): RegExp {
  const source = url
    .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replace(/:[A-Za-z]+/g, '[^/]*')
    .replace(/\*/g, '.*');
  return new RegExp(`^${source}$`);
}
