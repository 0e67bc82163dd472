import { validateQuotaScopes } from './quota-scopes.js';
import type { KubeObject } from '../../object.js';
import { parseQuantity } from '../quantity.js';
import { at, listAt, numberAt, recordAt, textAt } from '../read.js';
import { validateAmount } from './containers.js';
import { validateLabels } from './metadata.js';
import {
  configKey,
  dns1123Label,
  dns1123Subdomain,
  ipAddress,
  portName,
  portNumber,
  portOrName,
  qualifiedName,
} from './names.js';
import type { Report } from './report.js';
import type { Rule } from './workloads.js';

/** All keys of a ConfigMap or Secret together may hold this much: `MaxSecretSize`. */
const maxDataBytes = 1024 * 1024;

const configMap: Rule = (object, report) => {
  const [data, binary] = [recordAt(object, 'data'), recordAt(object, 'binaryData')];
  let bytes = 0;
  for (const [key, value] of Object.entries(data)) {
    report.malformed(`data[${key}]`, key, configKey(key));
    if (Object.hasOwn(binary, key))
      report.invalid(`data[${key}]`, key, 'duplicate of key present in binaryData');
    bytes += Buffer.byteLength(String(value));
  }
  for (const [key, value] of Object.entries(binary)) {
    report.malformed(`binaryData[${key}]`, key, configKey(key));
    bytes += Buffer.byteLength(String(value), 'base64');
  }
  if (bytes > maxDataBytes) report.tooLong('[]', maxDataBytes);
};

/** Keys that Secrets of a type must have. */
const secretKeys: Record<string, readonly string[]> = {
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
};

const secret: Rule = (object, report) => {
  const data = recordAt(object, 'data');
  const type = textAt(object, 'type');
  let bytes = 0;
  for (const [key, value] of Object.entries(data)) {
    report.malformed(`data[${key}]`, key, configKey(key));
    bytes += Buffer.byteLength(String(value), 'base64');
  }
  if (bytes > maxDataBytes) report.tooLong('data', maxDataBytes);
  for (const key of secretKeys[type] ?? []) if (!Object.hasOwn(data, key)) report.required(`data[${key}]`);
  if (
    type === 'kubernetes.io/service-account-token' &&
    !object.metadata.annotations?.['kubernetes.io/service-account.name']
  )
    report.required('metadata.annotations[kubernetes.io/service-account.name]');
  if (
    type === 'kubernetes.io/basic-auth' &&
    !Object.hasOwn(data, 'username') &&
    !Object.hasOwn(data, 'password')
  ) {
    report.required('data[username]');
    report.required('data[password]');
  }
};

const serviceTypes = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];

const service: Rule = (object, report) => {
  const spec = recordAt(object, 'spec');
  const type = textAt(spec, 'type');
  const ports = listAt(spec, 'ports');
  if (ports.length === 0 && spec['clusterIP'] !== 'None' && type !== 'ExternalName')
    report.required('spec.ports');
  if (type === 'ExternalName') {
    const name = textAt(spec, 'externalName').replace(/\.$/, '');
    if (name === '') report.required('spec.externalName');
    else report.malformed('spec.externalName', name, dns1123Subdomain(name));
  }
  validateServicePorts(ports, type, report);
  validateLabels(spec['selector'], 'spec.selector', report);
  report.oneOf('spec.sessionAffinity', spec['sessionAffinity'], ['ClientIP', 'None']);
  listAt(spec, 'externalIPs').forEach((address, index) =>
    report.malformed(`spec.externalIPs[${index}]`, address, ipAddress(String(address))),
  );
  report.oneOf('spec.type', type, serviceTypes);
  validateClusterIp(spec, type, report);
  validateTrafficPolicies(spec, type, report);
};

function validateServicePorts(ports: readonly unknown[], type: string, report: Report): void {
  const names = new Set<string>();
  const seen = new Set<string>();
  ports.forEach((port, index) => {
    const path = `spec.ports[${index}]`;
    const name = textAt(port, 'name');
    if (name === '' && ports.length > 1) report.required(`${path}.name`);
    else if (name !== '') {
      report.malformed(`${path}.name`, name, dns1123Label(name));
      if (names.has(name)) report.duplicate(`${path}.name`, name);
      names.add(name);
    }
    report.malformed(`${path}.port`, numberAt(port, 'port'), portNumber(numberAt(port, 'port')));
    report.oneOf(`${path}.protocol`, at(port, 'protocol'), ['SCTP', 'TCP', 'UDP']);
    const target = at(port, 'targetPort');
    report.malformed(`${path}.targetPort`, target, portOrName(target));
    if (type === 'ClusterIP' && numberAt(port, 'nodePort') !== 0)
      report.forbidden(`${path}.nodePort`, "may not be used when `type` is 'ClusterIP'");
  });
  ports.forEach((port, index) => {
    const key = `${numberAt(port, 'port')}/${textAt(port, 'protocol')}`;
    if (seen.has(key))
      report.duplicate(`spec.ports[${index}]`, {
        Name: '',
        Protocol: textAt(port, 'protocol'),
        AppProtocol: null,
        Port: numberAt(port, 'port'),
        TargetPort: 0,
        NodePort: 0,
      });
    seen.add(key);
  });
}

function validateClusterIp(spec: Readonly<Record<string, unknown>>, type: string, report: Report): void {
  const address = textAt(spec, 'clusterIP');
  if (type === 'ExternalName' || address === '' || address === 'None') return;
  report.malformed('spec.clusterIPs[0]', address, ipAddress(address));
}

function validateTrafficPolicies(
  spec: Readonly<Record<string, unknown>>,
  type: string,
  report: Report,
): void {
  const policies = ['Cluster', 'Local'];
  const [external, internal] = [spec['externalTrafficPolicy'], spec['internalTrafficPolicy']];
  const reachable = type === 'NodePort' || type === 'LoadBalancer' || listAt(spec, 'externalIPs').length > 0;
  if (external !== undefined && !reachable)
    report.invalid(
      'spec.externalTrafficPolicy',
      external,
      'may only be set for externally-accessible services',
    );
  else if (external !== undefined) report.oneOf('spec.externalTrafficPolicy', external, policies);
  if (internal !== undefined) report.oneOf('spec.internalTrafficPolicy', internal, policies);
}

const accessModes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];

function validateAccessModes(spec: unknown, report: Report): void {
  for (const mode of listAt(spec, 'accessModes'))
    if (!accessModes.includes(String(mode))) report.unsupported('spec.accessModes', mode, accessModes);
}

function validateClassName(spec: unknown, report: Report): void {
  const name = textAt(spec, 'storageClassName');
  if (name !== '') report.malformed('spec.storageClassName', name, dns1123Subdomain(name));
}

const volumeClaim: Rule = ({ spec }, report) => {
  if (listAt(spec, 'accessModes').length === 0)
    report.required('spec.accessModes', 'at least 1 access mode is required');
  validateAccessModes(spec, report);
  const storage = textAt(spec, 'resources', 'requests', 'storage');
  if (storage === '') report.required('spec.resources[storage]');
  else if (storage === '0' || storage.startsWith('-'))
    report.invalid('spec.resources[storage]', storage, 'must be greater than zero');
  validateClassName(spec, report);
};

/** Fields of a PersistentVolume's spec that don't say what kind of volume it is. */
const volumeFields = new Set([
  'capacity',
  'accessModes',
  'claimRef',
  'persistentVolumeReclaimPolicy',
  'storageClassName',
  'mountOptions',
  'volumeMode',
  'nodeAffinity',
  'volumeAttributesClassName',
]);

const persistentVolume: Rule = (object, report) => {
  const spec = recordAt(object, 'spec');
  if (listAt(spec, 'accessModes').length === 0) report.required('spec.accessModes');
  validateAccessModes(spec, report);
  const capacity = recordAt(spec, 'capacity');
  if (Object.keys(capacity).length === 0) report.required('spec.capacity');
  if (capacity['storage'] === undefined || Object.keys(capacity).length > 1)
    report.unsupported('spec.capacity', spec['capacity'], ['storage']);
  const kinds = Object.keys(spec).filter((name) => !volumeFields.has(name));
  if (kinds.length === 0) report.required('spec', 'must specify a volume type');
  for (const kind of kinds.slice(1))
    report.forbidden(`spec.${kind}`, 'may not specify more than 1 volume type');
  validateClassName(spec, report);
};

const quotaResources = new Set([
  ...['cpu', 'memory', 'ephemeral-storage', 'storage', 'pods', 'services', 'secrets', 'configmaps'],
  ...['replicationcontrollers', 'resourcequotas', 'persistentvolumeclaims'],
  ...['services.nodeports', 'services.loadbalancers', 'requests.cpu', 'requests.memory', 'requests.storage'],
  ...['requests.ephemeral-storage', 'limits.cpu', 'limits.memory', 'limits.ephemeral-storage'],
]);

const resourceQuota: Rule = (object, report) => {
  for (const [name, amount] of Object.entries(recordAt(object, 'spec', 'hard')).sort(([a], [b]) =>
    a < b ? -1 : 1,
  )) {
    const field = `spec.hard[${name}]`;
    const errors = qualifiedName(name);
    report.malformed(field, name, errors);
    const standard = name.includes('/') || quotaResources.has(name) || name.startsWith('hugepages-');
    if (!standard) {
      if (errors.length === 0)
        report.invalid(field, name, 'must be a standard resource type or fully qualified');
      report.invalid(field, name, 'must be a standard resource for quota');
    }
    validateAmount(amount, field, report);
  }
  validateQuotaScopes(object.spec, report);
};

const amountOf = (value: unknown): bigint => parseQuantity(String(value))?.nano ?? 0n;

/** Bounds of a LimitRange's item: lower, upper, the one to blame, the one whose value is told, and their names. */
const limitOrder = [
  ['min', 'max', 'min', 'low', 'min', 'max'],
  ['min', 'defaultRequest', 'defaultRequest', 'high', 'min', 'default request'],
  ['defaultRequest', 'max', 'defaultRequest', 'low', 'default request', 'max'],
  ['defaultRequest', 'default', 'defaultRequest', 'low', 'default request', 'default limit'],
  ['min', 'default', 'default', 'low', 'min', 'default'],
  ['default', 'max', 'default', 'high', 'default', 'max'],
] as const;

const limitRange: Rule = (object, report) => {
  const types = new Set<string>();
  listAt(object, 'spec', 'limits').forEach((item, index) => {
    const field = `spec.limits[${index}]`;
    const type = textAt(item, 'type');
    if (types.has(type)) report.duplicate(`${field}.type`, type);
    types.add(type);
    for (const [lower, upper, blamed, told, lowerName, upperName] of limitOrder)
      for (const [name, low] of Object.entries(recordAt(item, lower))) {
        const high = textAt(item, upper, name);
        if (high === '' || amountOf(low) <= amountOf(high)) continue;
        const detail = `${lowerName} value ${String(low)} is greater than ${upperName} value ${high}`;
        report.invalid(`${field}.${blamed}[${name}]`, told === 'low' ? low : high, detail);
      }
  });
};

const endpoints: Rule = (object, report) => {
  listAt(object, 'subsets').forEach((subset, index) => {
    const path = `subsets[${index}]`;
    const ports = listAt(subset, 'ports');
    if (listAt(subset, 'addresses').length + listAt(subset, 'notReadyAddresses').length === 0)
      report.required(path, 'must specify `addresses` or `notReadyAddresses`');
    listAt(subset, 'addresses').forEach((address, at_) => {
      const field = `${path}.addresses[${at_}].ip`;
      const ip = textAt(address, 'ip');
      const errors = ipAddress(ip);
      report.malformed(field, ip, errors);
      if (errors.length > 0) report.invalid(field, ip, 'must be a valid IP address');
    });
    ports.forEach((port, at_) => {
      const field = `${path}.ports[${at_}]`;
      const name = textAt(port, 'name');
      if (name === '' && ports.length > 1) report.required(`${field}.name`);
      else if (name !== '') report.malformed(`${field}.name`, name, dns1123Label(name));
      report.malformed(`${field}.port`, numberAt(port, 'port'), portNumber(numberAt(port, 'port')));
      report.oneOf(`${field}.protocol`, at(port, 'protocol'), ['SCTP', 'TCP', 'UDP']);
    });
  });
};

const endpointSlice: Rule = (object, report) => {
  const types = ['FQDN', 'IPv4', 'IPv6'];
  const names = new Set<string>();
  listAt(object, 'ports').forEach((port, index) => {
    const name = textAt(port, 'name');
    if (name !== '') report.malformed(`ports[${index}].name`, name, portName(name));
    if (names.has(name)) report.duplicate(`ports[${index}].name`, name);
    names.add(name);
  });
  report.oneOf('addressType', at(object, 'addressType'), types);
  listAt(object, 'endpoints').forEach((endpoint, index) => {
    const field = `endpoints[${index}].addresses`;
    const addresses = listAt(endpoint, 'addresses');
    if (addresses.length === 0) report.required(field, 'must contain at least 1 address');
    if (object.addressType === 'FQDN' || !types.includes(textAt(object, 'addressType'))) return;
    addresses.forEach((address, at_) =>
      report.malformed(`${field}[${at_}]`, address, ipAddress(String(address))),
    );
  });
};

const namespacedEvent: Rule = (object: KubeObject, report) => {
  const namespace = textAt(object, 'involvedObject', 'namespace') || textAt(object, 'regarding', 'namespace');
  if (namespace !== '' && namespace !== object.metadata.namespace)
    report.invalid('involvedObject.namespace', namespace, 'does not match event.namespace');
};

/** Rules of the core group's resources, but workloads, by storage. */
export const coreRules: Record<string, Rule> = {
  configmaps: configMap,
  secrets: secret,
  services: service,
  persistentvolumeclaims: volumeClaim,
  persistentvolumes: persistentVolume,
  limitranges: limitRange,
  resourcequotas: resourceQuota,
  endpoints,
  'endpointslices.discovery.k8s.io': endpointSlice,
  events: namespacedEvent,
};
