import type { JournalEntry } from '@scale-cluster/memory-apiserver';

/**
 * One write of one cluster as a line of text: six fields with tabs between. JSON text has neither raw tabs nor raw
 * line ends in it, and names can't have them, so nothing needs escaping and nothing is parsed twice.
 */
export function formatLine(uid: string, entry: JournalEntry): string {
  return `${uid}\t${entry.storage}\t${entry.namespace}\t${entry.name}\t${entry.revision}\t${entry.json ?? ''}\n`;
}

/** The line that ends a cluster: nothing before it counts any more. */
export function formatEnd(uid: string): string {
  return `${uid}\t\n`;
}

export interface JournalLine {
  uid: string;
  /** Absent: the cluster has ended. */
  entry?: JournalEntry;
}

/** Reads a line without its line end; undefined if it is damaged, as after a power cut. */
export function parseLine(line: string): JournalLine | undefined {
  const fields = splitFields(line, 6);
  const [uid = '', storage = '', namespace = '', name = '', revision = '', json] = fields;
  if (uid === '') return undefined;
  if (fields.length === 2 && storage === '') return { uid };
  if (json === undefined || storage === '' || name === '' || !/^\d+$/.test(revision)) return undefined;
  if (json !== '' && !(json.startsWith('{') && json.endsWith('}'))) return undefined;
  return {
    uid,
    entry: { storage, namespace, name, revision: Number(revision), json: json === '' ? null : json },
  };
}

/** Splits at the first tabs only. */
function splitFields(line: string, count: number): string[] {
  const fields: string[] = [];
  let from = 0;
  while (fields.length < count - 1) {
    const tab = line.indexOf('\t', from);
    if (tab < 0) break;
    fields.push(line.slice(from, tab));
    from = tab + 1;
  }
  fields.push(line.slice(from));
  return fields;
}
