import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../state/atomic-file.js';

/** Each has objects of its own in memory for each template; a Rancher has one, and a new one after an upgrade. */
const mostManifests = 16;
const suffix = '.jsonl';

/**
 * The shared parts of import manifests (see `SplitManifest`), each in a file that is named by its hash. Clusters that
 * were made with one need it for as long as they are: what they keep themselves are differences to it.
 */
export class AgentManifests {
  /** By hash: null for a file that nobody has asked for yet, undefined for one that is damaged. */
  readonly #texts: Map<string, string | undefined | null>;
  readonly #adding = new Map<string, Promise<void>>();

  private constructor(
    private readonly folder: string,
    hashes: readonly string[],
  ) {
    this.#texts = new Map(hashes.map((hash) => [hash, null]));
  }

  /** Makes the folder if there is none. Rejects with the file system's error. */
  static async open(folder: string): Promise<AgentManifests> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const files = (await readdir(folder)).filter((file) => file.endsWith(suffix));
    return new AgentManifests(
      folder,
      files.map((file) => file.slice(0, -suffix.length)),
    );
  }

  /** Undefined if it isn't there, or no longer what was added. */
  get(hash: string): string | undefined {
    let text = this.#texts.get(hash);
    if (text === null) {
      text = this.#read(hash);
      this.#texts.set(hash, text);
    }
    return text;
  }

  /**
   * Its hash, once it is durably there; undefined if there are so many that keeping more in memory would not pay. Rejects
   * with the file system's error.
   */
  async add(text: string): Promise<string | undefined> {
    const hash = hashOf(text);
    if (this.get(hash) !== undefined) return hash;
    let adding = this.#adding.get(hash);
    if (adding === undefined) {
      if (this.#texts.size + this.#adding.size >= mostManifests) return undefined;
      adding = this.#write(hash, text).finally(() => this.#adding.delete(hash));
      this.#adding.set(hash, adding);
    }
    await adding;
    return hash;
  }

  /** Removes all that no cluster needs. Rejects with the file system's error. */
  async keepOnly(needed: ReadonlySet<string>): Promise<void> {
    for (const hash of this.#texts.keys()) {
      if (needed.has(hash)) continue;
      this.#texts.delete(hash);
      await rm(this.#path(hash), { force: true });
    }
  }

  async #write(hash: string, text: string): Promise<void> {
    await writeFileAtomic(this.#path(hash), text);
    this.#texts.set(hash, text);
  }

  #read(hash: string): string | undefined {
    try {
      const text = readFileSync(this.#path(hash), 'utf8');
      return hashOf(text) === hash ? text : undefined;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  #path(hash: string): string {
    return join(this.folder, hash + suffix);
  }
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);
