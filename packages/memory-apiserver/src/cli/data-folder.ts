import { randomBytes, randomUUID } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fdatasync,
  fdatasyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { KeyPairPem } from '../pki/certificates.js';
import { createAuthority } from '../pki/certificates.js';
import type { JournalEntry } from '../store/cluster-store.js';
import { replaceFile } from './durable-file.js';
import { FolderLock } from './folder-lock.js';

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
 * operating system before it is answered: what was answered survives the end of the process. The disk has it moments
 * later: a machine that loses its power may lose the last writes, never those before them.
 */
export class DataFolder {
  readonly identity: ClusterIdentity;
  /** The last write of each object, in the order they were made. */
  readonly entries: readonly JournalEntry[];
  readonly #journal: number;
  #isSyncing = false;
  #isDirty = false;
  #isClosed = false;

  private constructor(
    folder: string,
    private readonly lock: FolderLock,
  ) {
    const [identityFile, journalFile] = [join(folder, 'identity.json'), join(folder, 'journal.ndjson')];
    if (!existsSync(identityFile)) replaceFile(identityFile, JSON.stringify(newIdentity()));
    this.identity = JSON.parse(readFileSync(identityFile, 'utf8')) as ClusterIdentity;
    this.entries = existsSync(journalFile) ? lastWrites(readFileSync(journalFile, 'utf8')) : [];
    replaceFile(journalFile, this.entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
    this.#journal = openSync(journalFile, 'a', 0o600);
  }

  /**
   * Rejects with an Error if the folder can't be used or another process is using it. Nobody but its owner can read
   * what it makes.
   */
  static async open(folder: string): Promise<DataFolder> {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const lock = await FolderLock.take(folder);
    try {
      return new DataFolder(folder, lock);
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  write(entry: JournalEntry): void {
    writeSync(this.#journal, `${JSON.stringify(entry)}\n`);
    this.#isDirty = true;
    this.#sync();
  }

  /** One at a time: writes that come meanwhile go to the disk together with the next. */
  #sync(): void {
    if (this.#isSyncing) return;
    this.#isSyncing = true;
    this.#isDirty = false;
    fdatasync(this.#journal, (error) => {
      this.#isSyncing = false;
      if (error !== null) process.emitWarning(`journal: ${error.message}`);
      if (this.#isClosed) closeSync(this.#journal);
      else if (this.#isDirty) this.#sync();
    });
  }

  close(): void {
    this.#isClosed = true;
    fdatasyncSync(this.#journal);
    // A descriptor that is still being synchronised mustn't become another file's.
    if (!this.#isSyncing) closeSync(this.#journal);
    this.lock.release();
  }
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
