/**
 * - `memory`: everything in this process
 * - `kwok-shared`: nodes and pods of all clusters live in one real cluster that KWOK runs
 * - `kwok-dedicated`: a real etcd, kube-apiserver and KWOK per cluster
 */
export type BackendKind = 'memory' | 'kwok-shared' | 'kwok-dedicated';

export const backendKinds: readonly BackendKind[] = ['memory', 'kwok-shared', 'kwok-dedicated'];

export const isBackendKind = (value: unknown): value is BackendKind =>
  (backendKinds as readonly unknown[]).includes(value);

/** Longest name that a cluster may have; a template may ask for a shorter one. */
export const maxNameLengths: Readonly<Record<BackendKind, number>> = {
  memory: 63,
  // Namespace `cluster-<name>` in the main cluster.
  'kwok-shared': 63 - 'cluster-'.length,
  'kwok-dedicated': 63,
};
