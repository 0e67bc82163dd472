import type { KubeObject } from '@scale-cluster/memory-apiserver';

/** Order of two resource versions, decimal strings of any length. */
export function compareRevisions(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}

export const revisionOf = (object: KubeObject): string => object.metadata.resourceVersion ?? '0';

/** The latest version among the objects; `0` of none. Whatever changes later has a higher one. */
export function latestRevision(objects: readonly KubeObject[]): string {
  let latest = '0';
  for (const object of objects) {
    const revision = revisionOf(object);
    if (compareRevisions(revision, latest) > 0) latest = revision;
  }
  return latest;
}
