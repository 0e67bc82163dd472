import type { MainStorage } from './mirrors.js';

/** Paths of the main cluster's API. Names need no escaping: they are DNS labels and subdomains. */
export const corePath = (storage: MainStorage): string => `/api/v1/${storage}`;
export const namespacePath = (name: string): string => `/api/v1/namespaces/${name}`;
export const nodePath = (name: string): string => `/api/v1/nodes/${name}`;
export const podsPath = (namespace: string): string => `${namespacePath(namespace)}/pods`;
export const podPath = (namespace: string, name: string): string => `${podsPath(namespace)}/${name}`;
/** KWOK keeps one per node. */
export const leasePath = (node: string): string =>
  `/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${node}`;
