import { createHash } from 'node:crypto';
import type { VariableValues } from './placeholders.js';

/** What differs between two clusters on the same base. */
export interface ClusterIdentity {
  readonly name: string;
  readonly uid: string;
  /** RFC 3339 with whole seconds. */
  readonly createdAt: string;
  /** PEM; `''` when the cluster has none. */
  readonly caCert: string;
  /** resourceVersion of the first base object; the others follow. Must not change over restarts. */
  readonly baseRevision: number;
  /** 128 random-looking bits of {@link uid}. */
  readonly seed: Bits128;
  /** Values of the base's variables by placeholder, see placeholders.ts. */
  readonly variables?: VariableValues | undefined;
}

export type Bits128 = readonly [number, number, number, number];

/** The first 128 bits of the text's SHA-256. */
export function hashBits(text: string): Bits128 {
  const digest = createHash('sha256').update(text).digest();
  return [digest.readUInt32BE(0), digest.readUInt32BE(4), digest.readUInt32BE(8), digest.readUInt32BE(12)];
}

/**
 * A version 4 UUID of a cluster's seed and an object's hash. XOR is enough: both are spread by SHA-256, so two
 * clusters can meet in a UID only by a 2^-122 chance, and it costs a list no hashing per object.
 */
export function mixUid(seed: Bits128, hash: Bits128): string {
  const a = hex(seed[0] ^ hash[0]);
  const b = hex(((seed[1] ^ hash[1]) & 0xffff0fff) | 0x4000);
  const c = hex(((seed[2] ^ hash[2]) & 0x3fffffff) | 0x80000000);
  const d = hex(seed[3] ^ hash[3]);
  return `${a}-${b.slice(0, 4)}-${b.slice(4)}-${c.slice(0, 4)}-${c.slice(4)}${d}`;
}

/** Two digits for each byte. Objects of a base get their UIDs whenever they are read, so this has to be quick. */
const digits = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

const byteOf = (word: number, shift: number): string => digits[(word >>> shift) & 0xff] ?? '';

const hex = (word: number): string => byteOf(word, 24) + byteOf(word, 16) + byteOf(word, 8) + byteOf(word, 0);

/** RFC 3339 with whole seconds, as metav1.Time is written. */
export function timestamp(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}

/**
 * The time at which bases are made. Times of this day in a base object are rendered as the same time after the
 * cluster's creation, so that a pod of the base is as old as the cluster it is seen in.
 */
export const BASE_EPOCH_MS = Date.UTC(1971, 0, 1);

const REVISION_EPOCH_MS = Date.UTC(2020, 0, 1);
const REVISIONS_PER_MS = 10;

/**
 * A resourceVersion for the moment: larger than any that a cluster has given out before, if it has written fewer
 * than 10,000 objects per second on average. So versions never go back over a restart, which clients such as
 * reflectors would take for a restored backup.
 */
export function revisionAt(milliseconds: number): number {
  return Math.max(1, Math.floor((milliseconds - REVISION_EPOCH_MS) * REVISIONS_PER_MS));
}
