/**
 * Objects of one storage are kept under `namespace/name`, cluster-scoped ones under `/name`. The order of keys is
 * the order of lists, as with the keys of etcd below a kube-apiserver.
 */
export function objectKey(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${name}`;
}

/** What all keys of the namespace begin with; `''` for all namespaces. */
export function namespacePrefix(namespace: string | undefined): string {
  return namespace === undefined || namespace === '' ? '' : `${namespace}/`;
}

export function splitKey(key: string): { namespace: string; name: string } {
  const slash = key.indexOf('/');
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** Index of the first of the sorted keys that isn't less than `key`. */
export function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] ?? '') < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
