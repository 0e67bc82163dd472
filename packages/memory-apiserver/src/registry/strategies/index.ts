import type { ResourceInfo } from '../../schema/resource.js';
import type { Strategy } from '../strategy.js';
import { custom, ordinary } from '../strategy.js';
import { daemonSetStrategy } from './daemon-set.js';
import { definitionStrategy } from './custom-resource-definition.js';
import { jobStrategy } from './job.js';
import { namespaceStrategy } from './namespace.js';
import { podStrategy } from './pod.js';
import { keepImmutable, secretStrategy } from './secret.js';
import { serviceStrategy } from './service.js';
import { claimStrategy } from './volume-claim.js';
import { volumeStrategy } from './volume.js';

/**
 * Rules per storage. Kinds that aren't named are ordinary. Sources: the strategies under k8s.io/kubernetes
 * `pkg/registry`, zero values of the status types in k8s.io/api.
 */
const strategies: Readonly<Record<string, Strategy>> = {
  namespaces: namespaceStrategy,
  secrets: secretStrategy,
  services: serviceStrategy,
  pods: podStrategy,
  persistentvolumeclaims: claimStrategy,
  'jobs.batch': jobStrategy,
  'customresourcedefinitions.apiextensions.k8s.io': definitionStrategy,
  configmaps: { validateUpdate: keepImmutable },
  nodes: { initialStatus: 'kept' },
  serviceaccounts: { returnsDeleted: true },
  podtemplates: { generation: true, returnsDeleted: true },
  limitranges: { returnsDeleted: true, createOnUpdate: true },
  resourcequotas: { initialStatus: {}, returnsDeleted: true },
  persistentvolumes: volumeStrategy,
  replicationcontrollers: { initialStatus: { replicas: 0 }, generation: true, returnsDeleted: true },
  endpoints: { createOnUpdate: true },
  events: { createOnUpdate: true },
  'leases.coordination.k8s.io': { createOnUpdate: true },
  'deployments.apps': { initialStatus: {}, generation: true, immutable: ['spec.selector'] },
  'replicasets.apps': { initialStatus: { replicas: 0 }, generation: true, immutable: ['spec.selector'] },
  'statefulsets.apps': {
    initialStatus: { availableReplicas: 0, replicas: 0 },
    generation: true,
    immutable: ['spec.selector', 'spec.serviceName', 'spec.podManagementPolicy', 'spec.volumeClaimTemplates'],
  },
  'daemonsets.apps': daemonSetStrategy,
  'cronjobs.batch': { initialStatus: {}, generation: true },
  'horizontalpodautoscalers.autoscaling': { initialStatus: { currentMetrics: null, desiredReplicas: 0 } },
  'poddisruptionbudgets.policy': {
    initialStatus: { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 },
    generation: true,
  },
  'endpointslices.discovery.k8s.io': { generation: true },
  'ingresses.networking.k8s.io': { initialStatus: { loadBalancer: {} }, generation: true },
  'networkpolicies.networking.k8s.io': { generation: true },
  'clusterroles.rbac.authorization.k8s.io': { createOnUpdate: true },
  'roles.rbac.authorization.k8s.io': { createOnUpdate: true },
  'clusterrolebindings.rbac.authorization.k8s.io': { createOnUpdate: true, immutable: ['roleRef'] },
  'rolebindings.rbac.authorization.k8s.io': { createOnUpdate: true, immutable: ['roleRef'] },
  'storageclasses.storage.k8s.io': {
    immutable: ['provisioner', 'parameters', 'reclaimPolicy', 'volumeBindingMode'],
  },
  'priorityclasses.scheduling.k8s.io': {
    immutable: ['value', 'preemptionPolicy'],
    // It has one, but nothing counts it up.
    prepareForCreate({ metadata }) {
      metadata.generation = 1;
    },
  },
  'deviceclasses.resource.k8s.io': { generation: true },
  'resourceslices.resource.k8s.io': { generation: true },
  'ingressclasses.networking.k8s.io': { generation: true, immutable: ['spec.controller'] },
  'runtimeclasses.node.k8s.io': { immutable: ['handler'] },
  'certificatesigningrequests.certificates.k8s.io': { initialStatus: {} },
  'apiservices.apiregistration.k8s.io': { initialStatus: {} },
  'mutatingwebhookconfigurations.admissionregistration.k8s.io': { generation: true },
  'validatingwebhookconfigurations.admissionregistration.k8s.io': { generation: true },
  'validatingadmissionpolicies.admissionregistration.k8s.io': { initialStatus: {}, generation: true },
  'validatingadmissionpolicybindings.admissionregistration.k8s.io': { generation: true },
  'flowschemas.flowcontrol.apiserver.k8s.io': { initialStatus: {}, generation: true },
  'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io': { initialStatus: {}, generation: true },
};

export function strategyOf(resource: ResourceInfo): Strategy {
  if (resource.custom !== undefined) return custom;
  return strategies[resource.storage] ?? ordinary;
}
