import { createHash } from 'node:crypto';
import { ClusterFaultError } from '../errors.js';
import { parseJson, type KubeClient } from '../kube/client.js';
import type { KubeObject } from '../kube/object.js';

interface Document {
  openapi?: string;
  paths?: Record<string, Record<string, Operation | undefined> | undefined>;
}

interface Operation {
  parameters?: { name?: string }[];
  'x-kubernetes-group-version-kind'?: { group: string; version: string; kind: string };
}

/** Kinds (`<apiVersion>/<kind>`) whose PATCH takes `fieldValidation`, by digest of the document: clusters share them. */
const validatedKinds = new Map<string, ReadonlySet<string>>();
const maxDocuments = 500;

/**
 * Reads the OpenAPI v3 documents of the groups in use, as kubectl does before it applies (kubectl
 * `QueryParamVerifierV3`): it must find the `fieldValidation` parameter for each kind. Throws
 * {@link ClusterFaultError} when it would refuse.
 */
export async function verifyOpenApi(client: KubeClient, objects: readonly KubeObject[]): Promise<void> {
  const index = await client.get<{ paths?: Record<string, { serverRelativeURL?: string }> }>('/openapi/v3');
  const kinds = new Set(objects.map((object) => `${object.apiVersion}/${object.kind}`));
  for (const groupVersion of new Set(objects.map((object) => object.apiVersion))) {
    const key = groupVersion.includes('/') ? `apis/${groupVersion}` : `api/${groupVersion}`;
    const url = index?.paths?.[key]?.serverRelativeURL;
    if (url === undefined) throw new ClusterFaultError(`OpenAPI index has no ${key}`);
    const answer = await client.request({ path: url, accept: 'application/json' });
    const digest = createHash('sha256').update(answer.body).digest('hex');
    let known = validatedKinds.get(digest);
    if (!known) {
      known = kindsOf(parseJson<Document>(answer, `GET ${url}`), url);
      if (validatedKinds.size >= maxDocuments) validatedKinds.clear();
      validatedKinds.set(digest, known);
    }
    for (const kind of kinds) {
      if (kind.slice(0, kind.lastIndexOf('/')) === groupVersion && !known.has(kind))
        throw new ClusterFaultError(`OpenAPI document ${key} has no PATCH of ${kind} with fieldValidation`);
    }
  }
}

function kindsOf(document: Document, url: string): Set<string> {
  if (!document.openapi?.startsWith('3.')) throw new ClusterFaultError(`${url} is no OpenAPI v3 document`);
  const kinds = new Set<string>();
  for (const path of Object.values(document.paths ?? {})) {
    const patch = path?.['patch'];
    const id = patch?.['x-kubernetes-group-version-kind'];
    if (!id || !patch.parameters?.some((parameter) => parameter.name === 'fieldValidation')) continue;
    kinds.add(`${id.group === '' ? id.version : `${id.group}/${id.version}`}/${id.kind}`);
  }
  return kinds;
}
