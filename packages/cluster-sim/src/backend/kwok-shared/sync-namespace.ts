import { isApiError, type KubeObject } from '@scale-cluster/memory-apiserver';
import type { ApiConnection } from '../http-objects/api-connection.js';
import { ignoreNotFound, MainObjects } from './main-objects.js';
import { labelsOf, type MirrorOwner } from './mirror-metadata.js';
import type { Mirrors } from './mirrors.js';
import { clusterIdLabel, namespaceName } from './names.js';
import { corePath, leasePath, namespacePath, podsPath } from './paths.js';

/** The namespace of this name is that of another cluster, which has to go first. */
export class NamespaceTakenError extends Error {
  override readonly name = 'NamespaceTakenError';
  constructor(
    namespace: string,
    /** Uid of that cluster; undefined when the namespace isn't one of ours at all. */
    readonly owner: string | undefined,
  ) {
    super(
      owner === undefined
        ? `namespace ${namespace} of the main cluster isn't ours; delete it or name the cluster otherwise`
        : `namespace ${namespace} of the main cluster is still that of an earlier cluster`,
    );
  }
}

/** Makes the namespace of a logical cluster, or ends one that somebody is deleting so that it can be made anew. */
export async function ensureNamespace(
  owner: MirrorOwner,
  api: Pick<ApiConnection, 'json'>,
  mirrors: Mirrors,
) {
  const name = namespaceName(owner.name);
  const known = mirrors.namespace(owner.uid);
  if (known !== undefined) {
    if (known.metadata.deletionTimestamp !== undefined) await endNamespace(name, api);
    return;
  }
  const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: labelsOf(owner) } };
  try {
    const created = await api.json<KubeObject>({ method: 'POST', path: corePath('namespaces'), body });
    mirrors.set('namespaces', created);
  } catch (error) {
    if (!isApiError(error, 'AlreadyExists')) throw error;
    const existing = await api.json<KubeObject>({ path: namespacePath(name) });
    const uid = existing.metadata.labels?.[clusterIdLabel];
    if (uid !== owner.uid) throw new NamespaceTakenError(name, uid);
    mirrors.set('namespaces', existing);
  }
}

/** Removes all that a cluster has in the main cluster; resolves when it has gone. */
export async function removeFromMain(owner: MirrorOwner, api: Pick<ApiConnection, 'json'>, mirrors: Mirrors) {
  const main = new MainObjects(api, mirrors);
  const nodes = mirrors.objects(owner.uid).filter(({ key }) => key.storage === 'nodes');
  const namespace = namespaceName(owner.name);
  const own = `labelSelector=${clusterIdLabel}%3D${owner.uid}`;
  const isHome = mirrors.namespace(owner.uid) !== undefined;
  await main.drop(`${podsPath(namespace)}?${own}`, { gracePeriodSeconds: 0 });
  await main.drop(`${corePath('nodes')}?${own}`);
  // The main cluster has no garbage collector and no namespace controller: these are ours to do.
  await Promise.all(nodes.map(({ mirror }) => main.drop(leasePath(mirror.metadata.name))));
  if (isHome) {
    await main.drop(`${namespacePath(namespace)}/events`);
    await main.drop(namespacePath(namespace));
    await endNamespace(namespace, api);
  }
  mirrors.forget(owner.uid);
}

/** Takes the finalizer off a namespace that is being deleted, as the namespace controller does when it is empty. */
async function endNamespace(name: string, api: Pick<ApiConnection, 'json'>): Promise<void> {
  const path = namespacePath(name);
  const namespace = await api.json<KubeObject>({ path }).catch(ignoreNotFound);
  if (namespace?.metadata.deletionTimestamp === undefined) return;
  const spec = { ...(namespace['spec'] as object | undefined), finalizers: [] };
  await api
    .json({ method: 'PUT', path: `${path}/finalize`, body: { ...namespace, spec } })
    .catch(ignoreNotFound);
}
