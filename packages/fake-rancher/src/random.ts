import { randomBytes } from 'node:crypto';

/** Kubernetes' own alphabet for generated names: no vowels, no look-alikes (k8s.io/apimachinery util/rand). */
const alphabet = 'bcdfghjklmnpqrstvwxz2456789';

/** A random name part, as the API server appends it to `generateName`; also good enough as a secret. */
export function randomName(length: number): string {
  let name = '';
  for (const byte of randomBytes(length)) name += alphabet[byte % alphabet.length];
  return name;
}
