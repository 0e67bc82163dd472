import type { KubeObject, OwnerReference } from '@scale-cluster/memory-apiserver';
import { isRancherMade } from './rancher-made.js';

/** Why objects of a kind are never captured, by `plural[.group]`. */
export const kindsLeftOut: Readonly<Record<string, string>> = {
  events: 'they tell what has happened, not what is',
  'events.events.k8s.io': 'they tell what has happened, not what is',
  'leases.coordination.k8s.io': 'whoever holds them renews them',
  'controllerrevisions.apps': 'controllers make their own',
  'csinodes.storage.k8s.io': 'they belong to the drivers on real nodes',
  'volumeattachments.storage.k8s.io': 'they belong to the drivers on real nodes',
  'certificatesigningrequests.certificates.k8s.io': 'they name people and hosts, and end soon',
  'apiservices.apiregistration.k8s.io': 'no extension server runs in simulated clusters',
  'flowschemas.flowcontrol.apiserver.k8s.io': 'they guard a real kube-apiserver',
  'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io': 'they guard a real kube-apiserver',
  'mutatingwebhookconfigurations.admissionregistration.k8s.io': 'nothing would answer the webhooks',
  'validatingwebhookconfigurations.admissionregistration.k8s.io': 'nothing would answer the webhooks',
  'ipaddresses.networking.k8s.io': 'Services make their own',
  'servicecidrs.networking.k8s.io': 'each backend has its own range',
  componentstatuses: 'they are no objects',
};

const reasons = {
  ending: 'they are being deleted',
  rancher: 'Rancher makes them anew when it imports a cluster',
  controllers: 'the controllers of each cluster make them',
  system: 'every cluster has its own',
  credentials: 'they let machines join the real cluster',
} as const;

/** Controllers that simulated clusters have, by group and kind of what they work on. */
const workloads = new Set([
  'apps/Deployment',
  'apps/ReplicaSet',
  'apps/StatefulSet',
  'apps/DaemonSet',
  'batch/Job',
  'batch/CronJob',
  'v1/ReplicationController',
]);

/** Decides which objects of a cluster belong in a template. */
export class Selection {
  readonly #finishedJobs = new Set<string>();
  readonly #services = new Map<string, KubeObject>();

  /** `objects` are all that were read. */
  constructor(objects: Iterable<KubeObject>) {
    for (const object of objects) {
      if (object.kind === 'Job' && isFinishedJob(object)) this.#finishedJobs.add(place(object));
      if (object.kind === 'Service' && object.apiVersion === 'v1') this.#services.set(place(object), object);
    }
  }

  /** Why the object is left out; undefined if it is not. */
  reasonToLeaveOut(object: KubeObject): string | undefined {
    if (object.metadata.deletionTimestamp !== undefined) return reasons.ending;
    if (isRancherMade(object)) return reasons.rancher;
    if (isSystemObject(object)) return reasons.system;
    if (object.kind === 'Secret' && object['type'] === 'bootstrap.kubernetes.io/token')
      return reasons.credentials;
    return this.#isMadeByControllers(object) ? reasons.controllers : undefined;
  }

  #isMadeByControllers(object: KubeObject): boolean {
    const { apiVersion, kind, metadata } = object;
    if (apiVersion === 'v1' && kind === 'Endpoints')
      return this.#hasSelector(metadata.namespace, metadata.name);
    if (kind === 'EndpointSlice') {
      const manager = metadata.labels?.['endpointslice.kubernetes.io/managed-by'] ?? '';
      return manager.endsWith('.k8s.io');
    }
    const owner = metadata.ownerReferences?.find((one) => one.controller === true);
    if (owner === undefined || !workloads.has(groupKind(owner))) return false;
    // What has ended is not made again: it stays as it is, without its owner.
    if (kind === 'Pod' && hasEnded(object))
      return owner.kind === 'Job' && !this.#finishedJobs.has(`${metadata.namespace}/${owner.name}`);
    return !(kind === 'Job' && isFinishedJob(object)) && kind !== 'PersistentVolumeClaim';
  }

  #hasSelector(namespace: string | undefined, name: string): boolean {
    const spec = this.#services.get(`${namespace}/${name}`)?.['spec'] as { selector?: object } | undefined;
    return Object.keys(spec?.selector ?? {}).length > 0;
  }
}

/** What kube-apiserver and its controllers make in every cluster, unchanged. */
function isSystemObject({ apiVersion, kind, metadata, ...rest }: KubeObject): boolean {
  const { name, namespace, labels } = metadata;
  if (labels?.['kubernetes.io/bootstrapping'] === 'rbac-defaults') return true;
  if (kind === 'PriorityClass') return name.startsWith('system-');
  if (kind === 'ConfigMap') return name === 'kube-root-ca.crt';
  if (kind === 'ServiceAccount') return name === 'default' && rest['imagePullSecrets'] === undefined;
  const isApiService = namespace === 'default' && name === 'kubernetes';
  return (
    isApiService &&
    ((apiVersion === 'v1' && (kind === 'Service' || kind === 'Endpoints')) || kind === 'EndpointSlice')
  );
}

const place = ({ metadata }: KubeObject): string => `${metadata.namespace}/${metadata.name}`;

const groupKind = ({ apiVersion, kind }: OwnerReference): string =>
  `${apiVersion.split('/')[0] ?? ''}/${kind}`;

/** Whether its containers have ended for good. */
function hasEnded(pod: KubeObject): boolean {
  const phase = (pod['status'] as { phase?: string } | undefined)?.phase;
  return phase === 'Succeeded' || phase === 'Failed';
}

export function isFinishedJob(job: KubeObject): boolean {
  const status = job['status'] as { conditions?: { type: string; status: string }[] } | undefined;
  return (status?.conditions ?? []).some(
    ({ type, status: holds }) => (type === 'Complete' || type === 'Failed') && holds === 'True',
  );
}
