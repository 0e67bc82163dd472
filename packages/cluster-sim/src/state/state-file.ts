import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rename, unlink, copyFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { StateError } from '../errors.js';
import { writeFileAtomic } from './atomic-file.js';
import { parseRecord, type ClusterRecord } from './record.js';

/** The content of state.json. */
export interface StateContent {
  records: ClusterRecord[];
  /** 32 random bytes, base64: what the tokens inside the clusters are derived from. */
  secret: string;
}

/** Which file the content came from; `none` on the first start. */
export type StateOrigin = 'state' | 'backup' | 'none';

const formatVersion = 1;

/**
 * Reads state.json, or its backup when it is missing or damaged. Throws {@link StateError} if there is something but
 * neither can be read: starting empty would forget clusters that Rancher still has.
 */
export async function readState(
  path: string,
): Promise<{ content: StateContent; origin: StateOrigin; problem?: string }> {
  const main = await readOne(path);
  if (main.content !== undefined) return { content: main.content, origin: 'state' };
  const backup = await readOne(`${path}.bak`);
  if (backup.content !== undefined) {
    return { content: backup.content, origin: 'backup', problem: main.problem ?? 'it is missing' };
  }
  if (main.problem === undefined && backup.problem === undefined) {
    return { content: { records: [], secret: randomBytes(32).toString('base64') }, origin: 'none' };
  }
  throw new StateError(
    `${path} can't be used (${main.problem ?? 'missing'}), nor can its backup (${backup.problem ?? 'missing'}); ` +
      'repair one of them, or move both away to start with no clusters.',
  );
}

async function readOne(path: string): Promise<{ content?: StateContent; problem?: string }> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? {} : { problem: (error as Error).message };
  }
  try {
    return { content: parseState(text) };
  } catch (error) {
    return { problem: (error as Error).message };
  }
}

/** Throws an Error that says what is wrong. */
export function parseState(text: string): StateContent {
  const value = JSON.parse(text) as { version?: unknown; secret?: unknown; clusters?: unknown } | null;
  if (typeof value !== 'object' || value === null) throw new Error('it is not a JSON object');
  if (value.version !== formatVersion) {
    throw new Error(
      `it has format version ${JSON.stringify(value.version)}, this program knows ${formatVersion}`,
    );
  }
  if (typeof value.secret !== 'string' || !Array.isArray(value.clusters)) throw new Error('it is incomplete');
  const records = value.clusters.map((one: unknown, index) => {
    const record = parseRecord(one);
    if (record === undefined) throw new Error(`cluster number ${index + 1} in it is incomplete`);
    return record;
  });
  return { records, secret: value.secret };
}

/** The file's text from the JSON texts of the records: one cluster per line, as people compare files by lines. */
export function stateText(secret: string, records: Iterable<string>): string {
  const lines = [...records].join(',\n');
  return `{"version":${formatVersion},"secret":${JSON.stringify(secret)},"clusters":[\n${lines}\n]}\n`;
}

/** Replaces state.json durably; what was there before becomes `.bak`. */
export async function writeState(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFileAtomic(path, text, { mode: 0o600, beforeRename: () => keepBackup(path) });
}

/** A second name for the present file, so that at no moment there is neither a file nor a backup. */
async function keepBackup(path: string): Promise<void> {
  const temporary = `${path}.bak.tmp`;
  await unlink(temporary).catch(() => undefined);
  try {
    await link(path, temporary);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    await copyFile(path, temporary);
  }
  await rename(temporary, `${path}.bak`);
}
