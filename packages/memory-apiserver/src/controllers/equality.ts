/** True if both hold the same, whatever the order of their keys; null and undefined are as good as absent. */
export function sameJson(a: unknown, b: unknown): boolean {
  return same(a ?? undefined, b ?? undefined, isAbsent);
}

/** {@link sameJson} of what clients write or leave out as they like: empty objects and lists are absent too. */
export function sameTemplate(a: unknown, b: unknown): boolean {
  return same(a, b, isEmpty) || (isEmpty(a) && isEmpty(b));
}

/** Nothing is built for it, as most comparisons find no difference and every reconcile has some. */
function same(a: unknown, b: unknown, isNothing: (value: unknown) => boolean): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    for (let index = 0; index < a.length; index += 1) {
      const one: unknown = a[index];
      const other: unknown = b[index];
      if (!same(one, other, isNothing) && !(isNothing(one) && isNothing(other))) return false;
    }
    return true;
  }
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  for (const key in left) {
    const [one, other] = [left[key], Object.hasOwn(right, key) ? right[key] : undefined];
    if (!same(one, other, isNothing) && !(isNothing(one) && isNothing(other))) return false;
  }
  for (const key in right) if (!Object.hasOwn(left, key) && !isNothing(right[key])) return false;
  return true;
}

const isAbsent = (value: unknown): boolean => value === undefined || value === null;

function isEmpty(value: unknown): boolean {
  if (isAbsent(value)) return true;
  if (typeof value !== 'object') return false;
  return Array.isArray(value) ? value.length === 0 : Object.values(value as object).every(isEmpty);
}
