import type { Pod } from './kinds.js';

/** The completion index of an Indexed Job's pod. */
export function indexOf({ metadata: { annotations } }: Pod): number | undefined {
  const text = annotations?.['batch.kubernetes.io/job-completion-index'];
  return text === undefined ? undefined : Number(text);
}

/** `1,3-5` as numbers: how `status.completedIndexes` is written. */
export function parseIndexes(text: string | undefined): Set<number> {
  const indexes = new Set<number>();
  for (const part of (text ?? '').split(',')) {
    const [first, last = first] = part.split('-').map(Number);
    if (part === '' || first === undefined || last === undefined) continue;
    for (let index = first; index <= last; index++) indexes.add(index);
  }
  return indexes;
}

/** The opposite of {@link parseIndexes}. */
export function formatIndexes(indexes: Iterable<number>): string {
  const parts: string[] = [];
  let run: [first: number, last: number] | undefined;
  const flush = (): void => {
    if (run === undefined) return;
    const [first, last] = run;
    // Two neighbours are listed, three are a range.
    parts.push(first === last ? String(first) : last === first + 1 ? `${first},${last}` : `${first}-${last}`);
  };
  for (const index of [...indexes].sort((a, b) => a - b)) {
    if (run !== undefined && index === run[1] + 1) {
      run[1] = index;
    } else {
      flush();
      run = [index, index];
    }
  }
  flush();
  return parts.join(',');
}
