import type { FieldCause } from '../errors.js';
import { badRequest, conflict, invalid } from '../errors.js';
import type { KubeObject } from '../object.js';
import { splitApiVersion } from '../schema/types.js';
import type { ResourceInfo } from '../schema/resource.js';
import { timestamp } from '../store/identity.js';
import { wholeText } from '../store/text.js';
import type { RegistryContext } from './context.js';
import { findObject, getObject, resourceOfStorage } from './context.js';
import { setNamespace } from './namespaces.js';
import type { ServiceAccountClaims } from './service-account-tokens.js';
import { ISSUER } from './service-account-tokens.js';
import type { FieldWriter } from './track-fields.js';
import { takeSentFields, trackCreate } from './track-fields.js';

interface TokenRequestSpec {
  audiences?: string[] | null;
  expirationSeconds?: number | null;
  boundObjectRef?: BoundObjectRef | null;
}

interface BoundObjectRef {
  kind?: string;
  apiVersion?: string;
  name?: string;
  uid?: string;
}

const KIND = { group: 'authentication.k8s.io', kind: 'TokenRequest' };
const API_VERSION = 'authentication.k8s.io/v1';
const HOUR = 3600;
const YEAR = 365 * 24 * HOUR;

/** What kubelets ask for, by which pods of the time before bound tokens are told: such tokens live on for a year. */
const WARN_ONLY_SECONDS = HOUR + 7;

/**
 * `POST …/serviceaccounts/x/token`: answers the text of the request with the token in its status. As k8s.io/kubernetes
 * `pkg/registry/core/serviceaccount/storage/token.go`. Throws NotFound, Invalid, Conflict, BadRequest.
 */
export function requestToken(
  context: RegistryContext,
  resource: ResourceInfo,
  namespace = '',
  name: string,
  request: KubeObject,
  writer: FieldWriter,
): string {
  const { metadata } = request;
  setNamespace(resource, request, namespace);
  checkName(metadata.name, name);
  const account = getObject(context, resource, namespace, name);
  const uid = account.metadata.uid ?? '';
  if (metadata.uid && metadata.uid !== uid) {
    const why = `the UID in the token request (${metadata.uid}) does not match the UID of the service account (${uid})`;
    throw conflict({ group: KIND.group, plural: KIND.kind }, name, why);
  }
  const given = (request.spec ?? {}) as TokenRequestSpec;
  const seconds = (given.expirationSeconds ??= HOUR);
  trackRequest(context, resource, request, { ...given }, writer);
  const causes = durationCauses(seconds);
  if (causes.length > 0) throw invalid(KIND, '', causes);
  const audiences = (given.audiences ?? []).length === 0 ? [ISSUER] : (given.audiences ?? []);
  const bound = given.boundObjectRef ? boundObject(context, namespace, name, given.boundObjectRef) : {};
  const lives = lifetime(seconds, audiences, bound);
  const now = Math.floor(context.now() / 1000);
  const token = context.tokens.issue({
    namespace,
    serviceAccount: { name, uid },
    audiences,
    expiresAt: now + lives,
    ...(lives === seconds ? {} : { warnAfter: now + seconds }),
    ...bound,
  });
  return wholeText({
    kind: KIND.kind,
    apiVersion: API_VERSION,
    metadata: { ...metadata, name, namespace, uid, creationTimestamp: timestamp(context.now()) },
    spec: { audiences, expirationSeconds: seconds, boundObjectRef: given.boundObjectRef ?? null },
    status: { token, expirationTimestamp: timestamp((now + seconds) * 1000) },
  });
}

/** Who has sent what of the request, defaults included. */
function trackRequest(
  context: RegistryContext,
  resource: ResourceInfo,
  request: KubeObject,
  spec: TokenRequestSpec,
  writer: FieldWriter,
): void {
  takeSentFields(request);
  request.apiVersion = API_VERSION;
  request.kind = KIND.kind;
  request['spec'] = spec;
  const row: ResourceInfo = { ...resource, ...KIND, version: 'v1' };
  trackCreate(context, row, request, { ...writer, subresource: 'token' }, undefined);
}

function checkName(said: string | undefined, meant: string): void {
  if (!said || said === meant) return;
  const message = `Invalid value: ${JSON.stringify(said)}: must match the service account name if specified`;
  throw invalid(KIND, meant, [{ field: 'metadata.name', reason: 'FieldValueInvalid', message }]);
}

function durationCauses(seconds: number): FieldCause[] {
  const refuse = (why: string): FieldCause[] => [
    {
      field: 'spec.expirationSeconds',
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${seconds}: may not specify a duration ${why}`,
    },
  ];
  if (seconds < 600) return refuse('less than 10 minutes');
  return seconds > 2 ** 32 ? refuse('larger than 2^32 seconds') : [];
}

type Bound = Pick<ServiceAccountClaims, 'boundTo' | 'node'>;

function lifetime(seconds: number, audiences: readonly string[], { boundTo }: Bound): number {
  const forApi = audiences.every((audience) => audience === ISSUER);
  return boundTo?.kind === 'Pod' && seconds === WARN_ONLY_SECONDS && forApi ? YEAR : seconds;
}

function boundObject(
  context: RegistryContext,
  namespace: string,
  account: string,
  { kind = '', apiVersion = '', name = '', uid }: BoundObjectRef,
): Bound {
  const { group, version } = splitApiVersion(apiVersion);
  if (group !== '' || (kind !== 'Pod' && kind !== 'Secret' && kind !== 'Node'))
    throw badRequest(`cannot bind token to object of type ${group}/${version}, Kind=${kind}`);
  const row = resourceOfStorage(context, `${kind.toLowerCase()}s`);
  const object = getObject(context, row, row.namespaced ? namespace : undefined, name);
  const found = object.metadata.uid ?? '';
  const { serviceAccountName, nodeName } = (object.spec ?? {}) as Record<string, string | undefined>;
  if (kind === 'Pod' && serviceAccountName !== account) {
    throw badRequest(
      `cannot bind token for serviceaccount ${JSON.stringify(account)} to pod running with different serviceaccount name.`,
    );
  }
  if (uid && uid !== found) {
    const why = `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`;
    throw conflict({ group, plural: kind }, name, why);
  }
  const boundTo = { kind, name, uid: found } as const;
  if (kind !== 'Pod' || !nodeName) return { boundTo };
  const node = findObject(context, resourceOfStorage(context, 'nodes'), undefined, nodeName);
  const nodeUid = node?.metadata.uid;
  return { boundTo, node: { name: nodeName, ...(nodeUid === undefined ? {} : { uid: nodeUid }) } };
}
