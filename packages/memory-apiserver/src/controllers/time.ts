/** Milliseconds since the epoch as `metav1.Time`: RFC 3339 with whole seconds. */
export const timestamp = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

/** Milliseconds since the epoch of a `metav1.Time`; undefined for none. */
export function parseTime(text: string | null | undefined): number | undefined {
  if (text == null) return undefined;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}
