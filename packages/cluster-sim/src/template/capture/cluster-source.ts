import type { KubeObject } from '@scale-cluster/memory-apiserver';

/** A kind of object that a cluster serves. */
export interface SourceResource {
  /** `''` for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Whether it can be created and listed; what can't be is nothing to capture. */
  readonly capturable: boolean;
}

/** A cluster to make a template of. */
export interface ClusterSource {
  /**
   * What it serves, every kind once; `unreachable` are groups whose server doesn't answer, with the reason. Rejects
   * with {@link CaptureError} when the cluster can't be asked.
   *
   * @param serves says which versions are of use: of a kind that is served in several, the first of them that the
   * cluster prefers is taken, else the cluster's own first
   */
  resources(serves: (group: string, version: string, plural: string) => boolean): Promise<{
    readonly resources: readonly SourceResource[];
    readonly unreachable: readonly { readonly what: string; readonly reason: string }[];
  }>;
  /** All objects of a kind, in the order of the server. Rejects with {@link CaptureError}. */
  list(resource: SourceResource): Promise<KubeObject[]>;
  close(): void;
}

/** `pods`, `deployments.apps`: the name of a kind in reports, and its storage in memory-apiserver. */
export const nameOf = ({ group, plural }: Pick<SourceResource, 'group' | 'plural'>): string =>
  group === '' ? plural : `${plural}.${group}`;
