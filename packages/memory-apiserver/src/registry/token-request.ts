import { ApiError, conflict, invalid } from '../errors.js';
import type { KubeObject } from '../object.js';
import type { ResourceInfo } from '../schema/resource.js';
import { timestamp } from '../store/identity.js';
import type { RegistryContext } from './context.js';
import { getObject } from './context.js';

interface TokenRequestSpec {
  audiences?: string[];
  expirationSeconds?: number;
  boundObjectRef?: { kind: string; apiVersion: string; name: string; uid?: string };
}

const DEFAULT_AUDIENCE = 'https://kubernetes.default.svc.cluster.local';
const HOUR = 3600;

/** `POST …/serviceaccounts/x/token`: answers the request with the token in its status. */
export function requestToken(
  context: RegistryContext,
  resource: ResourceInfo,
  namespace: string | undefined,
  name: string,
  request: KubeObject,
): KubeObject {
  const account = getObject(context, resource, namespace, name);
  const given = (request.spec ?? {}) as TokenRequestSpec;
  const seconds = given.expirationSeconds ?? HOUR;
  if (seconds < 600) {
    throw invalid({ group: 'authentication.k8s.io', kind: 'TokenRequest' }, '', [
      {
        field: 'spec.expirationSeconds',
        reason: 'FieldValueInvalid',
        message: `Invalid value: ${seconds}: may not specify a duration less than 10 minutes`,
      },
    ]);
  }
  const audiences =
    given.audiences === undefined || given.audiences.length === 0 ? [DEFAULT_AUDIENCE] : given.audiences;
  const bound = given.boundObjectRef && boundObject(context, namespace ?? '', given.boundObjectRef);
  const expiresAt = Math.floor(context.now() / 1000) + seconds;
  const token = context.tokens.issue({
    namespace: namespace ?? '',
    serviceAccount: { name, uid: account.metadata.uid ?? '' },
    audiences,
    expiresAt,
    ...(bound === undefined ? {} : { boundTo: bound }),
  });
  return {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name, namespace: namespace ?? '', creationTimestamp: timestamp(context.now()) },
    spec: { audiences, expirationSeconds: seconds, boundObjectRef: given.boundObjectRef ?? null },
    status: { token, expirationTimestamp: timestamp(expiresAt * 1000) },
  };
}

const BINDABLE: Readonly<Record<string, { storage: string; namespaced: boolean }>> = {
  Pod: { storage: 'pods', namespaced: true },
  Secret: { storage: 'secrets', namespaced: true },
  Node: { storage: 'nodes', namespaced: false },
};

function boundObject(
  context: RegistryContext,
  namespace: string,
  { kind, name, uid }: NonNullable<TokenRequestSpec['boundObjectRef']>,
): { kind: string; name: string; uid: string } {
  const target = BINDABLE[kind];
  const resource = target && context.catalog.findStorage(target.storage);
  if (target === undefined || resource === undefined) {
    throw new ApiError(400, 'BadRequest', `cannot bind token for serviceaccount to object of type ${kind}`);
  }
  const found = getObject(context, resource, target.namespaced ? namespace : undefined, name);
  if (uid && uid !== found.metadata.uid) {
    throw conflict(
      resource,
      name,
      `the UID in the bound object reference (${uid}) does not match the UID in record`,
    );
  }
  return { kind, name, uid: found.metadata.uid ?? '' };
}
