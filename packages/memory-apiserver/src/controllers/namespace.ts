import { isApiError } from '../errors.js';
import type { KubeObject } from '../object.js';
import type { ResourceCatalog } from '../schema/resource.js';
import { withCondition } from './conditions.js';
import type { Controller, ControllerContext } from './controller.js';
import type { Condition, Namespace } from './kinds.js';
import { isNamespaceTerminating } from './pods.js';
import { writeStatus } from './status.js';
import { parseTime, timestamp } from './time.js';

/** The default ServiceAccount of each namespace (pkg/controller/serviceaccount). */
export const serviceAccountController = (): Controller => ({
  name: 'service-account',
  watches: ['namespaces', 'serviceaccounts'],
  keysFor: ({ type, storage, object }) => inNamespace(type, storage, object, 'serviceaccounts', 'default'),
  reconcile(namespace, { api }) {
    if (!isActiveNamespace(api.find('namespaces', undefined, namespace))) return;
    if (api.find('serviceaccounts', namespace, 'default') !== undefined) return;
    createUnlessTerminating(() =>
      api.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace } }),
    );
  },
});

const rootCa = 'kube-root-ca.crt';
const rootCaDescription =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the ' +
  'internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.';

/** The API server's CA in each namespace (pkg/controller/certificates/rootcacertpublisher). */
export const rootCaController = (): Controller => ({
  name: 'root-ca-cert-publisher',
  watches: ['namespaces', 'configmaps'],
  keysFor: ({ type, storage, object }) => inNamespace(type, storage, object, 'configmaps', rootCa),
  reconcile(namespace, { api, cluster }) {
    if (!isActiveNamespace(api.find('namespaces', undefined, namespace))) return;
    const data = { 'ca.crt': cluster.caCert ?? '' };
    const existing = api.find('configmaps', namespace, rootCa);
    if (existing !== undefined) {
      const current = (existing['data'] as Record<string, string> | undefined)?.['ca.crt'];
      if (current !== data['ca.crt']) api.update({ ...existing, data });
      return;
    }
    const annotations = { 'kubernetes.io/description': rootCaDescription };
    createUnlessTerminating(() =>
      api.create({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: rootCa, namespace, annotations },
        data,
      }),
    );
  },
});

/** Namespaces that appear, and those whose object of the given storage and name was touched. */
function inNamespace(
  type: string,
  storage: string,
  { metadata }: KubeObject,
  watched: string,
  name: string,
): readonly string[] {
  if (storage === 'namespaces') return type === 'ADDED' ? [metadata.name] : [];
  if (metadata.name !== name || storage !== watched || metadata.namespace === undefined) return [];
  return type === 'ADDED' ? [] : [metadata.namespace];
}

const isActiveNamespace = (namespace: KubeObject | undefined): boolean =>
  namespace !== undefined && namespace.metadata.deletionTimestamp === undefined;

function createUnlessTerminating(create: () => unknown): void {
  try {
    create();
  } catch (error) {
    if (
      !isNamespaceTerminating(error) &&
      !isApiError(error, 'AlreadyExists') &&
      !isApiError(error, 'NotFound')
    ) {
      throw error;
    }
  }
}

/** Empties namespaces that are being deleted and lets them go (pkg/controller/namespace/deletion). */
export const namespaceController = (): Controller => ({
  name: 'namespace',
  watches: ['namespaces'],
  keysFor: ({ type, object }) =>
    type !== 'DELETED' && object.metadata.deletionTimestamp !== undefined ? [object.metadata.name] : [],
  reconcile(name, context) {
    const namespace = context.api.find('namespaces', undefined, name) as Namespace | undefined;
    if (namespace?.metadata.deletionTimestamp !== undefined) empty(namespace, context);
  },
});

interface Remaining {
  readonly storage: string;
  readonly objects: readonly KubeObject[];
}

function empty(namespace: Namespace, context: ControllerContext): void {
  const { api, cluster, now } = context;
  const { name } = namespace.metadata;
  if (namespace.spec?.finalizers?.includes('kubernetes') !== true) return;
  const storages = namespacedStorages(cluster.catalog);
  // Pods first: others may not lose what they need, such as NetworkPolicies, while they run (KEP 5080).
  deleteAll(['pods'], name, context);
  const hasPods = api.count('pods', name) > 0;
  if (!hasPods) deleteAll(storages, name, context);

  const remaining = storages
    .filter((storage) => api.count(storage, name) > 0)
    .map((storage) => ({ storage, objects: api.list(storage, { namespace: name }) }));
  const current = api.find('namespaces', undefined, name) as Namespace | undefined;
  if (current === undefined) return;
  writeStatus(api, current, {
    ...current.status,
    phase: 'Terminating',
    // Upstream says nothing of what remains before it has got to the rest.
    conditions: conditionsFor(current, hasPods ? [] : remaining, timestamp(now())),
  });
  if (remaining.length === 0) {
    const finalizers = (current.spec?.finalizers ?? []).filter((finalizer) => finalizer !== 'kubernetes');
    api.patch('namespaces', undefined, name, 'merge', { spec: { finalizers } }, { subresource: 'finalize' });
    return;
  }
  // What is left has finalizers or a grace period. The longer it takes, the rarer a look is worth it.
  const waitedMs = now() - (parseTime(namespace.metadata.deletionTimestamp) ?? now());
  context.requeue(name, Math.min(15_000, Math.max(100, waitedMs / 5)));
}

function deleteAll(storages: readonly string[], namespace: string, { api }: ControllerContext): void {
  for (const storage of storages) {
    if (api.count(storage, namespace) === 0) continue;
    for (const { metadata } of api.list(storage, { namespace })) {
      if (metadata.deletionTimestamp !== undefined) continue;
      try {
        api.delete(storage, namespace, metadata.name, { propagationPolicy: 'Background' });
      } catch (error) {
        if (!isApiError(error, 'NotFound')) throw error;
      }
    }
  }
}

/** Storages of all namespaced resources, each once. */
function namespacedStorages(catalog: ResourceCatalog): string[] {
  const storages = new Set<string>();
  for (const { namespaced, verbs, storage } of catalog.all()) {
    if (namespaced && verbs.includes('delete') && verbs.includes('list')) storages.add(storage);
  }
  return [...storages];
}

function conditionsFor({ status }: Namespace, remaining: readonly Remaining[], at: string): Condition[] {
  const finalizers = new Map<string, number>();
  for (const { metadata } of remaining.flatMap(({ objects }) => objects)) {
    for (const finalizer of metadata.finalizers ?? [])
      finalizers.set(finalizer, (finalizers.get(finalizer) ?? 0) + 1);
  }
  const resources = remaining
    .map(
      ({ storage, objects }) =>
        `${storage.includes('.') ? storage : `${storage}.`} has ${objects.length} resource instances`,
    )
    .sort();
  const holding = [...finalizers]
    .map(([finalizer, count]) => `${finalizer} in ${count} resource instances`)
    .sort();
  const list: (readonly [type: string, status: Condition['status'], reason: string, message: string])[] = [
    [
      'NamespaceDeletionDiscoveryFailure',
      'False',
      'ResourcesDiscovered',
      'All resources successfully discovered',
    ],
    [
      'NamespaceDeletionGroupVersionParsingFailure',
      'False',
      'ParsedGroupVersions',
      'All legacy kube types successfully parsed',
    ],
    [
      'NamespaceDeletionContentFailure',
      'False',
      'ContentDeleted',
      'All content successfully deleted, may be waiting on finalization',
    ],
    resources.length === 0
      ? ['NamespaceContentRemaining', 'False', 'ContentRemoved', 'All content successfully removed']
      : [
          'NamespaceContentRemaining',
          'True',
          'SomeResourcesRemain',
          `Some resources are remaining: ${resources.join(', ')}`,
        ],
    holding.length === 0
      ? [
          'NamespaceFinalizersRemaining',
          'False',
          'ContentHasNoFinalizers',
          'All content-preserving finalizers finished',
        ]
      : [
          'NamespaceFinalizersRemaining',
          'True',
          'SomeFinalizersRemain',
          `Some content in the namespace has finalizers remaining: ${holding.join(', ')}`,
        ],
  ];
  let conditions = status?.conditions ?? [];
  for (const [type, value, reason, message] of list) {
    conditions = withCondition(conditions, { type, status: value, reason, message }, at);
  }
  return conditions;
}
