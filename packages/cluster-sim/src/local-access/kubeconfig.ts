import { stringify } from 'yaml';

export interface KubeconfigFacts {
  cluster: string;
  /** Where its API is: `https://127.0.0.1:9443/clusters/one`, `https://127.0.0.1:8440`. */
  server: string;
  /** PEM. */
  caCert: string;
  token: string;
}

/** A kubeconfig (YAML) for one cluster by a local listener. Holds a token: write it where only its owner reads. */
export function kubeconfigText({ cluster, server, caCert, token }: KubeconfigFacts): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: cluster,
        cluster: {
          server,
          'certificate-authority-data': Buffer.from(caCert).toString('base64'),
        },
      },
    ],
    users: [{ name: `${cluster}-admin`, user: { token } }],
    contexts: [{ name: cluster, context: { cluster, user: `${cluster}-admin` } }],
    'current-context': cluster,
  });
}
