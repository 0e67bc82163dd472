/**
 * Steps of a path such as `metadata.name`, `spec.containers.image`, `metadata.fields[2]` or
 * `metadata.labels[app.kubernetes.io/name]`: dots part steps, brackets hold a step that may contain dots.
 */
export function parsePath(text: string): string[] {
  return [...text.matchAll(/\[([^\]]*)\]|([^.[\]]+)/g)].map((match) => match[1] ?? match[2] ?? '');
}

/** All values at the path; arrays on the way are searched item by item unless the step is an index. */
export function valuesAt(value: unknown, path: readonly string[], from = 0): unknown[] {
  if (from === path.length) return Array.isArray(value) ? (value as unknown[]) : [value];
  const step = path[from] as string;
  if (Array.isArray(value)) {
    if (/^\d+$/.test(step)) return valuesAt(value[Number(step)], path, from + 1);
    return value.flatMap((item) => valuesAt(item, path, from));
  }
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return [];
  return valuesAt((value as Record<string, unknown>)[step], path, from + 1);
}

/** Removes what is at the path, if anything. */
export function removeAt(value: unknown, path: readonly string[]): void {
  const parent = parentAt(value, path);
  if (parent !== undefined) delete parent[path.at(-1) as string];
}

/** Puts `leaf` at the path, making the objects on the way. Paths through `__proto__` are ignored. */
export function putAt(target: Record<string, unknown>, path: readonly string[], leaf: unknown): void {
  if (path.includes('__proto__')) return;
  let at = target;
  for (const step of path.slice(0, -1)) {
    const next = at[step];
    at = (typeof next === 'object' && next !== null ? next : (at[step] = {})) as Record<string, unknown>;
  }
  const last = path.at(-1);
  if (last !== undefined) at[last] = leaf;
}

/** The plain object that holds the last step of the path. */
export function parentAt(value: unknown, path: readonly string[]): Record<string, unknown> | undefined {
  let at = value;
  for (const step of path.slice(0, -1)) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined;
    at = (at as Record<string, unknown>)[step];
  }
  return typeof at === 'object' && at !== null ? (at as Record<string, unknown>) : undefined;
}
