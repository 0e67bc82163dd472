import { ClusterFaultError, FakeRancherError, messageOf } from '../errors.js';
import type { KubeClient } from '../kube/client.js';
import type { KubeObject } from '../kube/object.js';
import { paths } from '../kube/paths.js';
import { discover, type ResourceMap } from './discovery.js';
import { goJson } from './go-json.js';
import { verifyOpenApi } from './openapi.js';
import { missing, threeWayPatch } from './strategic-merge.js';

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';
const writeParameters = 'fieldManager=kubectl-client-side-apply&fieldValidation=Strict';

/**
 * Does the requests of `kubectl apply -f -` (kubectl pkg/cmd/apply): version, OpenAPI v3, discovery, then per
 * object GET and POST, or PATCH with a three-way strategic merge. Goes on after an object that failed, and throws
 * one {@link ClusterFaultError} that names all of them.
 */
export async function applyManifest(client: KubeClient, objects: readonly KubeObject[]): Promise<void> {
  await client.get('/version');
  await verifyOpenApi(client, objects);
  const resources = await discover(client);
  const failures: string[] = [];
  for (const object of objects) {
    try {
      await applyOne(client, resources, object);
    } catch (error) {
      if (!(error instanceof FakeRancherError)) throw error; // the tunnel, not the object
      failures.push(`${object.kind} ${object.metadata.name ?? ''}: ${messageOf(error)}`);
    }
  }
  if (failures.length > 0) throw new ClusterFaultError(failures.join('; '));
}

async function applyOne(client: KubeClient, resources: ResourceMap, given: KubeObject): Promise<void> {
  const mapping = resources.get(`${given.apiVersion}/${given.kind}`);
  if (!mapping)
    throw new ClusterFaultError(`no matches for kind "${given.kind}" in version "${given.apiVersion}"`);
  // The manifest has a ClusterRoleBinding with a namespace: kubectl drops it.
  const { namespace, ...unscoped } = given.metadata;
  const wanted: KubeObject = mapping.namespaced ? given : { ...given, metadata: unscoped };
  const collection = mapping.namespaced
    ? `${mapping.prefix}/namespaces/${namespace ?? 'default'}/${mapping.plural}`
    : `${mapping.prefix}/${mapping.plural}`;
  const modified = withLastApplied(wanted);
  const path = `${collection}/${wanted.metadata.name ?? ''}`;
  const current = await client.get<KubeObject>(path, { allow: [404] });
  if (!current) {
    if (mapping.namespaced) await client.get(`${paths.namespaces}/${namespace ?? 'default'}`);
    verify(
      client,
      wanted,
      modified,
      await client.send<KubeObject>('POST', `${collection}?${writeParameters}`, modified),
    );
    return;
  }
  const patch = threeWayPatch(lastAppliedOf(current), modified as never, current as never);
  if (Object.keys(patch).length === 0) return;
  const contentType = 'application/strategic-merge-patch+json';
  verify(
    client,
    wanted,
    modified,
    await client.send<KubeObject>('PATCH', `${path}?${writeParameters}`, patch, { contentType }),
  );
}

/** The object with the annotation that holds itself. */
function withLastApplied(object: KubeObject): KubeObject {
  const annotations = { ...object.metadata.annotations };
  const plain = { ...object, metadata: { ...object.metadata, annotations } };
  return {
    ...plain,
    metadata: {
      ...plain.metadata,
      annotations: { ...annotations, [lastApplied]: `${goJson(plain)}\n` },
    },
  };
}

function lastAppliedOf(object: KubeObject): undefined | Parameters<typeof threeWayPatch>[0] {
  const text = object.metadata.annotations?.[lastApplied];
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as Parameters<typeof threeWayPatch>[0];
  } catch (error) {
    throw new ClusterFaultError(`annotation ${lastApplied} is no JSON`, { cause: error });
  }
}

/** Reports an answer that lacks what was written or what every object has. */
function verify(
  client: KubeClient,
  wanted: KubeObject,
  modified: KubeObject,
  answer: KubeObject | undefined,
): void {
  const what = `${wanted.kind} ${wanted.metadata.name ?? ''}`;
  const metadata = answer?.metadata;
  if (!answer || answer.kind !== wanted.kind || metadata?.name !== wanted.metadata.name)
    throw new ClusterFaultError(`answered with ${answer?.kind ?? 'nothing'} ${metadata?.name ?? ''}`);
  const { environment, cluster } = client.link;
  if (!metadata?.uid || !metadata.resourceVersion || !metadata.creationTimestamp)
    environment.violations.report(
      'object-incomplete',
      cluster.id,
      `${what} lacks uid, resourceVersion or creationTimestamp`,
    );
  const differing = missing(modified as never, answer as never);
  if (differing.length > 0)
    environment.violations.report(
      'apply-not-converged',
      cluster.id,
      `${what} came back without ${differing.join(', ')}`,
    );
}
