/** Vowels and look-alikes are left out, as in k8s.io/apimachinery `pkg/util/rand`. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';
const SUFFIX_LENGTH = 5;
const MAX_BASE_LENGTH = 63 - SUFFIX_LENGTH;

export function randomSuffix(random: () => number): string {
  let suffix = '';
  for (let index = 0; index < SUFFIX_LENGTH; index += 1) {
    suffix += ALPHABET[Math.floor(random() * ALPHABET.length)] ?? '';
  }
  return suffix;
}

/** A name for `metadata.generateName`: k8s.io/apiserver `pkg/storage/names`. */
export function generateName(base: string, random: () => number): string {
  return base.slice(0, MAX_BASE_LENGTH) + randomSuffix(random);
}
