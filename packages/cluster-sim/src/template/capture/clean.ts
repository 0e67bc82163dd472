import type { KubeObject, ObjectMeta } from '@scale-cluster/memory-apiserver';
import { isFinishedJob } from './select.js';

/* eslint-disable @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-assignment -- KubeObject's fields are any */

/** Annotations that repeat the whole object, or say what somebody typed. */
const annotationsLeftOut = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  'kubernetes.io/change-cause',
  'kubernetes.io/config.mirror',
  'kubernetes.io/config.hash',
  'kubernetes.io/config.seen',
  'kubernetes.io/service-account.uid',
  'endpoints.kubernetes.io/last-change-trigger-time',
]);

/** Of a node only these: the others are its disks, addresses, keys and the arguments it was started with. */
const nodeAnnotations = new Set(['node.alpha.kubernetes.io/ttl', 'kwok.x-k8s.io/node']);

/** Labels by which Rancher and the job controller know one very cluster or object. */
const labelsLeftOut =
  /^(field\.cattle\.io|management\.cattle\.io|authz\.management\.cattle\.io)\/|^(batch\.kubernetes\.io\/)?controller-uid$/;

/** Kinds whose status is what others saw or did and no controller of a simulated cluster finds out by itself. */
const keepsStatus = new Set([
  'v1/Node',
  'v1/Pod',
  'v1/Service',
  'v1/PersistentVolume',
  'v1/PersistentVolumeClaim',
  'networking.k8s.io/Ingress',
]);

/**
 * The object without what only its own cluster can say: UIDs, versions, owners, finalizers, managed fields, and
 * statuses that controllers find out by themselves. `isCustom`: of a CustomResourceDefinition.
 */
export function cleanObject(object: KubeObject, isCustom: boolean): KubeObject {
  const cleaned = structuredClone(object);
  cleaned.metadata = cleanMetadata(object);
  const { kind, apiVersion } = object;
  const group = apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : 'v1';
  const keep = isCustom || keepsStatus.has(`${group}/${kind}`) || (kind === 'Job' && isFinishedJob(object));
  if (!keep) delete cleaned['status'];
  if (!isCustom) cleaners[`${group}/${kind}`]?.(cleaned);
  return cleaned;
}

function cleanMetadata({ kind, metadata }: KubeObject): ObjectMeta {
  const { name, namespace, creationTimestamp } = metadata;
  const labels = entries(metadata.labels).filter(([key]) => !labelsLeftOut.test(key));
  const annotations = entries(metadata.annotations).filter(([key]) =>
    kind === 'Node' ? nodeAnnotations.has(key) : !annotationsLeftOut.has(key) && !isRancherKey(key),
  );
  return {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(creationTimestamp == null ? {} : { creationTimestamp }),
    ...(labels.length === 0 ? {} : { labels: Object.fromEntries(labels) }),
    ...(annotations.length === 0 ? {} : { annotations: Object.fromEntries(annotations) }),
  };
}

const entries = (map: Record<string, string> | undefined): [string, string][] => Object.entries(map ?? {});

/** Ids of Rancher's projects and of what its agents applied, which each imported cluster gets anew. */
const isRancherKey = (key: string): boolean => /(^|\.)cattle\.io$/.test(key.split('/')[0] ?? '');

const cleaners: Readonly<Record<string, (object: KubeObject) => void>> = {
  'v1/Namespace': (namespace) => delete namespace['spec'],
  'v1/Node': (node) => {
    const { status = {}, spec = {} } = node;
    for (const field of ['images', 'volumesInUse', 'volumesAttached', 'config', 'runtimeHandlers'])
      delete status[field];
    delete spec.providerID;
    delete spec.configSource;
  },
  'v1/Pod': (pod) => {
    cleanPodSpec(pod['spec'] as PodSpecParts | undefined);
    for (const field of ['ephemeralContainerStatuses', 'nominatedNodeName', 'resize'])
      delete pod['status']?.[field];
  },
  'v1/ServiceAccount': (account) => delete account['secrets'],
  'v1/PersistentVolume': (volume) => {
    delete volume['spec']?.claimRef?.uid;
    delete volume['spec']?.claimRef?.resourceVersion;
  },
  'v1/Secret': (secret) => {
    // Each cluster signs its own tokens.
    if (secret['type'] === 'kubernetes.io/service-account-token') delete secret['data'];
  },
  'batch/Job': (job) => {
    const spec = job['spec'] ?? {};
    // The selector is the Job's UID unless its author has taken it upon himself.
    if (spec.manualSelector === true) return;
    delete spec.selector;
    for (const key of Object.keys((spec.template?.metadata?.labels ?? {}) as object))
      if (labelsLeftOut.test(key)) delete spec.template.metadata.labels[key];
  },
  'apiextensions.k8s.io/CustomResourceDefinition': (definition) => {
    // Nothing would answer the webhook.
    if (definition['spec']?.conversion?.strategy === 'Webhook')
      definition['spec'].conversion = { strategy: 'None' };
  },
};

interface PodSpecParts {
  volumes?: { name: string }[];
  containers?: { volumeMounts?: { name: string }[] }[];
  initContainers?: { volumeMounts?: { name: string }[] }[];
  ephemeralContainers?: unknown;
}

/** Without what admission adds to each pod by itself, and what may not be there at creation. */
function cleanPodSpec(spec: PodSpecParts | undefined): void {
  if (spec === undefined) return;
  delete spec.ephemeralContainers;
  const isToken = ({ name }: { name: string }): boolean => /^kube-api-access-[a-z0-9]{5}$/.test(name);
  if (spec.volumes?.some(isToken) !== true) return;
  spec.volumes = spec.volumes.filter((volume) => !isToken(volume));
  for (const container of [...(spec.containers ?? []), ...(spec.initContainers ?? [])])
    if (container.volumeMounts !== undefined)
      container.volumeMounts = container.volumeMounts.filter((mount) => !isToken(mount));
}
