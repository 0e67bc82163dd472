import { randomUUID } from 'node:crypto';
import type { KubeObject } from '../../object.js';
import { timestamp } from '../../store/identity.js';
import { equalJson } from '../../codec/json.js';
import type { RegistryContext } from '../context.js';
import { resourceOfStorage } from '../context.js';
import { trackCreate } from '../track-fields.js';
import type { Strategy } from '../strategy.js';
import type { ServiceSpec } from './service-allocation.js';
import {
  allocateClusterIp,
  allocateNodePorts,
  needsHealthCheckPort,
  needsNodePort,
  setFamilies,
} from './service-allocation.js';

const ADDRESSES = 'ipaddresses.networking.k8s.io';

const specOf = (service: KubeObject | undefined): ServiceSpec => (service?.spec ?? {}) as ServiceSpec;

/** Addresses that were given stay when an update doesn't name them: upstream's `patchAllocatedValues`. */
function keepAllocated(spec: ServiceSpec, old: ServiceSpec): void {
  if (spec.type !== 'ExternalName' && old.type !== 'ExternalName') {
    spec.clusterIP ||= old.clusterIP ?? '';
    if (spec.clusterIP === old.clusterIP) {
      spec.clusterIPs ??= old.clusterIPs ?? [];
      spec.ipFamilies ??= old.ipFamilies ?? [];
      spec.ipFamilyPolicy ??= old.ipFamilyPolicy ?? 'SingleStack';
    }
  }
  if (needsNodePort(spec) && needsNodePort(old)) {
    for (const port of spec.ports ?? []) {
      if (port.nodePort) continue;
      const before = old.ports?.find(({ name, port: number }) => name === port.name && number === port.port);
      if (before?.nodePort !== undefined) port.nodePort = before.nodePort;
    }
  }
  if (needsHealthCheckPort(spec) && old.healthCheckNodePort)
    spec.healthCheckNodePort ||= old.healthCheckNodePort;
}

const isReachedFromOutside = ({ type, externalIPs = [] }: ServiceSpec): boolean =>
  type === 'LoadBalancer' || type === 'NodePort' || (type === 'ClusterIP' && externalIPs.length > 0);

/** What a change of the type makes meaningless goes, if the client merely carried it along: `dropTypeDependentFields`. */
function dropMeaningless(service: KubeObject, spec: ServiceSpec, old: ServiceSpec): void {
  const isSame = (field: keyof ServiceSpec): boolean => equalJson(spec[field] ?? null, old[field] ?? null);
  if (old.type !== 'ExternalName' && spec.type === 'ExternalName') {
    if (isSame('clusterIP') && isSame('clusterIPs')) {
      delete spec.clusterIP;
      delete spec.clusterIPs;
    }
    for (const field of ['ipFamilies', 'ipFamilyPolicy'] as const) if (isSame(field)) delete spec[field];
  }
  if (needsNodePort(old) && !needsNodePort(spec)) {
    for (const port of spec.ports ?? []) {
      if (old.ports?.some(({ nodePort }) => nodePort === port.nodePort) === true) delete port.nodePort;
    }
  }
  if (needsHealthCheckPort(old) && !needsHealthCheckPort(spec) && isSame('healthCheckNodePort'))
    delete spec.healthCheckNodePort;
  if (old.type === 'LoadBalancer' && spec.type !== 'LoadBalancer') {
    for (const field of ['allocateLoadBalancerNodePorts', 'loadBalancerClass'] as const)
      if (isSame(field)) delete spec[field];
  }
  if (isReachedFromOutside(old) && !isReachedFromOutside(spec) && isSame('externalTrafficPolicy'))
    delete spec.externalTrafficPolicy;
  if (spec.type !== 'LoadBalancer') service.status = { loadBalancer: {} };
}

const addressesOf = ({ clusterIPs = [] }: ServiceSpec): string[] =>
  clusterIPs.filter((ip) => ip !== '' && ip !== 'None');

/** The IPAddress objects by which a cluster shows which addresses are taken. */
function syncAddresses(
  { metadata: { name, namespace } }: KubeObject,
  wanted: readonly string[],
  former: readonly string[],
  context: RegistryContext,
): void {
  const { store, now } = context;
  for (const ip of former) {
    if (wanted.includes(ip)) continue;
    const text = store.read(ADDRESSES, `/${ip}`);
    if (text !== undefined) store.remove(ADDRESSES, `/${ip}`, JSON.parse(text) as KubeObject);
  }
  for (const ip of wanted) {
    if (store.has(ADDRESSES, `/${ip}`)) continue;
    const address: KubeObject = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IPAddress',
      metadata: {
        name: ip,
        uid: randomUUID(),
        creationTimestamp: timestamp(now()),
        labels: {
          'ipaddress.kubernetes.io/ip-family': ip.includes(':') ? 'IPv6' : 'IPv4',
          'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
        },
      },
      spec: { parentRef: { resource: 'services', namespace, name } },
    };
    const writer = { fieldManager: 'kube-apiserver' };
    trackCreate(context, resourceOfStorage(context, ADDRESSES), address, writer, undefined);
    store.putUnlimited(ADDRESSES, `/${ip}`, address);
  }
}

export const serviceStrategy: Strategy = {
  createOnUpdate: true,
  initialStatus: { loadBalancer: {} },
  returnsDeleted: true,
  prepareForCreate(service, context) {
    const spec = specOf(service);
    setFamilies(service, spec, undefined);
    allocateClusterIp(service, spec, context);
    allocateNodePorts(service, spec, context);
  },
  prepareForUpdate(service, old, context, subresource) {
    if (subresource !== '') return;
    const [spec, before] = [specOf(service), specOf(old)];
    keepAllocated(spec, before);
    dropMeaningless(service, spec, before);
    setFamilies(service, spec, before);
    if (spec.type !== 'ExternalName' && !spec.clusterIP) allocateClusterIp(service, spec, context);
    allocateNodePorts(service, spec, context, before);
  },
  validateUpdate(service, old) {
    const [now, before] = [specOf(service), specOf(old)];
    if (now.type === 'ExternalName' || before.type === 'ExternalName' || !before.clusterIP) return [];
    if (now.clusterIP === before.clusterIP) return [];
    return [
      {
        field: 'spec.clusterIPs[0]',
        reason: 'FieldValueInvalid',
        message: `Invalid value: ${JSON.stringify([now.clusterIP])}: may not change once set`,
      },
    ];
  },
  afterWrite(service, context, old) {
    syncAddresses(service, addressesOf(specOf(service)), addressesOf(specOf(old)), context);
  },
  afterRemove(service, context) {
    syncAddresses(service, [], addressesOf(specOf(service)), context);
  },
};
