import type { ResourceCatalog } from '../schema/resource.js';
import type { Controller, ControllerContext } from './controller.js';
import type { PersistentVolumeClaim, Pod, ResourceQuota, Service } from './kinds.js';
import { keyOf, splitKey } from './keys.js';
import { requestsOf } from './node-fit.js';
import { isFinished, podGatherMs } from './pods.js';
import { qosClass } from './pod-status.js';
import { formatAmount, amountOf } from './quantity.js';
import { compact, writeStatus } from './status.js';

const storage = 'resourcequotas';

/** Counts what namespaces with a quota use (upstream: pkg/controller/resourcequota). Refusing is the registry's. */
export const resourceQuotaController = (): Controller => ({
  name: 'resourcequota',
  watches: ['*'],
  gatherMs: podGatherMs,
  keysFor({ type, storage: changed, object, api }) {
    const { namespace } = object.metadata;
    if (namespace === undefined) return [];
    if (changed === storage) return type === 'DELETED' ? [] : [keyOf(object)];
    // Counts change with the number of objects, sums also with what pods do.
    const counts =
      type !== 'MODIFIED' ||
      changed === 'pods' ||
      changed === 'services' ||
      changed === 'persistentvolumeclaims';
    if (!counts || changed === 'events' || api.count(storage, namespace) === 0) return [];
    return api.list(storage, { namespace }).map(keyOf);
  },
  reconcile(key, context) {
    const { namespace, name } = splitKey(key);
    const quota = context.api.find(storage, namespace, name) as ResourceQuota | undefined;
    if (quota === undefined) return;
    const hard = quota.spec.hard ?? {};
    const used = Object.fromEntries(
      Object.entries(hard).map(([resource, limit]) => [
        resource,
        formatAmount(usage(resource, quota, context), limit),
      ]),
    );
    writeStatus(context.api, quota, { ...quota.status, hard, used });
  },
});

/** Core resources that a quota names without `count/`. */
const counted: Record<string, string> = {
  configmaps: 'configmaps',
  persistentvolumeclaims: 'persistentvolumeclaims',
  replicationcontrollers: 'replicationcontrollers',
  resourcequotas: 'resourcequotas',
  secrets: 'secrets',
  services: 'services',
};

function usage(resource: string, quota: ResourceQuota, context: ControllerContext): number {
  const { api, cluster } = context;
  const { namespace = '' } = quota.metadata;
  const core = counted[resource];
  if (core !== undefined) return api.count(core, namespace);
  if (resource.startsWith('count/')) {
    const counting = storageOf(cluster.catalog, resource.slice('count/'.length));
    if (counting === undefined) return 0;
    return counting === 'pods' ? podsIn(quota, context).length : api.count(counting, namespace);
  }
  if (resource.startsWith('services.')) {
    const type = resource === 'services.loadbalancers' ? ['LoadBalancer'] : ['NodePort', 'LoadBalancer'];
    return (api.list('services', { namespace }) as Service[]).filter(({ spec }) =>
      type.includes(spec.type ?? 'ClusterIP'),
    ).length;
  }
  if (resource === 'requests.storage' || resource.includes('.storageclass.storage.k8s.io/')) {
    return storageUsage(
      resource,
      api.list('persistentvolumeclaims', { namespace }) as PersistentVolumeClaim[],
    );
  }
  const pods = podsIn(quota, context);
  if (resource === 'pods') return pods.length;
  const isLimit = resource.startsWith('limits.');
  const name = resource.replace(/^(requests|limits)\./, '');
  return pods.reduce(
    (sum, pod) => sum + (isLimit ? limitOf(pod, name) : (requestsOf(pod).get(name) ?? 0)),
    0,
  );
}

const storageOf = (catalog: ResourceCatalog, qualified: string): string | undefined =>
  catalog.findStorage(qualified)?.storage;

function podsIn(quota: ResourceQuota, { api }: ControllerContext): Pod[] {
  const scopes = quota.spec.scopes ?? [];
  const fits = (pod: Pod): boolean =>
    scopes.every((scope) => {
      switch (scope) {
        case 'BestEffort':
          return qosClass(pod) === 'BestEffort';
        case 'NotBestEffort':
          return qosClass(pod) !== 'BestEffort';
        case 'Terminating':
          return pod.spec.activeDeadlineSeconds !== undefined;
        case 'NotTerminating':
          return pod.spec.activeDeadlineSeconds === undefined;
        default:
          return true;
      }
    });
  return (api.list('pods', compact({ namespace: quota.metadata.namespace })) as Pod[]).filter(
    (pod) => !isFinished(pod) && fits(pod),
  );
}

const limitOf = ({ spec }: Pod, name: string): number =>
  spec.containers.reduce((sum, { resources }) => sum + amountOf(resources?.limits?.[name]), 0);

function storageUsage(resource: string, claims: readonly PersistentVolumeClaim[]): number {
  const className = /^(.*)\.storageclass\.storage\.k8s\.io\//.exec(resource)?.[1];
  const relevant =
    className === undefined ? claims : claims.filter(({ spec }) => spec.storageClassName === className);
  if (resource.endsWith('/persistentvolumeclaims')) return relevant.length;
  return relevant.reduce((sum, { spec }) => sum + amountOf(spec.resources?.requests?.['storage']), 0);
}
