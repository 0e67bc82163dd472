import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '@scale-cluster/memory-apiserver';
import type { ClusterObjects } from '../backend/cluster-objects.js';
import { errorText } from '../errors.js';

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/** The objects of Rancher's import manifest. Throws an Error when it is not a list of Kubernetes objects. */
export function parseImportManifest(yaml: string): KubeObject[] {
  const objects: KubeObject[] = [];
  const documents = parseAllDocuments(yaml, { prettyErrors: false });
  for (const document of 'empty' in documents ? [] : documents) {
    const [error] = document.errors;
    if (error !== undefined) throw new Error(`Rancher's import manifest is not valid YAML: ${error.message}`);
    const value = document.toJS() as KubeObject | null;
    if (value === null) continue;
    if (
      typeof value.apiVersion !== 'string' ||
      typeof value.kind !== 'string' ||
      typeof value.metadata?.name !== 'string'
    ) {
      throw new Error("Rancher's import manifest holds something that is not a Kubernetes object");
    }
    objects.push(value);
  }
  if (objects.length === 0) throw new Error("Rancher's import manifest is empty");
  return objects;
}

/**
 * Does what `kubectl apply -f` does on a cluster that has none of the objects: creates them, each with the annotation
 * that lets Rancher's own later apply find out what has changed. Objects that exist are left alone.
 * Returns how many were created. Rejects when the cluster refuses one.
 */
export async function applyImportManifest(
  cluster: ClusterObjects,
  objects: readonly KubeObject[],
): Promise<number> {
  let created = 0;
  for (const object of objects) {
    // Rancher's ClusterRoleBinding carries a namespace although it is cluster-scoped (facts: rancher-import §2).
    const { namespace, ...metadata } = object.metadata;
    const placed = isClusterScoped(object) ? { ...object, metadata } : object;
    const applied = {
      ...placed,
      metadata: { ...placed.metadata, annotations: { ...object.metadata.annotations } },
    };
    const annotations = {
      ...object.metadata.annotations,
      [lastApplied]: `${JSON.stringify(applied)}\n`,
    };
    try {
      await cluster.create(
        { ...placed, metadata: { ...placed.metadata, annotations } },
        { fieldManager: 'kubectl-client-side-apply' },
      );
      created += 1;
    } catch (error) {
      if ((error as { reason?: unknown }).reason === 'AlreadyExists') continue;
      const where = namespace === undefined ? '' : `${namespace}/`;
      throw new Error(
        `${object.kind} ${where}${metadata.name} of the import manifest was refused: ${errorText(error)}`,
        {
          cause: error,
        },
      );
    }
  }
  return created;
}

const clusterKinds = new Set([
  'Namespace',
  'ClusterRole',
  'ClusterRoleBinding',
  'PriorityClass',
  'CustomResourceDefinition',
]);

const isClusterScoped = (object: KubeObject): boolean => clusterKinds.has(object.kind);
