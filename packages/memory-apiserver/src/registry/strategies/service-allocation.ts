import { invalid } from '../../errors.js';
import type { FieldCause } from '../../errors.js';
import type { KubeObject } from '../../object.js';
import type { RegistryContext } from '../context.js';

/** Addresses and ports of Services. Upstream: k8s.io/kubernetes `pkg/registry/core/service/storage/alloc.go`. */

export interface ServicePort {
  name?: string;
  port: number;
  nodePort?: number;
}

export interface ServiceSpec {
  type?: string;
  selector?: Record<string, string>;
  clusterIP?: string;
  clusterIPs?: string[];
  ipFamilies?: string[];
  ipFamilyPolicy?: string;
  externalTrafficPolicy?: string;
  externalIPs?: string[];
  healthCheckNodePort?: number;
  allocateLoadBalancerNodePorts?: boolean;
  loadBalancerClass?: string;
  ports?: ServicePort[];
}

const NODE_PORTS = { first: 30_000, count: 2768 };
const LAST_NODE_PORT = NODE_PORTS.first + NODE_PORTS.count - 1;

export const needsNodePort = ({ type }: ServiceSpec): boolean =>
  type === 'NodePort' || type === 'LoadBalancer';

/** Whether a load balancer asks nodes if they have an endpoint of the service. */
export const needsHealthCheckPort = ({ type, externalTrafficPolicy }: ServiceSpec): boolean =>
  type === 'LoadBalancer' && externalTrafficPolicy === 'Local';

/** What a regular expression finds in the texts of all services: allocation needs no parsed objects and no books. */
function usedValues(context: RegistryContext, pattern: RegExp): Set<string> {
  const used = new Set<string>();
  for (const key of context.store.keys('services')) {
    const text = context.store.read('services', key) ?? '';
    for (const match of text.matchAll(pattern)) if (match[1] !== undefined) used.add(match[1]);
  }
  return used;
}

interface Range {
  readonly first: number;
  readonly count: number;
}

const parseIp = (text: string): number => text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);

function parseCidr(cidr: string): Range {
  const [address = '', bits = '16'] = cidr.split('/');
  return { first: parseIp(address), count: 2 ** (32 - Number(bits)) };
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

const cause = (field: string, value: unknown, why: string): FieldCause => ({
  field,
  reason: 'FieldValueInvalid',
  message: `Invalid value: ${JSON.stringify(value)}: ${why}`,
});

function refuse(service: KubeObject, causes: readonly FieldCause[]): void {
  if (causes.length > 0) throw invalid({ group: '', kind: 'Service' }, service.metadata.name, causes);
}

/** Fills the policy and families of addresses; clusters have addresses of IPv4 only. Throws Invalid. */
export function setFamilies(service: KubeObject, spec: ServiceSpec, old: ServiceSpec | undefined): void {
  if (spec.type === 'ExternalName') return;
  const isBare = spec.clusterIP === 'None' && Object.keys(spec.selector ?? {}).length === 0;
  spec.ipFamilyPolicy ??= old?.ipFamilyPolicy ?? (isBare ? 'RequireDualStack' : 'SingleStack');
  if (isBare) {
    spec.ipFamilies ??= ['IPv4'];
    const [first = 'IPv4', second] = spec.ipFamilies;
    if (second === undefined && spec.ipFamilyPolicy !== 'SingleStack')
      spec.ipFamilies = [first, first === 'IPv4' ? 'IPv6' : 'IPv4'];
    return;
  }
  const causes: FieldCause[] = [];
  if (spec.ipFamilyPolicy === 'RequireDualStack') {
    const why = 'this cluster is not configured for dual-stack services';
    causes.push(cause('spec.ipFamilyPolicy', spec.ipFamilyPolicy, why));
  }
  spec.ipFamilies?.forEach((family, index) => {
    if (family !== 'IPv4')
      causes.push(cause(`spec.ipFamilies[${index}]`, family, 'not configured on this cluster'));
  });
  refuse(service, causes);
  spec.ipFamilies ??= ['IPv4'];
}

/** Gives the service a cluster IP, or takes the one that it asks for. Throws Invalid. */
export function allocateClusterIp(service: KubeObject, spec: ServiceSpec, context: RegistryContext): void {
  if (spec.type === 'ExternalName') return;
  const asked = spec.clusterIP || (spec.clusterIPs?.[0] ?? '');
  if (asked === 'None') {
    spec.clusterIPs = [(spec.clusterIP = asked)];
    return;
  }
  const used = usedValues(context, /"clusterIP":"([0-9.]+)"/g);
  const range = parseCidr(context.serviceCidr);
  const fail = (why: string): void => refuse(service, [cause('spec.clusterIPs', [asked], why)]);
  if (asked === '') {
    // The network address, .1 (the `kubernetes` service) and the broadcast address aren't given out.
    const index = pick(range.count - 3, context.random, (i) => !used.has(formatIp(range.first + i + 2)));
    if (index === undefined) fail('failed to allocate IP: range is full');
    else spec.clusterIP = formatIp(range.first + index + 2);
  } else if (/^\d+\.\d+\.\d+\.\d+$/.test(asked)) {
    const offset = parseIp(asked) - range.first;
    if (offset <= 0 || offset >= range.count - 1)
      fail(`failed to allocate IP ${asked}: the provided network does not match the current range`);
    if (used.has(asked)) fail(`failed to allocate IP ${asked}: provided IP is already allocated`);
    spec.clusterIP = asked;
  }
  spec.clusterIPs = [spec.clusterIP ?? ''];
}

/** Gives ports that need one a node port, and checks those that are asked for. Throws Invalid. */
export function allocateNodePorts(
  service: KubeObject,
  spec: ServiceSpec,
  context: RegistryContext,
  old?: ServiceSpec,
): void {
  const ports = spec.ports ?? [];
  const kept = new Set((old?.ports ?? []).map(({ nodePort }) => nodePort));
  const wanted = ports.some(({ nodePort }) => nodePort && !kept.has(nodePort));
  const isAutomatic = needsNodePort(spec) && spec.allocateLoadBalancerNodePorts !== false;
  const needsCheckPort = needsHealthCheckPort(spec) && !spec.healthCheckNodePort;
  if (!wanted && !needsCheckPort && !(isAutomatic && ports.some(({ nodePort }) => !nodePort))) return;
  const used = usedValues(context, /"(?:n|healthCheckN)odePort":(\d+)/g);
  ports.forEach(({ nodePort }, index) => {
    if (!nodePort || kept.has(nodePort)) return;
    const field = `spec.ports[${index}].nodePort`;
    if (nodePort < NODE_PORTS.first || nodePort > LAST_NODE_PORT) {
      const range = `${NODE_PORTS.first}-${LAST_NODE_PORT}`;
      const why = `provided port is not in the valid range. The range of valid ports is ${range}`;
      refuse(service, [cause(field, nodePort, why)]);
    }
    // Ports of one service that differ in their protocol may share a node port.
    if (used.has(String(nodePort)))
      refuse(service, [cause(field, nodePort, 'provided port is already allocated')]);
  });
  for (const { nodePort } of ports) if (nodePort) used.add(String(nodePort));
  const next = (): number => {
    const index = pick(NODE_PORTS.count, context.random, (i) => !used.has(String(NODE_PORTS.first + i)));
    if (index === undefined)
      refuse(service, [cause('spec.ports', 0, 'failed to allocate a nodePort: range is full')]);
    const port = NODE_PORTS.first + (index ?? 0);
    used.add(String(port));
    return port;
  };
  if (isAutomatic) for (const port of ports) if (!port.nodePort) port.nodePort = next();
  if (needsCheckPort) spec.healthCheckNodePort = next();
}
