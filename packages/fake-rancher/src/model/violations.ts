/** Something that a correct cluster behind a correct agent would not do. */
export interface Violation {
  /** A stable name such as `tls-failure`; the README lists them. */
  kind: string;
  /** How often, over all clusters. */
  count: number;
  /** Ids of the clusters it happened to, at most {@link maxClusters}. */
  clusters: string[];
  /** The first occurrence in words. */
  sample: string;
}

const maxClusters = 20;
const maxSampleLength = 400;

/** Collects violations by kind, bounded in memory whatever happens. */
export class Violations {
  readonly #byKind = new Map<string, Violation>();
  readonly #onReport: (kind: string, cluster: string, detail: string) => void;
  readonly #uidOwners = new Map<string, string>();

  constructor(onReport: (kind: string, cluster: string, detail: string) => void = () => {}) {
    this.#onReport = onReport;
  }

  report(kind: string, cluster: string, detail: string): void {
    let violation = this.#byKind.get(kind);
    if (!violation) {
      violation = { kind, count: 0, clusters: [], sample: `${cluster}: ${detail.slice(0, maxSampleLength)}` };
      this.#byKind.set(kind, violation);
    }
    violation.count++;
    if (violation.clusters.length < maxClusters && !violation.clusters.includes(cluster))
      violation.clusters.push(cluster);
    this.#onReport(kind, cluster, detail);
  }

  /**
   * Notes that an object's uid lives in a cluster; reports it when another cluster has shown the same one.
   * Logical clusters must not share an API (see the README).
   */
  claimUid(uid: string | undefined, cluster: string, what: string): void {
    if (!uid) return this.report('uid-missing', cluster, what);
    const owner = this.#uidOwners.get(uid);
    if (owner === undefined) this.#uidOwners.set(uid, cluster);
    else if (owner !== cluster)
      this.report('shared-uid', cluster, `${what} has uid ${uid}, and so has an object in ${owner}`);
  }

  /** Forgets the uids of a cluster that is gone. */
  forgetUids(cluster: string): void {
    for (const [uid, owner] of this.#uidOwners) if (owner === cluster) this.#uidOwners.delete(uid);
  }

  list(): Violation[] {
    return [...this.#byKind.values()].map((violation) => ({
      ...violation,
      clusters: [...violation.clusters],
    }));
  }
}

/** One line for people. */
export function formatViolation(violation: Violation): string {
  const { kind, count, clusters, sample } = violation;
  return `${kind}: ${count} in ${clusters.length}${clusters.length === maxClusters ? ' or more' : ''} clusters, first ${sample}`;
}
