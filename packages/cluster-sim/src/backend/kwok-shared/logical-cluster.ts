import type { ClusterApi } from '@scale-cluster/memory-apiserver';

/** A cluster of the fleet: its own API, in which nobody runs the pods. */
export interface LogicalCluster {
  readonly uid: string;
  readonly name: string;
  readonly api: ClusterApi;
}
