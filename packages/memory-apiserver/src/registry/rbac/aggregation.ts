import type { PolicyRule } from '../user.js';

/** The rules of several roles in one list, without repetitions: what aggregation makes of them, in order of names. */
export function aggregateRules(
  roles: Iterable<{ metadata: { name: string }; rules?: readonly PolicyRule[] | null }>,
): PolicyRule[] {
  const sorted = [...roles].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  const rules = new Map<string, PolicyRule>();
  for (const rule of sorted.flatMap((role) => role.rules ?? [])) {
    const { verbs, apiGroups, resources, resourceNames, nonResourceURLs } = rule;
    const key = JSON.stringify([verbs, apiGroups, resources, resourceNames, nonResourceURLs]);
    if (!rules.has(key)) rules.set(key, rule);
  }
  return [...rules.values()];
}
