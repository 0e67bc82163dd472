import { parseAllDocuments } from 'yaml';
import type { ClusterApi, KubeObject } from '@scale-cluster/memory-apiserver';
import type { ClusterObjects } from '../backend/cluster-objects.js';
import { errorText } from '../errors.js';
import { goJson } from './go-json.js';

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
const credentialsDigits = 10;
const credentialsMark = `cattle-credentials-${'0'.repeat(credentialsDigits)}`;

/** An import manifest in two. */
export interface SplitManifest {
  /**
   * What is the same in the manifests of all clusters of a Rancher: a line of JSON per object, with
   * {@link credentialsMark} for the name of the cluster's credentials.
   */
  shared: string;
  /** Ten hexadecimal digits at the end of that name. */
  credentials: string;
  /** An import manifest of what is the cluster's own: its Secrets. */
  own: string;
}

/**
 * Undefined for a manifest without the Secret of the credentials, which can't be told from other clusters' then. Throws
 * as {@link parseImportManifest}.
 */
export function splitImportManifest(yaml: string): SplitManifest | undefined {
  const objects = parseImportManifest(yaml);
  const own = objects.filter(isSecret);
  const name = own.map(({ metadata }) => metadata.name).find((each) => credentialsName.test(each));
  if (name === undefined) return undefined;
  const lines = objects.filter((object) => !isSecret(object)).map((object) => JSON.stringify(object));
  return {
    shared: lines.join('\n').replaceAll(name, credentialsMark),
    credentials: name.slice(-credentialsDigits),
    own: own.map((object) => `---\n${JSON.stringify(object)}\n`).join(''),
  };
}

/**
 * The objects of what {@link splitImportManifest} calls shared.
 *
 * @param credentials what is put at the end of the name of the credentials
 */
export function sharedObjects(shared: string, credentials: string): KubeObject[] {
  const name = credentialsSecretName(credentials);
  return shared.split('\n').map((line) => JSON.parse(line.replaceAll(credentialsMark, name)) as KubeObject);
}

/** Name of the Secret with the registration token. `credentials` as in {@link SplitManifest}. */
export const credentialsSecretName = (credentials: string): string =>
  credentialsMark.slice(0, -credentialsDigits) + credentials;

const isSecret = ({ kind }: KubeObject): boolean => kind === 'Secret';

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
  return valuesIn(text).flatMap((each) => {
    const value = each as KubeObject | null;
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

function valuesIn(text: string): unknown[] {
  // What splitImportManifest has written: the YAML parser takes a hundred times as long for it.
  if (text.startsWith('\n{"')) {
    try {
      return [JSON.parse(text)];
    } catch {
      // Then it is YAML that begins like JSON.
    }
  }
  const documents = parseAllDocuments(text, { prettyErrors: false });
  return ('empty' in documents ? [] : documents).map((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw new Error(`Rancher's import manifest is not valid YAML: ${error.message}`);
    return document.toJS() as unknown;
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
    try {
      await cluster.create(appliedObject(object), appliedBy);
      created += 1;
    } catch (error) {
      passIfThere(object, error);
    }
  }
  return created;
}

/** {@link applyImportManifest} by an API whose calls are done when they return. Throws when it refuses an object. */
export function createManifestObjects(api: Pick<ClusterApi, 'create'>, objects: readonly KubeObject[]): void {
  for (const object of objects) {
    try {
      api.create(appliedObject(object), appliedBy);
    } catch (error) {
      passIfThere(object, error);
    }
  }
}

const appliedBy = { fieldManager: 'kubectl-client-side-apply' };

/** What `kubectl apply` sends for an object of the manifest, byte for byte: then Rancher's own apply changes nothing. */
function appliedObject(object: KubeObject): KubeObject {
  // Rancher's ClusterRoleBinding carries a namespace although it is cluster-scoped (facts: rancher-import §2).
  const { namespace, ...others } = object.metadata;
  const metadata = namespace === undefined || isClusterScoped(object) ? others : { ...others, namespace };
  const configuration = { ...object, metadata: { ...metadata, annotations: { ...metadata.annotations } } };
  const annotations = { ...metadata.annotations, [lastApplied]: `${goJson(configuration)}\n` };
  return { ...object, metadata: { ...metadata, annotations } };
}

/** Throws unless the object was refused because it exists. */
function passIfThere({ kind, metadata: { namespace, name } }: KubeObject, error: unknown): void {
  if ((error as { reason?: unknown }).reason === 'AlreadyExists') return;
  const where = namespace === undefined ? '' : `${namespace}/`;
  throw new Error(`${kind} ${where}${name} of the import manifest was refused: ${errorText(error)}`, {
    cause: error,
  });
}

const clusterKinds = new Set([
  'Namespace',
  'ClusterRole',
  'ClusterRoleBinding',
  'PriorityClass',
  'CustomResourceDefinition',
]);

const isClusterScoped = (object: KubeObject): boolean => clusterKinds.has(object.kind);
