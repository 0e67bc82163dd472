import { open, readFile, type FileHandle } from 'node:fs/promises';
import type { FieldForms, FormRecord } from '@scale-cluster/memory-apiserver';

/**
 * Forms of `metadata.managedFields` that the entries of all shards refer to: a few hundred lines `id TAB text`, the
 * same for any number of clusters. Only appended to.
 */
export class FormFile implements FieldForms {
  #pending: string[] = [];

  private constructor(
    readonly known: readonly FormRecord[],
    private readonly handle: FileHandle,
  ) {}

  static async open(path: string): Promise<FormFile> {
    const handle = await open(path, 'a+', 0o600);
    const text = await readFile(path, 'utf8');
    // A process that was killed may have left half a line: it counts for nothing, and the next must not begin behind it.
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    if (whole.length < text.length) await handle.truncate(Buffer.byteLength(whole));
    const known = whole.split('\n').flatMap((line) => {
      const tab = line.indexOf('\t');
      return tab <= 0 ? [] : [{ id: line.slice(0, tab), text: line.slice(tab + 1) }];
    });
    return new FormFile(known, handle);
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
    } catch (error) {
      this.#pending = [...lines, ...this.#pending];
      throw error;
    }
  }

  async sync(): Promise<void> {
    await this.flush();
    await this.handle.datasync();
  }

  async close(): Promise<void> {
    await this.flush();
    await this.handle.close();
  }
}
