import { open, readdir, readFile, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { FieldForms, FormRecord } from '@scale-cluster/memory-apiserver';

/**
 * Forms of `metadata.managedFields` that the entries of all files refer to: a few hundred lines `id TAB text`, the
 * same for any number of clusters. Only appended to. Ids follow from the texts, so that several threads may each have a
 * file of their own.
 */
export class FormFile implements FieldForms {
  #pending: string[] = [];
  /** Whether something has been written that the disk wasn't asked to keep. */
  #unsynced = false;

  private constructor(
    readonly known: readonly FormRecord[],
    private readonly handle: FileHandle,
  ) {}

  /** Appends to `path`; what files beside it of a name like `others` hold is known as well. */
  static async open(path: string, others?: RegExp): Promise<FormFile> {
    const handle = await open(path, 'a+', 0o600);
    const text = await readFile(path, 'utf8');
    // A process that was killed may have left half a line: it counts for nothing, and the next must not begin behind it.
    const whole = wholeLines(text);
    if (whole.length < text.length) await handle.truncate(Buffer.byteLength(whole));
    const folder = dirname(path);
    const names = others === undefined ? [] : await readdir(folder);
    const beside = names.filter((name) => others?.test(name) === true && name !== basename(path));
    const texts = await Promise.all(beside.map((name) => readFile(join(folder, name), 'utf8')));
    return new FormFile([whole, ...texts.map(wholeLines)].flatMap(readForms), handle);
  }

  /** Keeps a form from the next {@link flush} on. JSON text has neither raw tabs nor raw line ends in it. */
  onNew({ id, text }: FormRecord): void {
    this.#pending.push(`${id}\t${text}\n`);
  }

  /** Hands what is pending to the operating system. */
  async flush(): Promise<void> {
    const lines = this.#pending;
    if (lines.length === 0) return;
    this.#pending = [];
    try {
      await this.handle.appendFile(lines.join(''));
      this.#unsynced = true;
    } catch (error) {
      this.#pending = [...lines, ...this.#pending];
      throw error;
    }
  }

  async sync(): Promise<void> {
    await this.flush();
    if (!this.#unsynced) return;
    this.#unsynced = false;
    try {
      await this.handle.datasync();
    } catch (error) {
      this.#unsynced = true;
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.flush();
    await this.handle.close();
  }
}

const wholeLines = (text: string): string => text.slice(0, text.lastIndexOf('\n') + 1);

function readForms(text: string): FormRecord[] {
  return text.split('\n').flatMap((line) => {
    const tab = line.indexOf('\t');
    return tab <= 0 ? [] : [{ id: line.slice(0, tab), text: line.slice(tab + 1) }];
  });
}
