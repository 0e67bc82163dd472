import { stringify } from 'yaml';

export interface KubeconfigFacts {
  cluster: string;
  /** Of the local listener, without a path: `https://127.0.0.1:9443`. */
  server: string;
  /** PEM. */
  caCert: string;
  token: string;
}

/** A kubeconfig (YAML) for one cluster by the local listener. Holds a token: write it where only its owner reads. */
export function kubeconfigText({ cluster, server, caCert, token }: KubeconfigFacts): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: cluster,
        cluster: {
          server: `${server}/clusters/${cluster}`,
          'certificate-authority-data': Buffer.from(caCert).toString('base64'),
        },
      },
    ],
    users: [{ name: `${cluster}-admin`, user: { token } }],
    contexts: [{ name: cluster, context: { cluster, user: `${cluster}-admin` } }],
    'current-context': cluster,
  });
}
