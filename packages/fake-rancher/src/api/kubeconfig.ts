import { stringify } from 'yaml';
import type { ManagementCluster } from '../model/cluster.js';

/** A kubeconfig that points at this server's proxy of the cluster. */
export function kubeconfig(input: {
  cluster: ManagementCluster;
  base: string;
  caCert: string;
  token: string;
}): string {
  const { cluster, base, caCert, token } = input;
  const name = cluster.name;
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name,
        cluster: {
          server: `${base}/k8s/clusters/${cluster.id}`,
          ...(caCert === '' ? {} : { 'certificate-authority-data': Buffer.from(caCert).toString('base64') }),
        },
      },
    ],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { user: name, cluster: name } }],
    'current-context': name,
  });
}
