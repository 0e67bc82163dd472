import type { KubeClient } from '../kube/client.js';
import { paths } from '../kube/paths.js';
import { readVersion } from './version.js';

/** What a version tells about who made a cluster (rancher/kubernetes-provider-detector). */
const providersByVersion: readonly [part: string, provider: string][] = [
  ['+k3s', 'k3s'],
  ['+rke2', 'rke2'],
  ['-eks-', 'eks'],
  ['-gke.', 'gke'],
];

/** Node labels that the detectors ask for one after the other. */
const detectorLabels = [
  'harvesterhci.io/managed',
  undefined,
  'kubernetes.io/os=windows',
  undefined,
  'kubernetes.azure.com/cluster',
];

/**
 * Provider detection (controllers/dashboard/kubernetesprovider): while the provider is unknown, every change of the
 * cluster object makes Rancher ask for version and nodes all over again.
 */
export async function detectProvider(client: KubeClient): Promise<void> {
  const { cluster } = client.link;
  if (cluster.provider !== '') return;
  const git = (await readVersion(client))['gitVersion'] ?? '';
  const found = providersByVersion.find(([part]) => git.includes(part));
  if (found) {
    cluster.provider = found[1];
    cluster.onChange();
    return;
  }
  for (const label of detectorLabels)
    await client.get(
      `${paths.nodes}?${label === undefined ? '' : `labelSelector=${encodeURIComponent(label)}&`}limit=1`,
    );
}
