/** Go packages whose API types are served, and the versions that the tables come from. */

export const kubernetesVersion = 'v0.34.4';

export interface SourcePackage {
  readonly module: string;
  /** Folder in the module. */
  readonly folder: string;
  /** Proto package, which other files refer to. */
  readonly proto: string;
  /** Name of the table: `core/v1`. */
  readonly key: string;
}

const fromApi = (key: string): SourcePackage => ({
  module: 'k8s.io/api',
  folder: key,
  proto: `k8s.io.api.${key.replace('/', '.')}`,
  key,
});

export const sourcePackages: readonly SourcePackage[] = [
  {
    module: 'k8s.io/apimachinery',
    folder: 'pkg/apis/meta/v1',
    proto: 'k8s.io.apimachinery.pkg.apis.meta.v1',
    key: 'meta/v1',
  },
  ...[
    'core/v1',
    'apidiscovery/v2',
    'apps/v1',
    'events/v1',
    'authentication/v1',
    'authorization/v1',
    'autoscaling/v1',
    'autoscaling/v2',
    'batch/v1',
    'certificates/v1',
    'networking/v1',
    'policy/v1',
    'rbac/v1',
    'storage/v1',
    'admissionregistration/v1',
    'scheduling/v1',
    'coordination/v1',
    'node/v1',
    'discovery/v1',
    'flowcontrol/v1',
    'resource/v1',
  ].map(fromApi),
  {
    module: 'k8s.io/apiextensions-apiserver',
    folder: 'pkg/apis/apiextensions/v1',
    proto: 'k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1',
    key: 'apiextensions/v1',
  },
  {
    module: 'k8s.io/kube-aggregator',
    folder: 'pkg/apis/apiregistration/v1',
    proto: 'k8s.io.kube_aggregator.pkg.apis.apiregistration.v1',
    key: 'apiregistration/v1',
  },
];
