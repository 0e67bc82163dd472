/**
 * A kubeconfig for a cluster by way of Rancher's proxy (`/k8s/clusters/<id>`), as Rancher's "Download KubeConfig"
 * gives. Written as JSON, which is YAML.
 */
export function rancherKubeconfig(
  rancher: { url: string; token: string; caCert: string },
  id: string,
): string {
  const name = 'rancher';
  return `${JSON.stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        {
          name,
          cluster: {
            server: `${rancher.url}/k8s/clusters/${id}`,
            'certificate-authority-data': Buffer.from(rancher.caCert).toString('base64'),
          },
        },
      ],
      users: [{ name, user: { token: rancher.token } }],
      contexts: [{ name, context: { cluster: name, user: name } }],
      'current-context': name,
    },
    null,
    2,
  )}\n`;
}
