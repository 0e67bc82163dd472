import { impersonationNamespace, paths } from '../kube/paths.js';

/** One list and watch that Rancher keeps open to a cluster. */
export interface WatchSpec {
  /** How the rest of the controller calls it. */
  readonly key: string;
  readonly path: string;
  readonly fieldSelector?: string;
  /** Uids of these objects must not be seen in another cluster. */
  readonly ownUids?: boolean;
  /** Something looks at these objects: their metadata is kept. */
  readonly keep?: boolean;
}

/**
 * What an owner replica of Rancher 2.15 keeps open to a generic imported cluster, as observed, in the order in
 * which it opens them.
 */
export const watchSpecs: readonly WatchSpec[] = [
  { key: 'nodes', path: paths.nodes, ownUids: true, keep: true },
  { key: 'rolebindings', path: paths.roleBindings },
  { key: 'roles', path: paths.roles },
  { key: 'apiservices', path: '/apis/apiregistration.k8s.io/v1/apiservices' },
  { key: 'clusterrolebindings', path: paths.clusterRoleBindings },
  { key: 'namespaces', path: paths.namespaces, ownUids: true, keep: true },
  { key: 'resourcequotas', path: '/api/v1/resourcequotas' },
  { key: 'clusterroles', path: paths.clusterRoles },
  { key: 'limitranges', path: '/api/v1/limitranges' },
  { key: 'impersonators', path: paths.serviceAccounts(impersonationNamespace), ownUids: true, keep: true },
  { key: 'impersonator-secrets', path: paths.secrets(impersonationNamespace), ownUids: true },
  {
    key: 'stv-aggregation',
    path: '/api/v1/secrets',
    fieldSelector: 'metadata.namespace=cattle-system,metadata.name=stv-aggregation',
  },
];
