import type { BackendKind } from '../backend/backend-kinds.js';

/** What clusters need of a machine. */
export interface Needs {
  /** Resident memory of all processes, with what Rancher keeps open through the tunnels. */
  memoryBytes: number;
  /** The part of it on V8's heap of the agent, which has a limit of its own. */
  heapBytes: number;
  /** Open files of the agent. */
  openFiles: number;
  /** Processes and threads beside the agent's own. */
  tasks: number;
}

const mib = 1024 * 1024;

/** The agent without clusters: listeners, state, connections to Rancher's API and of the REST API. */
export const agentNeeds: Needs = { memoryBytes: 200 * mib, heapBytes: 100 * mib, openFiles: 200, tasks: 0 };

/**
 * For each cluster of a backend, rounded up from what `npx nx bench backends` and `npx nx bench fleet` show of the
 * default template; the two files of a cluster are its tunnels.
 */
export const clusterNeeds: Record<BackendKind, Needs> = {
  memory: { memoryBytes: 1.25 * mib, heapBytes: 0.5 * mib, openFiles: 2, tasks: 0 },
  // Its nodes and pods are in the main cluster once more.
  'kwok-shared': { memoryBytes: 8 * mib, heapBytes: 1 * mib, openFiles: 2, tasks: 0 },
  // etcd, kube-apiserver, KWOK, controller manager and scheduler, with the proxy's connections to them.
  'kwok-dedicated': { memoryBytes: 450 * mib, heapBytes: 2 * mib, openFiles: 60, tasks: 60 },
};

/** Once for all clusters of a backend: the main cluster. */
export const backendNeeds: Partial<Record<BackendKind, Needs>> = {
  'kwok-shared': { memoryBytes: 400 * mib, heapBytes: 0, openFiles: 20, tasks: 40 },
};
