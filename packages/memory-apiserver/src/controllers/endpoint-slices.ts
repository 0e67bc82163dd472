import type { KubeObject } from '../object.js';
import type { ClusterApi } from '../registry/api.js';
import type { Change, Controller, ControllerContext } from './controller.js';
import { hasSelector, serviceKeys, triggerAnnotation } from './endpoints.js';
import { sameJson } from './equality.js';
import type { Pod, Service } from './kinds.js';
import { splitKey } from './keys.js';
import { matchesLabels } from './label-selector.js';
import { controllerRef } from './ownership.js';
import { isFinished, isReady, podGatherMs } from './pods.js';
import { backendPorts } from './service-ports.js';
import { compact } from './status.js';
import { timestamp } from './time.js';

const storage = 'endpointslices.discovery.k8s.io';
const serviceLabel = 'kubernetes.io/service-name';
const managedByLabel = 'endpointslice.kubernetes.io/managed-by';
const manager = 'endpointslice-controller.k8s.io';
const mirrorManager = 'endpointslicemirroring-controller.k8s.io';

/** Endpoints in one slice at most, as upstream's default. */
const sliceSize = 100;

interface SlicePort {
  name: string;
  port: number;
  protocol: string;
  appProtocol?: string;
}

interface SliceEndpoint {
  addresses: string[];
  conditions: Record<string, boolean>;
  hostname?: string;
  nodeName?: string;
  targetRef?: unknown;
  zone?: string;
  hints?: { forZones?: { name: string }[]; forNodes?: { name: string }[] };
}

interface EndpointSlice extends KubeObject {
  addressType: string;
  endpoints: SliceEndpoint[] | null;
  ports: SlicePort[] | null;
}

type SliceContent = Pick<EndpointSlice, 'addressType' | 'endpoints' | 'ports'>;

/**
 * The EndpointSlices of Services with a selector (upstream: pkg/controller/endpointslice), and copies of Endpoints
 * that people write for Services without one (pkg/controller/endpointslicemirroring).
 */
export const endpointSliceController = (): Controller => ({
  name: 'endpoint-slice',
  watches: ['services', 'pods', 'endpoints', storage],
  gatherMs: podGatherMs,
  keysFor,
  reconcile(key, context) {
    const { namespace, name } = splitKey(key);
    const service = context.api.find('services', namespace, name) as Service | undefined;
    // The slices of a Service that is gone are the garbage collector's.
    if (service === undefined || service.metadata.deletionTimestamp !== undefined) return;
    if (hasSelector(service)) {
      write(context, service, service, manager, selected(context.api, service));
      return;
    }
    const endpoints = context.api.find('endpoints', namespace, name);
    if (endpoints !== undefined && isMirrored(endpoints)) {
      write(context, service, endpoints, mirrorManager, mirrored(endpoints));
    }
  },
});

function keysFor(change: Change): readonly string[] {
  const { type, storage: changed, object } = change;
  const { namespace = '', name, labels } = object.metadata;
  if (changed === 'endpoints') return isMirrored(object) ? [`${namespace}/${name}`] : [];
  if (changed !== storage) return serviceKeys(change);
  const service = labels?.[serviceLabel];
  const isOurs = labels?.[managedByLabel] === manager || labels?.[managedByLabel] === mirrorManager;
  return type === 'ADDED' || !isOurs || service === undefined ? [] : [`${namespace}/${service}`];
}

/** The API server looks after the slice of its own Service `kubernetes` itself. */
const isMirrored = ({ metadata: { labels, namespace, name } }: KubeObject): boolean =>
  labels?.['endpointslice.kubernetes.io/skip-mirror'] !== 'true' &&
  labels?.['endpoints.kubernetes.io/managed-by'] === undefined &&
  !(namespace === 'default' && name === 'kubernetes');

/** One group of slices per set of ports that pods resolve to. */
function selected(api: ClusterApi, service: Service): SliceContent[] {
  const { namespace, name } = service.metadata;
  const groups = new Map<string, { ports: SlicePort[]; endpoints: SliceEndpoint[] }>();
  const pods = api.list('pods', compact({ namespace })) as Pod[];
  const addressType = service.spec.ipFamilies?.[0] ?? 'IPv4';
  const zoneOf = zones(api);
  for (const pod of pods) {
    const ip = pod.status?.podIP;
    if (ip === undefined || isFinished(pod) || ip.includes(':') !== (addressType === 'IPv6')) continue;
    if (!matchesLabels(service.spec.selector ?? {}, pod.metadata.labels)) continue;
    const ports = backendPorts(service, pod).map(({ name: portName, ...rest }) => ({
      name: portName ?? '',
      ...rest,
    }));
    const terminating = pod.metadata.deletionTimestamp !== undefined;
    const serving = isReady(pod);
    const isNamed = pod.spec.hostname !== undefined && pod.spec.subdomain === name;
    const ready = service.spec.publishNotReadyAddresses === true || (serving && !terminating);
    const { nodeName } = pod.spec;
    const zone = nodeName === undefined ? undefined : zoneOf(nodeName);
    const id = JSON.stringify(ports);
    let group = groups.get(id);
    if (group === undefined) groups.set(id, (group = { ports, endpoints: [] }));
    group.endpoints.push(
      compact({
        addresses: [ip],
        conditions: { ready, serving, terminating },
        hostname: isNamed ? pod.spec.hostname : undefined,
        nodeName,
        targetRef: compact({ kind: 'Pod', namespace, name: pod.metadata.name, uid: pod.metadata.uid }),
        zone,
        hints: ready ? hintsFor(service.spec.trafficDistribution, zone, nodeName) : undefined,
      }),
    );
  }
  const slices = [...groups.values()].flatMap(({ ports, endpoints }) =>
    chunks(endpoints).map((part) => ({ addressType, endpoints: part, ports })),
  );
  // A Service without pods still has a slice, an empty one.
  return slices.length > 0 ? slices : [{ addressType, endpoints: null, ports: null }];
}

/** The zones of nodes, each read once. */
function zones(api: ClusterApi): (node: string) => string | undefined {
  const known = new Map<string, string | undefined>();
  return (name) => {
    if (!known.has(name)) {
      const zone = api.find('nodes', undefined, name)?.metadata.labels?.['topology.kubernetes.io/zone'];
      known.set(name, zone === '' ? undefined : zone);
    }
    return known.get(name);
  };
}

/** Whom the endpoint is for, if the Service asks for traffic to stay close (k8s.io/endpointslice/trafficdist). */
function hintsFor(
  distribution: string | undefined,
  zone: string | undefined,
  node: string | undefined,
): SliceEndpoint['hints'] {
  const isClose = distribution?.startsWith('Prefer') === true;
  const forZones = isClose && zone !== undefined ? [{ name: zone }] : undefined;
  const forNodes = distribution === 'PreferSameNode' && node !== undefined ? [{ name: node }] : undefined;
  return forZones === undefined && forNodes === undefined ? undefined : compact({ forZones, forNodes });
}

function mirrored(endpoints: KubeObject): SliceContent[] {
  type Address = { ip: string; hostname?: string; nodeName?: string; targetRef?: unknown };
  type Subset = {
    addresses?: Address[];
    notReadyAddresses?: Address[];
    ports?: { name?: string; port: number; protocol?: string; appProtocol?: string }[];
  };
  return ((endpoints['subsets'] as Subset[] | undefined) ?? []).flatMap((subset) => {
    const ports = (subset.ports ?? []).map(({ name = '', port, protocol = 'TCP', appProtocol }) =>
      compact({ name, port, protocol, appProtocol }),
    );
    const entry = (ready: boolean) => {
      return ({ ip, ...rest }: Address): SliceEndpoint => ({
        addresses: [ip],
        conditions: { ready },
        ...rest,
      });
    };
    const all = [
      ...(subset.addresses ?? []).map(entry(true)),
      ...(subset.notReadyAddresses ?? []).map(entry(false)),
    ];
    return chunks(all).map((part) => ({ addressType: 'IPv4', endpoints: part, ports }));
  });
}

function chunks(endpoints: readonly SliceEndpoint[]): SliceEndpoint[][] {
  const parts: SliceEndpoint[][] = [];
  for (let i = 0; i < endpoints.length; i += sliceSize) parts.push(endpoints.slice(i, i + sliceSize));
  return parts;
}

/** Makes the slices hold `contents`: existing ones are reused in order, missing ones made, surplus ones deleted. */
function write(
  { api, now }: ControllerContext,
  service: Service,
  owner: KubeObject,
  managedBy: string,
  contents: readonly SliceContent[],
): void {
  const { namespace, name } = service.metadata;
  const labelSelector = `${serviceLabel}=${name},${managedByLabel}=${managedBy}`;
  const existing = (api.list(storage, { ...compact({ namespace }), labelSelector }) as EndpointSlice[])
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  const labels = {
    ...owner.metadata.labels,
    ...(service.spec.clusterIP === 'None' ? { 'service.kubernetes.io/headless': '' } : {}),
    [managedByLabel]: managedBy,
    [serviceLabel]: name,
  };
  const annotations = managedBy === manager ? { [triggerAnnotation]: timestamp(now()) } : {};
  contents.forEach((content, i) => {
    const slice = existing[i];
    if (slice === undefined) {
      api.create({
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: {
          name: '',
          generateName: `${name}-`,
          ...compact({ namespace }),
          labels,
          ...(managedBy === manager ? { annotations } : {}),
          ownerReferences: [controllerRef(owner)],
        },
        ...content,
      });
      return;
    }
    const { addressType, endpoints, ports } = slice;
    const isSame =
      sameJson(
        { addressType, endpoints: endpoints ?? [], ports: ports ?? [] },
        { ...content, endpoints: content.endpoints ?? [], ports: content.ports ?? [] },
      ) && sameJson(slice.metadata.labels, labels);
    if (isSame) return;
    const metadata = {
      ...slice.metadata,
      labels,
      annotations: { ...slice.metadata.annotations, ...annotations },
    };
    api.update({ ...slice, metadata, ...content });
  });
  for (const { metadata } of existing.slice(contents.length)) api.delete(storage, namespace, metadata.name);
}
