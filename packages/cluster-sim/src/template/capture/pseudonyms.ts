import { isIPv6 } from 'node:net';
import type { SeededRandom } from './seeded-random.js';

export type IdentityKind = 'node' | 'person' | 'group' | 'host' | 'domain' | 'address';

/** One name and what stands in its place. */
export interface Replacement {
  readonly kind: IdentityKind;
  readonly from: string;
  readonly to: string;
}

/**
 * New names for names that identify somebody or something: the same for the same original, never the same for two.
 * They are drawn in the order in which originals come up and say nothing about these.
 */
export class Pseudonyms {
  readonly #byOriginal = new Map<string, Replacement>();
  readonly #taken = new Set<string>();

  constructor(private readonly random: SeededRandom) {}

  of(kind: IdentityKind, from: string): string {
    const key = `${kind}/${from}`;
    let known = this.#byOriginal.get(key);
    if (known === undefined) {
      let to = this.#draw(kind, from);
      while (this.#taken.has(to)) to = this.#draw(kind, from);
      this.#taken.add(to);
      this.#byOriginal.set(key, (known = { kind, from, to }));
    }
    return known.to;
  }

  /** All that were drawn, in that order. */
  all(): Replacement[] {
    return [...this.#byOriginal.values()];
  }

  #draw(kind: IdentityKind, from: string): string {
    const word = this.random.word(5);
    if (kind === 'node') return `{{cluster-name}}-node-${word}`;
    if (kind === 'domain') return `domain-${word}.example`;
    if (kind === 'host') return `host-${word}`;
    if (kind !== 'address') return `${kind === 'person' ? 'user' : 'group'}-${word}`;
    // RFC 3849's addresses for documentation and RFC 2544's for benchmarks lead nowhere.
    const bytes = this.random.bytes(4);
    if (isIPv6(from))
      return `2001:db8::${bytes.readUInt16BE(0).toString(16)}:${bytes.readUInt16BE(2).toString(16)}`;
    return `198.${18 + ((bytes[0] ?? 0) % 2)}.${bytes[1]}.${1 + ((bytes[2] ?? 0) % 254)}`;
  }
}
