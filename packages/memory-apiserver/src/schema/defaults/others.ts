import { both, ensure, fieldsIn, fill, fillZero, type Default, type Fields } from './default.js';

const namespace: Default = (value) => {
  const metadata = ensure(value, 'metadata');
  // A name that is generated comes later than defaults.
  if (metadata['name'] && !metadata['generateName'])
    fill({ 'kubernetes.io/metadata.name': metadata['name'] })(ensure(metadata, 'labels'));
  fillZero({ phase: 'Active' })(ensure(value, 'status'));
};

const proxied = new Set<unknown>(['ClusterIP', 'NodePort', 'LoadBalancer']);

const service: Default = (value) => {
  const spec = ensure(value, 'spec');
  fillZero({ sessionAffinity: 'None', type: 'ClusterIP' })(spec);
  const { type } = spec;
  if (spec['sessionAffinity'] === 'ClientIP')
    fill({ timeoutSeconds: 10_800 })(ensure(ensure(spec, 'sessionAffinityConfig'), 'clientIP'));
  else delete spec['sessionAffinityConfig'];
  for (const port of fieldsIn(spec, 'ports')) {
    fillZero({ protocol: 'TCP' })(port);
    fillZero({ targetPort: port['port'] })(port);
  }
  const hasExternalIps = Array.isArray(spec['externalIPs']) && spec['externalIPs'].length > 0;
  if (type === 'NodePort' || type === 'LoadBalancer' || (type === 'ClusterIP' && hasExternalIps))
    fillZero({ externalTrafficPolicy: 'Cluster' })(spec);
  if (proxied.has(type)) fill({ internalTrafficPolicy: 'Cluster' })(spec);
  if (type !== 'LoadBalancer') return;
  fill({ allocateLoadBalancerNodePorts: true })(spec);
};

const node: Default = (value) => {
  const status = ensure(value, 'status');
  if (status['allocatable'] === undefined && status['capacity'] !== undefined)
    status['allocatable'] = structuredClone(status['capacity']);
  const spec = ensure(value, 'spec');
  if (spec['podCIDR']) fill({ podCIDRs: [spec['podCIDR']] })(spec);
};

/** Requests that a container gets come from its limits or the least allowed. */
const limitRangeItem: Default = (value) => {
  if (value['type'] !== 'Container') return;
  const [max, min] = [value['max'], value['min']];
  const limits = { ...(max as Fields | undefined), ...(value['default'] as Fields | undefined) };
  const requests = {
    ...(min as Fields | undefined),
    ...limits,
    ...(value['defaultRequest'] as Fields | undefined),
  };
  if (Object.keys(limits).length > 0) value['default'] = limits;
  if (Object.keys(requests).length > 0) value['defaultRequest'] = requests;
};

const rbacGroup = 'rbac.authorization.k8s.io';

const subject: Default = (value) => {
  if (value['kind'] === 'User' || value['kind'] === 'Group') fillZero({ apiGroup: rbacGroup })(value);
};

const networkPolicy: Default = (value) => {
  const spec = ensure(value, 'spec');
  if (fieldsIn(spec, 'policyTypes').length > 0 || Array.isArray(spec['policyTypes'])) return;
  spec['policyTypes'] = fieldsIn(spec, 'egress').length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
};

const csiDriver: Default = fill({
  attachRequired: true,
  podInfoOnMount: false,
  storageCapacity: false,
  requiresRepublish: false,
  seLinuxMount: false,
  volumeLifecycleModes: ['Persistent'],
  fsGroupPolicy: 'ReadWriteOnceWithFSType',
});

const definition: Default = (value) => {
  const spec = ensure(value, 'spec');
  const names = ensure(spec, 'names');
  if (typeof names['kind'] === 'string' && names['kind'] !== '')
    fillZero({ singular: names['kind'].toLowerCase(), listKind: `${names['kind']}List` })(names);
  fillZero({ strategy: 'None' })(ensure(spec, 'conversion'));
};

const webhook = fill({
  failurePolicy: 'Fail',
  matchPolicy: 'Equivalent',
  namespaceSelector: {},
  objectSelector: {},
  timeoutSeconds: 10,
});
const selectors = fill({ matchPolicy: 'Equivalent', namespaceSelector: {}, objectSelector: {} });
const scope = fill({ scope: '*' });
const port443 = fill({ port: 443 });

const priorityLevel: Default = (value) => {
  if (value['type'] === 'Exempt')
    fill({ nominalConcurrencyShares: 0, lendablePercent: 0 })(ensure(value, 'exempt'));
};

/** Defaults of all other types. */
export const otherDefaults: Record<string, Default> = {
  'core/v1:Namespace': namespace,
  'core/v1:Secret': fillZero({ type: 'Opaque' }),
  'core/v1:Service': service,
  'core/v1:LoadBalancerIngress': (value) => {
    if (value['ip']) fill({ ipMode: 'VIP' })(value);
  },
  'core/v1:EndpointPort': fillZero({ protocol: 'TCP' }),
  'core/v1:Node': node,
  'core/v1:LimitRangeItem': limitRangeItem,
  'core/v1:PersistentVolume': (value) => {
    fillZero({ phase: 'Pending' })(ensure(value, 'status'));
    const spec = ensure(value, 'spec');
    fillZero({ persistentVolumeReclaimPolicy: 'Retain' })(spec);
    fill({ volumeMode: 'Filesystem' })(spec);
  },
  'core/v1:PersistentVolumeClaim': (value) => fillZero({ phase: 'Pending' })(ensure(value, 'status')),
  'core/v1:PersistentVolumeClaimSpec': fill({ volumeMode: 'Filesystem' }),
  'discovery/v1:EndpointPort': fill({ name: '', protocol: 'TCP' }),
  'networking/v1:NetworkPolicy': networkPolicy,
  'networking/v1:NetworkPolicyPort': fill({ protocol: 'TCP' }),
  'networking/v1:IngressClassParametersReference': fill({ scope: 'Cluster' }),
  'rbac/v1:RoleRef': fillZero({ apiGroup: rbacGroup }),
  'rbac/v1:Subject': subject,
  'storage/v1:StorageClass': fill({ reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' }),
  'storage/v1:CSIDriverSpec': csiDriver,
  'scheduling/v1:PriorityClass': fill({ preemptionPolicy: 'PreemptLowerPriority' }),
  'authentication/v1:TokenRequestSpec': fill({ expirationSeconds: 3600 }),
  'apiextensions/v1:CustomResourceDefinition': definition,
  'apiextensions/v1:ServiceReference': port443,
  'apiregistration/v1:ServiceReference': port443,
  'admissionregistration/v1:ServiceReference': port443,
  'admissionregistration/v1:ValidatingWebhook': webhook,
  'admissionregistration/v1:MutatingWebhook': both(webhook, fill({ reinvocationPolicy: 'Never' })),
  'admissionregistration/v1:RuleWithOperations': scope,
  'admissionregistration/v1:NamedRuleWithOperations': scope,
  'admissionregistration/v1:ValidatingAdmissionPolicySpec': fill({ failurePolicy: 'Fail' }),
  'admissionregistration/v1:MatchResources': selectors,
  'flowcontrol/v1:FlowSchemaSpec': fillZero({ matchingPrecedence: 1000 }),
  'flowcontrol/v1:PriorityLevelConfigurationSpec': priorityLevel,
  'flowcontrol/v1:LimitedPriorityLevelConfiguration': fill({
    nominalConcurrencyShares: 30,
    lendablePercent: 0,
  }),
  'flowcontrol/v1:QueuingConfiguration': fillZero({ queues: 64, handSize: 8, queueLengthLimit: 50 }),
  'resource/v1:ExactDeviceRequest': (value) => {
    fillZero({ allocationMode: 'ExactCount' })(value);
    if (value['allocationMode'] === 'ExactCount') fillZero({ count: 1 })(value);
  },
};
