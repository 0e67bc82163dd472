import { ClusterFaultError, messageOf } from '../errors.js';
import type { KubeClient } from '../kube/client.js';
import type { KubeVersion } from '../model/cluster.js';

/** Fields that Rancher drops before it compares two answers (clusterstats). */
const ignored = new Set(['buildDate', 'platform']);

/**
 * Reads `/version` and keeps it in the cluster. Throws {@link ClusterFaultError} for what Rancher cannot use:
 * gitVersion must look like vX.Y.Z (healthsyncer), minor must hold digits (clusterstats `minorVersion`).
 */
export async function readVersion(client: KubeClient): Promise<KubeVersion> {
  const { cluster, environment } = client.link;
  let version: KubeVersion;
  try {
    version = (await client.get<KubeVersion>('/version')) ?? {};
    if (!/^v\d+\.\d+\.\d+/.test(version['gitVersion'] ?? '') || !/\d/.test(version['minor'] ?? ''))
      throw new ClusterFaultError(`gitVersion "${version['gitVersion']}", minor "${version['minor']}"`);
  } catch (error) {
    if (error instanceof ClusterFaultError && !client.link.excused(error))
      environment.violations.report('bad-version', cluster.id, messageOf(error));
    throw error;
  }
  const old = cluster.version;
  const comparable = (of: KubeVersion): string =>
    JSON.stringify(
      Object.entries(of)
        .filter(([key]) => !ignored.has(key))
        .sort(),
    );
  if (!old || comparable(old) !== comparable(version)) {
    cluster.version = version;
    if (old)
      environment.violations.report(
        'version-changed',
        cluster.id,
        `${comparable(old)} became ${comparable(version)}`,
      );
    cluster.onChange();
  }
  return version;
}
