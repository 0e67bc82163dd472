import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { JournalEntry } from '@scale-cluster/memory-apiserver';
import { FleetClosedError } from '../errors.js';
import { silentLogger, type Logger } from '../logger.js';
import { FormFile } from './form-file.js';
import { formatEnd, formatLine } from './line.js';
import { JournalFile, type FileContent } from './journal-file.js';

export interface JournalOptions {
  /** Made if absent, readable only by its owner: Secrets of the clusters are in it. */
  folder: string;
  logger?: Logger;
  /** Files that the clusters are spread over. Must not change for a folder. @default {@link journalFiles} */
  files?: number;
  /** Which share of the files is this one's, where several threads share a folder. @default all */
  part?: JournalPart;
  /** How long a write may stay in this process, milliseconds. @default 50 */
  flushDelayMs?: number;
  /** How often the files are synced to disk, milliseconds. @default 5000 */
  syncIntervalMs?: number;
  /** What a file may hold beyond twice its live content. @default 1 MiB */
  slackBytes?: number;
}

/** One of `of` parts, from 0. A cluster belongs to the part that {@link journalPartOf} says. */
export interface JournalPart {
  index: number;
  of: number;
}

/** More threads than that have nothing to do. */
export const journalFiles = 32;

const fileIndexOf = (uid: string, files: number): number =>
  createHash('sha256').update(uid).digest().readUInt32BE(0) % files;

/** The part that a cluster belongs to: one of `of`, from 0; the same for the same number of parts. */
export function journalPartOf(uid: string, of: number): number {
  return fileIndexOf(uid, journalFiles) % of;
}

/**
 * What clusters have stored beyond their template, kept so that a restart shows Rancher and users the objects that
 * they wrote. Writes are gathered for `flushDelayMs` and survive a kill of the process from then on; a power cut can
 * take those of the last `syncIntervalMs`. Losing them does no harm: Rancher writes what it misses anew.
 */
export class Journal {
  /** By their numbers: only those of this part, as nobody else may touch a file. */
  readonly #files = new Map<number, JournalFile>();
  readonly #count: number;
  readonly #changed = new Set<JournalFile>();
  readonly #unsynced = new Set<JournalFile>();
  readonly #logger: Logger;
  readonly #flushDelayMs: number;
  readonly #syncTimer: NodeJS.Timeout;
  #flushTimer: NodeJS.Timeout | undefined;
  #closed = false;
  #loading: Promise<unknown> | undefined;
  #entries = 0;

  private constructor(
    options: JournalOptions,
    /** What entries refer to; give it to the API server whose clusters write. */
    readonly forms: FormFile,
  ) {
    this.#count = options.files ?? journalFiles;
    const { index: part, of } = options.part ?? { index: 0, of: 1 };
    const slack = options.slackBytes ?? 1 << 20;
    this.#logger = options.logger ?? silentLogger;
    this.#flushDelayMs = options.flushDelayMs ?? 50;
    for (let file = part; file < this.#count; file += of) {
      const path = join(options.folder, `shard-${String(file).padStart(2, '0')}.log`);
      this.#files.set(file, new JournalFile(path, slack));
    }
    this.#syncTimer = setInterval(() => void this.#sync(), options.syncIntervalMs ?? 5_000);
    this.#syncTimer.unref();
  }

  static async open(options: JournalOptions): Promise<Journal> {
    await mkdir(options.folder, { recursive: true, mode: 0o700 });
    const { index } = options.part ?? { index: 0 };
    const name = index === 0 ? 'forms.log' : `forms-${index}.log`;
    return new Journal(options, await FormFile.open(join(options.folder, name), /^forms(-\d+)?\.log$/));
  }

  /**
   * Hands out what the files hold, one after the other so that only one is in memory at a time; entries of clusters
   * that `keep` refuses are skipped. Run it to its end before the first append. Throws {@link FleetClosedError} when
   * the journal is closed meanwhile: what is not read yet must not be taken for absent.
   */
  async *load(keep: (uid: string) => boolean): AsyncGenerator<FileContent> {
    for (const file of this.#files.values()) {
      if (this.#closed) throw new FleetClosedError();
      const loading = file.load(keep);
      this.#loading = loading;
      yield await loading;
    }
  }

  /** A function that appends writes of one cluster; calls after {@link close} do nothing. */
  writer(uid: string): (entry: JournalEntry) => void {
    const file = this.#fileOf(uid);
    return (entry) => {
      // Events are gone after an hour in any cluster; nobody misses them after a restart.
      if (this.#closed || entry.storage === 'events' || isHeartbeat(entry)) return;
      file.append(uid, formatLine(uid, entry));
      this.#entries += 1;
      this.#schedule(file);
    };
  }

  /** Forgets a cluster. */
  end(uid: string): void {
    if (this.#closed) return;
    const file = this.#fileOf(uid);
    file.end(uid, formatEnd(uid));
    this.#schedule(file);
  }

  /** Resolves when all appends so far are with the operating system. */
  async flush(): Promise<void> {
    clearTimeout(this.#flushTimer);
    this.#flushTimer = undefined;
    const files = [...this.#changed];
    this.#changed.clear();
    try {
      // Before what refers to them.
      if (files.length > 0) await this.forms.flush();
    } catch (error) {
      this.#logger.error({ error: (error as Error).message }, 'journal could not be written');
      for (const file of files) this.#schedule(file, 1000);
      return;
    }
    for (const file of files) {
      this.#unsynced.add(file);
      await file.flush().catch((error: unknown) => {
        this.#logger.error({ error: (error as Error).message }, 'journal could not be written');
        this.#schedule(file, 1000);
      });
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#syncTimer);
    await this.#loading?.catch(() => undefined);
    await this.flush();
    clearTimeout(this.#flushTimer);
    await Promise.all([this.forms, ...this.#files.values()].map((file) => file.close()));
  }

  /** Bytes in all files, and entries appended since the start. */
  get stats(): { bytes: number; entries: number } {
    return {
      bytes: [...this.#files.values()].reduce((sum, file) => sum + file.bytes, 0),
      entries: this.#entries,
    };
  }

  #schedule(file: JournalFile, delayMs = this.#flushDelayMs): void {
    this.#changed.add(file);
    this.#flushTimer ??= setTimeout(() => void this.flush(), delayMs);
  }

  async #sync(): Promise<void> {
    const files = [...this.#unsynced];
    this.#unsynced.clear();
    if (files.length > 0) await this.forms.sync().catch(() => undefined);
    for (const file of files) await file.sync().catch(() => this.#unsynced.add(file));
  }

  #fileOf(uid: string): JournalFile {
    const file = this.#files.get(fileIndexOf(uid, this.#count));
    if (file === undefined) throw new RangeError(`cluster ${uid} is not of this part of the journal`);
    return file;
  }
}

/** Leases of nodes are renewed all the time, and made anew when they are missing. */
const isHeartbeat = ({ storage, namespace }: JournalEntry): boolean =>
  storage === 'leases.coordination.k8s.io' && namespace === 'kube-node-lease';
