/** What `/version` says: `version.Info` of k8s.io/apimachinery. */
export interface KubeVersion {
  major: string;
  minor: string;
  /** These four from 1.34 on. */
  emulationMajor?: string;
  emulationMinor?: string;
  minCompatibilityMajor?: string;
  minCompatibilityMinor?: string;
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
  const [, major = '', minor = ''] = match;
  return {
    major,
    minor,
    ...(Number(minor) < 34 ? {} : compatibility(major, minor)),
    gitVersion,
    gitCommit: '0000000000000000000000000000000000000000',
    gitTreeState: 'clean',
    buildDate: '2025-01-01T00:00:00Z',
    goVersion: 'go1.24.6',
    compiler: 'gc',
    platform: 'linux/amd64',
  };
}

/** A server emulates its own minor version unless it is told otherwise, and goes with the one before. */
const compatibility = (major: string, minor: string): Partial<KubeVersion> => ({
  emulationMajor: major,
  emulationMinor: minor,
  minCompatibilityMajor: major,
  minCompatibilityMinor: `${Number(minor) - 1}`,
});
