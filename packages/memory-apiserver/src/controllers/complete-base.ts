import type { KubeObject } from '../object.js';
import { splitApiVersion } from '../schema/types.js';
import { expandFields } from '../codec/managed-fields.js';
import { CA_CERT_PLACEHOLDER } from '../store/base-object.js';
import type { ClusterBase } from '../store/cluster-base.js';
import { BASE_EPOCH_MS, hashBits, mixUid } from '../store/identity.js';
import { CLUSTER_NAME_PLACEHOLDER, findPlaceholder } from '../store/placeholders.js';
import type { Controller } from './controller.js';
import { initialBase } from './initial-base.js';
import { ScratchCluster } from './scratch-cluster.js';
import { systemObjects } from './system-objects.js';

export interface CompleteBaseOptions {
  /** Controllers to run. @default the built-in ones */
  controllers?: readonly Controller[];
  disabled?: readonly string[];
  /** Range of cluster IPs; its first is the API server's. @default 10.43.0.0/16 */
  serviceCidr?: string;
}

/** A name of valid characters that stands for `{{cluster-name}}` while the objects pass admission. */
export const nameStandIn = 'clustername0placeholder';

/** Enough for pods to start one after the other. */
export const runMs = 120_000;

/** They act on the passing of time, which a base has none of. */
export const withoutTime = ['cronjob', 'event-expiry', 'node-heartbeat', 'taint-eviction'];

/**
 * The given objects and all that controllers make of them: namespaces have their ServiceAccount, Deployments their
 * ReplicaSets and running pods, Services their endpoints. Runs once per base, in a cluster of its own that is thrown
 * away; clusters made from the base then have no work to do.
 *
 * The result is the same for equal input but for `metadata.uid`s, which the base replaces by each cluster's own,
 * wherever they occur. Times of the run are counted from {@link BASE_EPOCH_MS}, for which it puts the cluster's birth.
 * Statuses that are given stay, but for what a controller corrects.
 *
 * @param objects may hold `{{cluster-name}}` in any string
 * @throws ApiError if an object is refused; its message names the object
 */
export function completeBase(
  objects: readonly KubeObject[],
  options: CompleteBaseOptions = {},
): KubeObject[] {
  const { serviceCidr = '10.43.0.0/16', ...controllers } = options;
  const base = initialBase(aggregates(options));
  const cluster = new ScratchCluster({
    ...controllers,
    base,
    name: nameStandIn,
    disabled: [...(options.disabled ?? []), ...withoutTime],
    startMs: BASE_EPOCH_MS,
    caCert: CA_CERT_PLACEHOLDER,
    serviceCidr,
    events: false,
    // Objects of a base have none; finding them out would be a fifth of the time.
    managedFields: false,
  });
  try {
    const given = [...systemObjects({ serviceCidr }), ...objects].map(standIn);
    const all = [...missingNamespaces(given), ...given];
    // Drained for each rank, not for each object, of which every one would have controllers read all there are so far.
    for (let rank = 0; rank <= ranks.length; rank += 1) {
      for (const object of all) if (rankOf(object) === rank) create(cluster, object);
      cluster.drain();
    }
    cluster.advance(runMs);
    const served = new Set(cluster.catalog.all().map(({ storage }) => storage));
    const touched = [...served].filter((storage) => !cluster.isUntouched(storage));
    return [...untouchedObjects(cluster, base), ...detach(cluster, touched)];
  } finally {
    cluster.close();
  }
}

/** Whether ClusterRoles that are made of others are filled. */
function aggregates({ controllers, disabled }: CompleteBaseOptions): boolean {
  const name = 'clusterrole-aggregation';
  if (disabled?.includes(name) === true) return false;
  return controllers === undefined || controllers.some((controller) => controller.name === name);
}

/**
 * Namespaces and definitions first, then what others refer to: a pod needs its namespace's service account when it is
 * created, which a controller makes.
 */
const ranks = [
  'Namespace',
  'CustomResourceDefinition',
  'PriorityClass',
  'StorageClass',
  'Node',
  'ServiceAccount',
];
const rankOf = ({ kind }: KubeObject): number => {
  const rank = ranks.indexOf(kind);
  return rank < 0 ? ranks.length : rank;
};

/** Of objects that are given without their namespace. */
function missingNamespaces(objects: readonly KubeObject[]): KubeObject[] {
  const given = new Set(objects.flatMap(({ kind, metadata }) => (kind === 'Namespace' ? metadata.name : [])));
  const wanted = new Set(objects.flatMap(({ metadata }) => metadata.namespace ?? []));
  return [...wanted]
    .filter((name) => !given.has(name))
    .map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }));
}

const standIn = (object: KubeObject): KubeObject =>
  JSON.parse(JSON.stringify(object).replaceAll(CLUSTER_NAME_PLACEHOLDER, nameStandIn)) as KubeObject;

/** Creates the object; one that is there already is replaced. */
function create(cluster: ScratchCluster, object: KubeObject): void {
  const { api } = cluster;
  const { namespace } = object.metadata;
  const { uid: _uid, resourceVersion: _revision, ...metadata } = object.metadata;
  const stripped: KubeObject = { ...object, metadata };
  const { group, version } = splitApiVersion(object.apiVersion);
  const storage = cluster.catalog.findKind(group, version, object.kind)?.storage ?? '';
  const isThere = storage !== '' && api.find(storage, namespace, metadata.name) !== undefined;
  const stored = isThere ? api.update(stripped) : api.create(stripped);
  if (object['status'] !== undefined && 'status' in stored) {
    api.update({ ...stored, status: object['status'] as unknown }, { subresource: 'status' });
  }
}

const uuid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';

/** What the scratch cluster began with, but for kinds of which it has others. */
const untouchedObjects = (cluster: ScratchCluster, base: ClusterBase): KubeObject[] =>
  base.objects.filter(({ storage }) => cluster.isUntouched(storage)).map(({ object }) => object);

/** The objects of the storages, cleared of what belongs to the scratch cluster only. */
export function detach(cluster: ScratchCluster, storages: readonly string[]): KubeObject[] {
  const objects = storages.flatMap((storage) =>
    cluster.api
      .list(storage)
      .map((object) => withManagedFields(object, cluster.managedFieldsOf(storage, object.metadata))),
  );
  // A volume is named after its claim's uid, and names must not differ from run to run.
  const volumeNames = new Map(
    objects
      .filter(({ kind }) => kind === 'PersistentVolumeClaim')
      .map(({ metadata: { uid = '', namespace = '', name } }) => [
        `pvc-${uid}`,
        `pvc-${mixUid(hashBits(namespace), hashBits(name))}`,
      ]),
  );
  return objects.map((object) => {
    const { resourceVersion: _revision, ...metadata } = object.metadata;
    const text = JSON.stringify({ ...object, metadata })
      .replaceAll(nameStandIn, CLUSTER_NAME_PLACEHOLDER)
      .replaceAll(new RegExp(`pvc-${uuid}`, 'g'), (name) => volumeNames.get(name) ?? name);
    return JSON.parse(text) as KubeObject;
  });
}

/** Compact fields refer to a text that all clusters share: what differs from cluster to cluster must not be in it. */
function withManagedFields(object: KubeObject, compact: string | undefined): KubeObject {
  if (compact === undefined) return object;
  const expanded = expandFields(compact);
  const isShared = !expanded.includes(nameStandIn) && findPlaceholder(expanded) === undefined;
  const managedFields = isShared ? compact : (JSON.parse(expanded) as unknown[]);
  return { ...object, metadata: { managedFields, ...object.metadata } };
}
