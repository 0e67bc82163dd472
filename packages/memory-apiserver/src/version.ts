/** What `/version` says: `version.Info` of k8s.io/apimachinery. */
export interface KubeVersion {
  major: string;
  minor: string;
  gitVersion: string;
  gitCommit: string;
  gitTreeState: string;
  buildDate: string;
  goVersion: string;
  compiler: string;
  platform: string;
}

/**
 * Completes a version such as `v1.28.5+k3s1`. The other fields are made up but constant: Rancher compares them.
 * Throws RangeError for a text that is no Kubernetes version.
 */
export function kubeVersion(gitVersion: string): KubeVersion {
  const match = /^v(\d+)\.(\d+)\.\d+(?:[-+].*)?$/.exec(gitVersion);
  if (match === null)
    throw new RangeError(`not a Kubernetes version such as v1.34.1: ${JSON.stringify(gitVersion)}`);
  return {
    major: match[1] ?? '',
    minor: match[2] ?? '',
    gitVersion,
    gitCommit: '0000000000000000000000000000000000000000',
    gitTreeState: 'clean',
    buildDate: '2025-01-01T00:00:00Z',
    goVersion: 'go1.24.6',
    compiler: 'gc',
    platform: 'linux/amd64',
  };
}
