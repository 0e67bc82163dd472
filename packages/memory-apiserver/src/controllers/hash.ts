/** 32-bit FNV-1a over UTF-16 code units: short, quick and the same in every run. Not for secrets. */
export function fnv32a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash ^= text.charCodeAt(i);
    hash = Math.imul(hash, 0x01000193);
  }
  return hash >>> 0;
}

/** 32-bit FNV-1 of the text in UTF-8, as Go's `fnv.New32`. */
export function fnv32(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash, 0x01000193) ^ byte;
  return hash >>> 0;
}

/** JSON with keys in order and without empty values, so that equal objects give equal text. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value)
      .filter(([, field]) => field !== undefined && field !== null)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, field]) => `${JSON.stringify(key)}:${canonicalJson(field)}`);
    return `{${fields.join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}

/**
 * A template's text for comparing and hashing: {@link canonicalJson} without empty objects and lists, which clients
 * write or leave out as they like (`resources: {}`, `securityContext: {}`).
 */
export const templateText = (template: unknown): string => canonicalJson(withoutEmpty(template) ?? {});

function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value))
    return value.length === 0 ? undefined : value.map((item) => withoutEmpty(item) ?? {});
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value)
    .map(([key, field]) => [key, withoutEmpty(field)] as const)
    .filter(([, field]) => field !== undefined && field !== null);
  return fields.length === 0 ? undefined : Object.fromEntries(fields);
}

/** No vowels and no digits that look like letters, so that no words come out (`k8s.io/apimachinery` util/rand). */
const safeAlphabet = 'bcdfghjklmnpqrstvwxz2456789';

/** A number as the `pod-template-hash` label shows it (util/rand `SafeEncodeString` of its decimal digits). */
export function safeEncode(hash: number): string {
  const digits = String(hash);
  let text = '';
  for (let i = 0; i < digits.length; i++)
    text += safeAlphabet[digits.charCodeAt(i) % safeAlphabet.length] ?? '';
  return text;
}

/** A number between 0 and 1 that is always the same for one text: jitter without state. */
export function steadyFraction(text: string): number {
  return fnv32a(text) / 2 ** 32;
}
