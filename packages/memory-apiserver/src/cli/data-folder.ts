import { randomBytes, randomUUID } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { KeyPairPem } from '../pki/certificates.js';
import { createAuthority } from '../pki/certificates.js';
import type { JournalEntry } from '../store/cluster-store.js';

/** What stays the same over restarts, beside the objects. */
export interface ClusterIdentity {
  uid: string;
  /** Milliseconds since the epoch. */
  createdAt: number;
  /** Of the administrator. */
  token: string;
  /** Signs tokens of service accounts. */
  tokenKey: string;
  authority: KeyPairPem;
}

/** What a cluster begins with that is kept nowhere. */
export const newIdentity = (): ClusterIdentity => ({
  uid: randomUUID(),
  createdAt: Date.now(),
  token: randomBytes(32).toString('base64url'),
  tokenKey: randomBytes(32).toString('base64url'),
  authority: createAuthority(),
});

/**
 * A folder with a cluster's identity and a journal of its writes, one JSON text a line. Every write is handed to the
 * operating system before it is answered: what was answered survives the end of the process, not that of the machine.
 */
export class DataFolder {
  readonly identity: ClusterIdentity;
  /** The last write of each object, in the order they were made. */
  readonly entries: readonly JournalEntry[];
  readonly #journal: number;

  /** Throws Error if the folder can't be used. Nobody but its owner can read what it makes. */
  constructor(folder: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const [identityFile, journalFile] = [join(folder, 'identity.json'), join(folder, 'journal.ndjson')];
    if (!existsSync(identityFile)) replace(identityFile, JSON.stringify(newIdentity()));
    this.identity = JSON.parse(readFileSync(identityFile, 'utf8')) as ClusterIdentity;
    this.entries = existsSync(journalFile) ? lastWrites(readFileSync(journalFile, 'utf8')) : [];
    replace(journalFile, this.entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
    this.#journal = openSync(journalFile, 'a', 0o600);
  }

  write(entry: JournalEntry): void {
    writeSync(this.#journal, `${JSON.stringify(entry)}\n`);
  }

  close(): void {
    closeSync(this.#journal);
  }
}

/** A process that is killed leaves the old file or the new one. */
function replace(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

function lastWrites(text: string): JournalEntry[] {
  const last = new Map<string, JournalEntry>();
  // What follows the last line break is a write that was cut off.
  for (const line of text.split('\n').slice(0, -1)) {
    const entry = JSON.parse(line) as JournalEntry;
    last.set(`${entry.storage}/${entry.namespace}/${entry.name}`, entry);
  }
  return [...last.values()].sort((a, b) => a.revision - b.revision);
}
