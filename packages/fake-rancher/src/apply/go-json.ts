/**
 * JSON as kubectl writes it, by Go's encoding/json: keys in order (those of Kubernetes objects are ASCII), and escapes for
 * what means something in HTML.
 */
export function goJson(value: unknown): string {
  return ordered(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Not by JSON.stringify of sorted objects: these have keys such as `10` in an order of their own. */
function ordered(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(ordered).join()}]`;
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  fields.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${ordered(field)}`).join()}}`;
}
