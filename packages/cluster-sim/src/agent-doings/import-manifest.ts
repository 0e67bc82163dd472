import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '@scale-cluster/memory-apiserver';
import type { ClusterObjects } from '../backend/cluster-objects.js';
import { errorText } from '../errors.js';

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/** The objects of Rancher's import manifest. Throws an Error when it is not a list of Kubernetes objects. */
export function parseImportManifest(yaml: string): KubeObject[] {
  const [credentials = credentialsMark] = credentialsName.exec(yaml) ?? [];
  const texts = yaml.replaceAll(credentials, credentialsMark).split(/^---(?=\s|$).*$/m);
  const objects = texts
    .flatMap(documentsOf)
    .map((json) => JSON.parse(json.replaceAll(credentialsMark, credentials)) as KubeObject);
  if (objects.length === 0) throw new Error("Rancher's import manifest is empty");
  return objects;
}

/**
 * Name of the Secret with the registration token, which other documents refer to: all else in them is the same for all
 * clusters of a Rancher (rancher pkg/systemtemplate/template.go).
 */
const credentialsName = /cattle-credentials-[0-9a-f]{10}\b/;
const credentialsMark = `cattle-credentials-${'0'.repeat(10)}`;

/** JSON texts of documents that have been parsed, the latest used last: parsing YAML takes milliseconds. */
const parsed = new Map<string, readonly string[]>();
const mostParsed = 32;

function documentsOf(text: string): readonly string[] {
  // The token is in it: no other cluster has the same.
  if (/^kind: Secret$/m.test(text)) return parseDocuments(text);
  const objects = parsed.get(text) ?? parseDocuments(text);
  parsed.delete(text);
  parsed.set(text, objects);
  const [oldest] = parsed.keys();
  if (parsed.size > mostParsed && oldest !== undefined) parsed.delete(oldest);
  return objects;
}

function parseDocuments(text: string): string[] {
  const documents = parseAllDocuments(text, { prettyErrors: false });
  return ('empty' in documents ? [] : documents).flatMap((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw new Error(`Rancher's import manifest is not valid YAML: ${error.message}`);
    const value = document.toJS() as KubeObject | null;
    if (value === null) return [];
    if (
      typeof value.apiVersion !== 'string' ||
      typeof value.kind !== 'string' ||
      typeof value.metadata?.name !== 'string'
    ) {
      throw new Error("Rancher's import manifest holds something that is not a Kubernetes object");
    }
    return JSON.stringify(value);
  });
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
