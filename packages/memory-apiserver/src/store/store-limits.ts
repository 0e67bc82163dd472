/** How much one cluster may hold, as etcd's quota says for a real one. */
export interface StoreLimits {
  /** Objects, those of the base included. */
  maxObjects: number;
  /** Characters of the texts of the cluster's own objects; those of the base, which clusters share, don't count. */
  maxObjectChars: number;
}

export const defaultStoreLimits: StoreLimits = { maxObjects: Infinity, maxObjectChars: 2 ** 31 };
