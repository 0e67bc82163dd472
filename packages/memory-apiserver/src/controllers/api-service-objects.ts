import type { KubeObject } from '../object.js';
import { builtinCatalog } from '../schema/catalog.js';
import { CREATED_MARK } from '../store/base-object.js';

/** `groupPriorityMinimum` by group: kube-apiserver cmd/kube-apiserver/app/aggregator.go. */
const groupPriorities: Readonly<Record<string, number>> = {
  '': 18_000,
  apps: 17_800,
  'events.k8s.io': 17_750,
  'authentication.k8s.io': 17_700,
  'authorization.k8s.io': 17_600,
  autoscaling: 17_500,
  batch: 17_400,
  'certificates.k8s.io': 17_300,
  'networking.k8s.io': 17_200,
  policy: 17_100,
  'rbac.authorization.k8s.io': 17_000,
  'storage.k8s.io': 16_800,
  'apiextensions.k8s.io': 16_700,
  'admissionregistration.k8s.io': 16_700,
  'scheduling.k8s.io': 16_600,
  'coordination.k8s.io': 16_500,
  'node.k8s.io': 16_300,
  'discovery.k8s.io': 16_200,
  'resource.k8s.io': 16_200,
  'flowcontrol.apiserver.k8s.io': 16_100,
};

/** `versionPriority` where it isn't {@link usualVersionPriority}. */
const versionPriorities: Readonly<Record<string, number>> = {
  '/v1': 1,
  'autoscaling/v2': 30,
  'resource.k8s.io/v1': 21,
  'flowcontrol.apiserver.k8s.io/v1': 21,
};
const usualVersionPriority = 15;

/** One APIService for each group and version that kube-apiserver serves itself. */
export function apiServiceObjects(): KubeObject[] {
  const served = new Map<string, { group: string; version: string }>();
  for (const { group, version } of builtinCatalog().all())
    served.set(`${group}/${version}`, { group, version });
  // This one is served by the aggregator, which has no APIService of itself.
  served.delete('apiregistration.k8s.io/v1');
  return [...served].map(([key, { group, version }]) => ({
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: {
      name: `${version}.${group}`,
      labels: { 'kube-aggregator.kubernetes.io/automanaged': 'onstart' },
    },
    spec: {
      ...(group === '' ? {} : { group }),
      version,
      groupPriorityMinimum: groupPriorities[group],
      versionPriority: versionPriorities[key] ?? usualVersionPriority,
    },
    status: {
      conditions: [
        {
          type: 'Available',
          status: 'True',
          lastTransitionTime: CREATED_MARK,
          reason: 'Local',
          message: 'Local APIServices are always available',
        },
      ],
    },
  }));
}
