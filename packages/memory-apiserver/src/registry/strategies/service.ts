import { invalid } from '../../errors.js';
import type { KubeObject } from '../../object.js';
import type { RegistryContext } from '../context.js';
import type { Strategy } from '../strategy.js';

interface ServicePort {
  name?: string;
  port: number;
  nodePort?: number;
}

interface ServiceSpec {
  type?: string;
  clusterIP?: string;
  clusterIPs?: string[];
  ipFamilies?: string[];
  ipFamilyPolicy?: string;
  externalTrafficPolicy?: string;
  healthCheckNodePort?: number;
  ports?: ServicePort[];
}

const NODE_PORTS = { first: 30_000, count: 2768 };

/** What a regular expression finds in the texts of all services: allocation needs no parsed objects and no books. */
function usedValues(context: RegistryContext, pattern: RegExp): Set<string> {
  const used = new Set<string>();
  for (const key of context.store.keys('services')) {
    const text = context.store.read('services', key) ?? '';
    for (const match of text.matchAll(pattern)) if (match[1] !== undefined) used.add(match[1]);
  }
  return used;
}

function parseCidr(cidr: string): { first: number; count: number } {
  const [address = '', bits = '16'] = cidr.split('/');
  const first = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  return { first, count: 2 ** (32 - Number(bits)) };
}

const formatIp = (ip: number): string => [24, 16, 8, 0].map((shift) => (ip >>> shift) & 255).join('.');

/** The first free number of `count`, from a random one on; undefined when none is free. */
function pick(count: number, random: () => number, isFree: (index: number) => boolean): number | undefined {
  const start = Math.floor(random() * count);
  for (let step = 0; step < count; step += 1) {
    const index = (start + step) % count;
    if (isFree(index)) return index;
  }
  return undefined;
}

const refuse = (service: KubeObject, field: string, value: unknown, why: string): never => {
  throw invalid({ group: '', kind: 'Service' }, service.metadata.name, [
    { field, reason: 'FieldValueInvalid', message: `Invalid value: ${JSON.stringify(value)}: ${why}` },
  ]);
};

function allocateClusterIp(service: KubeObject, spec: ServiceSpec, context: RegistryContext): void {
  if (spec.type === 'ExternalName') return;
  const asked = spec.clusterIP ?? '';
  if (asked !== 'None') {
    const used = usedValues(context, /"clusterIP":"([0-9.]+)"/g);
    if (asked === '') {
      const { first, count } = parseCidr(context.serviceCidr);
      // The network address, .1 (the `kubernetes` service) and the broadcast address aren't given out.
      const index = pick(count - 3, context.random, (i) => !used.has(formatIp(first + i + 2)));
      if (index === undefined)
        refuse(service, 'spec.clusterIPs', [asked], 'failed to allocate IP: range is full');
      else spec.clusterIP = formatIp(first + index + 2);
    } else if (used.has(asked)) {
      refuse(
        service,
        'spec.clusterIPs',
        [asked],
        `failed to allocate IP ${asked}: provided IP is already allocated`,
      );
    }
  }
  spec.clusterIPs = [spec.clusterIP ?? ''];
  spec.ipFamilies ??= ['IPv4'];
  spec.ipFamilyPolicy ??= 'SingleStack';
}

function allocateNodePorts(service: KubeObject, spec: ServiceSpec, context: RegistryContext): void {
  if (spec.type !== 'NodePort' && spec.type !== 'LoadBalancer') return;
  if ((spec as { allocateLoadBalancerNodePorts?: boolean }).allocateLoadBalancerNodePorts === false) return;
  let used: Set<string> | undefined;
  for (const port of spec.ports ?? []) {
    if (port.nodePort) continue;
    used ??= usedValues(context, /"nodePort":(\d+)/g);
    const taken = used;
    const index = pick(NODE_PORTS.count, context.random, (i) => !taken.has(String(NODE_PORTS.first + i)));
    if (index === undefined)
      refuse(service, 'spec.ports', port.port, 'failed to allocate a nodePort: range is full');
    else port.nodePort = NODE_PORTS.first + index;
    taken.add(String(port.nodePort));
  }
}

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
  if (spec.type === 'NodePort' || spec.type === 'LoadBalancer') {
    for (const port of spec.ports ?? []) {
      if (port.nodePort) continue;
      const before = old.ports?.find(({ name, port: number }) => name === port.name && number === port.port);
      if (before?.nodePort !== undefined) port.nodePort = before.nodePort;
    }
  } else if (old.type === 'NodePort' || old.type === 'LoadBalancer') {
    // Back to ClusterIP: node ports that the client merely carried along are given back.
    for (const port of spec.ports ?? []) {
      if (old.ports?.some(({ nodePort }) => nodePort === port.nodePort) === true) delete port.nodePort;
    }
  }
}

export const serviceStrategy: Strategy = {
  initialStatus: { loadBalancer: {} },
  returnsDeleted: true,
  prepareForCreate(service, context) {
    const spec = (service.spec ?? {}) as ServiceSpec;
    allocateClusterIp(service, spec, context);
    allocateNodePorts(service, spec, context);
  },
  prepareForUpdate(service, old, context) {
    const spec = (service.spec ?? {}) as ServiceSpec;
    const oldSpec = (old.spec ?? {}) as ServiceSpec;
    keepAllocated(spec, oldSpec);
    if (spec.type === 'ExternalName') {
      if (oldSpec.type !== 'ExternalName')
        for (const field of ['clusterIP', 'clusterIPs'] as const) delete spec[field];
    } else if (!spec.clusterIP) {
      allocateClusterIp(service, spec, context);
    }
    allocateNodePorts(service, spec, context);
  },
  validateUpdate(service, old) {
    const [now, before] = [service.spec as ServiceSpec, old.spec as ServiceSpec];
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
};
