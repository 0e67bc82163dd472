import type { KubeObject } from '../../object.js';
import { at, listAt, numberAt, recordAt, textAt } from '../../schema/read.js';
import {
  age,
  columns,
  conditionOf,
  firstThree,
  formatLabels,
  named,
  none,
  orNone,
  since,
  unset,
  type Printer,
} from './printer.js';

const count = (value: unknown): number => Object.keys(recordAt(value)).length;

const nodes: Printer = {
  columns: columns(
    'Name/name Status Roles Age Version Internal-IP* External-IP* OS-Image* Kernel-Version* Container-Runtime*',
  ),
  cells: (node, now) => {
    const address = (type: string): string =>
      orNone(
        textAt(
          listAt(node, 'status', 'addresses').find((entry) => textAt(entry, 'type') === type),
          'address',
        ),
      );
    const info = at(node, 'status', 'nodeInfo');
    return [
      node.metadata.name,
      nodeStatus(node),
      nodeRoles(node),
      age(node, now),
      textAt(info, 'kubeletVersion'),
      address('InternalIP'),
      address('ExternalIP'),
      textAt(info, 'osImage') || '<unknown>',
      textAt(info, 'kernelVersion') || '<unknown>',
      textAt(info, 'containerRuntimeVersion') || '<unknown>',
    ];
  },
};

function nodeStatus(node: KubeObject): string {
  const ready = conditionOf(node, 'Ready');
  const status = ready === undefined ? 'Unknown' : textAt(ready, 'status') === 'True' ? 'Ready' : 'NotReady';
  return at(node, 'spec', 'unschedulable') === true ? `${status},SchedulingDisabled` : status;
}

function nodeRoles(node: KubeObject): string {
  const roles = new Set<string>();
  for (const [label, value] of Object.entries(node.metadata.labels ?? {})) {
    if (label.startsWith('node-role.kubernetes.io/')) {
      const role = label.slice('node-role.kubernetes.io/'.length);
      if (role !== '') roles.add(role);
    } else if (label === 'kubernetes.io/role' && value !== '') roles.add(value);
  }
  return orNone([...roles].sort().join(','));
}

const services = {
  columns: columns('Name/name Type Cluster-IP External-IP Port(s) Age Selector*'),
  cells: (service: KubeObject, now: number) => [
    service.metadata.name,
    textAt(service, 'spec', 'type'),
    textAt(service, 'spec', 'clusterIP') || none,
    externalIp(service),
    orNone(listAt(service, 'spec', 'ports').map(portText).join(',')),
    age(service, now),
    formatLabels(at(service, 'spec', 'selector')),
  ],
};

function portText(port: unknown): string {
  const nodePort = numberAt(port, 'nodePort');
  return `${numberAt(port, 'port')}${nodePort > 0 ? `:${nodePort}` : ''}/${textAt(port, 'protocol')}`;
}

function externalIp(service: KubeObject): string {
  const own = listAt(service, 'spec', 'externalIPs').map(String);
  switch (textAt(service, 'spec', 'type')) {
    case 'ClusterIP':
    case 'NodePort':
      return orNone(own.join(','));
    case 'LoadBalancer': {
      const all = [...ingressAddresses(service), ...own];
      return all.length === 0 ? '<pending>' : all.join(',');
    }
    case 'ExternalName':
      return textAt(service, 'spec', 'externalName');
    default:
      return '<unknown>';
  }
}

/** Addresses of a load balancer's status, as services and ingresses have it. */
export function ingressAddresses(object: KubeObject): string[] {
  const addresses = listAt(object, 'status', 'loadBalancer', 'ingress').map(
    (entry) => textAt(entry, 'ip') || textAt(entry, 'hostname'),
  );
  return [...new Set(addresses.filter((address) => address !== ''))].sort();
}

const joinHostPort = (host: string, port: number): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

function endpointTexts(object: KubeObject): string[] {
  return listAt(object, 'subsets').flatMap((subset) => {
    const ips = listAt(subset, 'addresses').map((address) => textAt(address, 'ip'));
    const ports = listAt(subset, 'ports').map((port) => numberAt(port, 'port'));
    return ports.length === 0 ? ips : ports.flatMap((port) => ips.map((ip) => joinHostPort(ip, port)));
  });
}

const events: Printer = {
  columns: columns('Last_Seen Type Reason Object Subobject* Source* Message First_Seen* Count* Name/name*'),
  cells: (event, now) => {
    const involved = at(event, 'involvedObject') ?? at(event, 'regarding');
    const eventTime = at(event, 'eventTime') ?? undefined;
    const time = (value: unknown, fallback: string): string => (value == null ? fallback : since(value, now));
    const first = time(
      at(event, 'firstTimestamp') ?? at(event, 'deprecatedFirstTimestamp'),
      since(eventTime, now),
    );
    const series = at(event, 'series') ?? undefined;
    const last =
      series === undefined
        ? time(at(event, 'lastTimestamp') ?? at(event, 'deprecatedLastTimestamp'), first)
        : since(at(series, 'lastObservedTime'), now);
    const counted = numberAt(event, 'count') || numberAt(event, 'deprecatedCount');
    const kind = textAt(involved, 'kind').toLowerCase();
    const name = textAt(involved, 'name');
    return [
      last,
      textAt(event, 'type'),
      textAt(event, 'reason'),
      name === '' ? kind : `${kind}/${name}`,
      textAt(involved, 'fieldPath'),
      eventSource(event),
      (textAt(event, 'message') || textAt(event, 'note')).trim(),
      first,
      series === undefined ? counted || 1 : numberAt(series, 'count'),
      event.metadata.name,
    ];
  },
};

function eventSource(event: KubeObject): string {
  const source = at(event, 'source') ?? at(event, 'deprecatedSource');
  const component =
    textAt(source, 'component') ||
    textAt(event, 'reportingComponent') ||
    textAt(event, 'reportingController');
  const host = textAt(source, 'host') || textAt(event, 'reportingInstance');
  return host === '' ? component : `${component}, ${host}`;
}

function quotaText(object: KubeObject, limits: boolean): string {
  const used = recordAt(object, 'status', 'used');
  return Object.entries(recordAt(object, 'status', 'hard'))
    .filter(([name]) => name.startsWith('limits.') === limits)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, hard]) => `${name}: ${textAt(used, name) || '0'}/${String(hard)}`)
    .join(', ');
}

/** Printers of the core group's resources, but workloads and storage, by storage. */
export const corePrinters: Record<string, Printer> = {
  componentstatuses: {
    columns: columns('Name/name Status Message Error'),
    cells: (object) => {
      const healthy = listAt(object, 'conditions').find((entry) => textAt(entry, 'type') === 'Healthy');
      const status = { True: 'Healthy', False: 'Unhealthy' }[textAt(healthy, 'status')] ?? 'Unknown';
      return [object.metadata.name, status, textAt(healthy, 'message'), textAt(healthy, 'error')];
    },
  },
  configmaps: named('Data', (object) => [count(at(object, 'data')) + count(at(object, 'binaryData'))]),
  endpoints: named('Endpoints', (object) => [firstThree(endpointTexts(object), none)]),
  events,
  namespaces: named('Status', (object) => [textAt(object, 'status', 'phase')]),
  nodes,
  resourcequotas: named('Request Limit', (object) => [quotaText(object, false), quotaText(object, true)]),
  secrets: named('Type Data', (object) => [textAt(object, 'type'), count(at(object, 'data'))]),
  serviceaccounts: named('Secrets', (object) => [listAt(object, 'secrets').length]),
  services,
  'endpointslices.discovery.k8s.io': named('AddressType Ports Endpoints', (object) => [
    textAt(object, 'addressType'),
    firstThree(
      listAt(object, 'ports').map((port) => textAt(port, 'port') || textAt(port, 'name') || '*'),
      unset,
    ),
    firstThree(
      listAt(object, 'endpoints').flatMap((endpoint) => listAt(endpoint, 'addresses').map(String)),
      unset,
    ),
  ]),
};
