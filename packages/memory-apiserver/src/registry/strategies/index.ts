import type { ResourceInfo } from '../../schema/resource.js';
import { bindingCauses, policyCauses } from '../admission-policies/checks.js';
import type { Strategy } from '../strategy.js';
import { ordinary } from '../strategy.js';
import { customStrategy } from './custom-resource.js';
import { attributesClassStrategy, driverStrategy } from './storage.js';
import { daemonSetStrategy } from './daemon-set.js';
import { definitionStrategy } from './custom-resource-definition.js';
import { jobStrategy } from './job.js';
import { namespaceStrategy } from './namespace.js';
import { podStrategy } from './pod.js';
import { priorityClassStrategy } from './priority-class.js';
import { roleBindingStrategy } from './role-binding.js';
import { roleStrategy } from './role.js';
import { keepImmutable, secretStrategy } from './secret.js';
import { serviceCidrStrategy } from './service-cidr.js';
import { serviceStrategy } from './service.js';
import { signingRequestStrategy } from './signing-request.js';
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
  limitranges: { createOnUpdate: true },
  resourcequotas: { initialStatus: {}, returnsDeleted: true, immutable: ['spec.scopes'] },
  persistentvolumes: volumeStrategy,
  replicationcontrollers: {
    initialStatus: { replicas: 0 },
    generation: true,
    returnsDeleted: true,
    orphansByDefault: true,
  },
  endpoints: { createOnUpdate: true },
  events: { createOnUpdate: true },
  'leases.coordination.k8s.io': { createOnUpdate: true },
  'deployments.apps': { initialStatus: {}, generation: 'with-annotations', immutable: ['spec.selector'] },
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
  'endpointslices.discovery.k8s.io': { generation: 'with-labels' },
  'ingresses.networking.k8s.io': { initialStatus: { loadBalancer: {} }, generation: true },
  'networkpolicies.networking.k8s.io': { generation: true },
  'clusterroles.rbac.authorization.k8s.io': roleStrategy,
  'roles.rbac.authorization.k8s.io': roleStrategy,
  'clusterrolebindings.rbac.authorization.k8s.io': roleBindingStrategy,
  'rolebindings.rbac.authorization.k8s.io': roleBindingStrategy,
  'storageclasses.storage.k8s.io': {
    returnsDeleted: true,
    immutable: ['provisioner', 'parameters', 'reclaimPolicy', 'volumeBindingMode'],
  },
  'priorityclasses.scheduling.k8s.io': priorityClassStrategy,
  'csidrivers.storage.k8s.io': driverStrategy,
  'csinodes.storage.k8s.io': { returnsDeleted: true },
  'volumeattachments.storage.k8s.io': { returnsDeleted: true },
  'volumeattributesclasses.storage.k8s.io': attributesClassStrategy,
  'servicecidrs.networking.k8s.io': serviceCidrStrategy,
  'deviceclasses.resource.k8s.io': { generation: true, returnsDeleted: true },
  'resourceclaims.resource.k8s.io': { returnsDeleted: true },
  'resourceclaimtemplates.resource.k8s.io': { returnsDeleted: true },
  'resourceslices.resource.k8s.io': { generation: true, returnsDeleted: true },
  'ingressclasses.networking.k8s.io': { generation: true, immutable: ['spec.controller'] },
  'runtimeclasses.node.k8s.io': { immutable: ['handler'], createOnUpdate: true },
  'certificatesigningrequests.certificates.k8s.io': signingRequestStrategy,
  'apiservices.apiregistration.k8s.io': { initialStatus: {} },
  'mutatingwebhookconfigurations.admissionregistration.k8s.io': { generation: true },
  'validatingwebhookconfigurations.admissionregistration.k8s.io': { generation: true },
  'validatingadmissionpolicies.admissionregistration.k8s.io': {
    initialStatus: {},
    generation: true,
    validate: (policy, _old, subresource) => (subresource === '' ? policyCauses(policy) : []),
  },
  'validatingadmissionpolicybindings.admissionregistration.k8s.io': {
    generation: true,
    validate: bindingCauses,
  },
  'flowschemas.flowcontrol.apiserver.k8s.io': { initialStatus: {}, generation: true },
  'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io': { initialStatus: {}, generation: true },
};

export function strategyOf(resource: ResourceInfo): Strategy {
  if (resource.custom !== undefined) return customStrategy(resource, resource.custom);
  return strategies[resource.storage] ?? ordinary;
}
