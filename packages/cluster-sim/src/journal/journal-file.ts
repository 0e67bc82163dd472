import { createReadStream, writeSync } from 'node:fs';
import { open, rename, stat, unlink, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import type { JournalEntry } from '@scale-cluster/memory-apiserver';
import { syncFolder } from '../state/atomic-file.js';
import { formatLine, parseLine } from './line.js';

/** The last write of every object, by cluster. */
export type FileContent = Map<string, Map<string, JournalEntry>>;

const flushBytes = 1 << 20;
const mostGone = 1000;

/**
 * One append-only file with the writes of a share of the clusters. When it has grown to twice what it held after the
 * last compaction (and by at least `slackBytes`), it is rewritten with only the last write of each object; what is
 * appended meanwhile waits in memory.
 */
export class JournalFile {
  #handle: FileHandle | undefined;
  #pending: string[] = [];
  #pendingBytes = 0;
  #bytes = 0;
  #liveBytes = 0;
  #working: Promise<void> | undefined;
  #ended = new Set<string>();
  /** Clusters that have lines in it and haven't ended. */
  readonly #living = new Set<string>();
  /** Those that ended last: a request that was under way may still write for a moment, and nobody would end it again. */
  readonly #gone = new Set<string>();
  #closed = false;

  constructor(
    readonly path: string,
    private readonly slackBytes: number,
  ) {}

  get bytes(): number {
    return this.#bytes + this.#pendingBytes;
  }

  /** Reads the file from its beginning; call it once, before the first append. Cuts off an unfinished last line. */
  async load(keep: (uid: string) => boolean): Promise<FileContent> {
    await unlink(`${this.path}.tmp`).catch(() => undefined);
    const handle = (this.#handle = await this.#open());
    // A process that was killed may have left half a line: it counts for nothing, and the next must not begin behind it.
    await truncateToLine(handle, this.#bytes);
    this.#bytes = (await handle.stat()).size;
    const content = await readShard(this.path, keep);
    this.#liveBytes = contentBytes(content);
    for (const uid of content.keys()) this.#living.add(uid);
    return content;
  }

  append(uid: string, line: string): void {
    if (this.#closed || this.#gone.has(uid)) return;
    this.#living.add(uid);
    this.#pending.push(line);
    this.#pendingBytes += line.length;
  }

  /** The cluster is gone: its lines are dropped at the next compaction, at the latest with those of the last cluster. */
  end(uid: string, line: string): void {
    this.append(uid, line);
    this.#ended.add(uid);
    this.#living.delete(uid);
    this.#gone.add(uid);
    const [oldest] = this.#gone;
    if (this.#gone.size > mostGone && oldest !== undefined) this.#gone.delete(oldest);
  }

  /** Hands what is pending to the operating system, so that it survives the end of this process. */
  flush(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#working ??= this.#work().finally(() => (this.#working = undefined));
    return this.#working;
  }

  /** Flushes, then asks the disk to keep it over a power cut as well. */
  async sync(): Promise<void> {
    await this.flush();
    await this.#handle?.datasync();
  }

  /** Flushes and closes the file. What comes later is dropped: it must not open the file again. */
  async close(): Promise<void> {
    await this.flush();
    if (this.#pending.length > 0) await this.flush();
    this.#closed = true;
    await this.#handle?.close();
    this.#handle = undefined;
  }

  async #work(): Promise<void> {
    // What is appended while the file is emptied or rewritten was flushed for, too.
    do {
      await this.#writePending();
      if (this.#living.size === 0) await this.#empty();
      else if (this.#bytes > 2 * this.#liveBytes + this.slackBytes) await this.#compact();
    } while (this.#pending.length > 0);
  }

  async #writePending(): Promise<void> {
    const { fd } = (this.#handle ??= await this.#open());
    while (this.#pending.length > 0) {
      const lines = this.#pending;
      let take = 0;
      let bytes = 0;
      for (; take < lines.length && bytes < flushBytes; take++) bytes += lines[take]?.length ?? 0;
      const batch = Buffer.from(lines.slice(0, take).join(''));
      writeAll(fd, batch);
      // Only now: a failed write keeps its lines for the next try.
      this.#pending = this.#pending.slice(take);
      this.#pendingBytes -= bytes;
      this.#bytes += batch.length;
    }
  }

  /** Nothing in the file means anything any more. */
  async #empty(): Promise<void> {
    await this.#handle?.truncate(0);
    this.#bytes = 0;
    this.#liveBytes = 0;
    this.#ended.clear();
  }

  async #compact(): Promise<void> {
    const ended = this.#ended;
    this.#ended = new Set();
    const content = await readShard(this.path, (uid) => !ended.has(uid));
    const temporary = `${this.path}.tmp`;
    const handle = await open(temporary, 'w', 0o600);
    let bytes = 0;
    try {
      let batch: string[] = [];
      let size = 0;
      const write = async (): Promise<void> => {
        const buffer = Buffer.from(batch.join(''));
        await handle.appendFile(buffer);
        bytes += buffer.length;
        [batch, size] = [[], 0];
      };
      for (const [uid, entries] of content) {
        for (const entry of entries.values()) {
          const line = formatLine(uid, entry);
          batch.push(line);
          size += line.length;
          if (size >= flushBytes) await write();
        }
      }
      await write();
      await handle.sync();
    } finally {
      await handle.close();
    }
    await this.#handle?.close();
    await rename(temporary, this.path);
    await syncFolder(dirname(this.path));
    this.#handle = await this.#open();
    this.#liveBytes = bytes;
  }

  async #open(): Promise<FileHandle> {
    const handle = await open(this.path, 'a+', 0o600);
    this.#bytes = (await handle.stat()).size;
    return handle;
  }
}

/** In this thread: the system just copies a few KiB, and to have another thread do it takes several times as long. */
function writeAll(fd: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
}

async function readShard(path: string, keep: (uid: string) => boolean): Promise<FileContent> {
  const content: FileContent = new Map();
  if ((await stat(path).catch(() => undefined)) === undefined) return content;
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Infinity });
  for await (const text of lines) {
    const line = parseLine(text);
    if (line === undefined || !keep(line.uid)) continue;
    if (line.entry === undefined) {
      content.delete(line.uid);
      continue;
    }
    const key = `${line.entry.storage}\t${line.entry.namespace}\t${line.entry.name}`;
    const entries = content.get(line.uid) ?? new Map<string, JournalEntry>();
    content.set(line.uid, entries);
    entries.set(key, line.entry);
  }
  return content;
}

function contentBytes(content: FileContent): number {
  let bytes = 0;
  for (const [uid, entries] of content) {
    for (const [key, entry] of entries) bytes += uid.length + key.length + 20 + (entry.json?.length ?? 0);
  }
  return bytes;
}

async function truncateToLine(handle: FileHandle, size: number): Promise<void> {
  if (size === 0) return;
  const chunk = Buffer.alloc(65_536);
  for (let end = size; end > 0;) {
    const from = Math.max(0, end - chunk.length);
    const { bytesRead } = await handle.read(chunk, 0, end - from, from);
    const at = chunk.lastIndexOf(10, bytesRead - 1);
    if (at >= 0) {
      if (from + at + 1 < size) await handle.truncate(from + at + 1);
      return;
    }
    end = from;
  }
  await handle.truncate(0);
}
