import { equalJson } from '../codec/json.js';
import { forbidden } from '../errors.js';
import type { KubeObject } from '../object.js';
import type { ResourceInfo } from '../schema/resource.js';
import type { RegistryContext } from './context.js';
import type { RequestAttributes, UserInfo } from './user.js';

/** A certificate is asked for in one's own name: `PrepareForCreate` of k8s.io/kubernetes `pkg/registry/certificates`. */
export function signAs(object: KubeObject, { username, uid, groups, extra }: UserInfo): void {
  const given = (object['spec'] ?? {}) as Record<string, unknown>;
  const spec = { ...given };
  for (const field of ['username', 'uid', 'groups', 'extra']) delete spec[field];
  object['spec'] = {
    ...spec,
    username,
    ...(uid ? { uid } : {}),
    groups,
    ...(extra === undefined || Object.keys(extra).length === 0 ? {} : { extra }),
  };
}

interface Status {
  certificate?: string;
  conditions?: { type?: string }[];
}

/**
 * To approve or sign takes more than the right to write the subresource: the verb on the signer. As the admission
 * plugins of k8s.io/kubernetes `plugin/pkg/admission/certificates`. Throws Forbidden.
 */
export function confirmSigner(
  context: RegistryContext,
  resource: ResourceInfo,
  object: KubeObject,
  old: KubeObject,
  { user, resource: asked }: RequestAttributes,
): void {
  const verb = asked?.subresource === 'approval' ? 'approve' : 'sign';
  if (verb === 'sign' && (asked?.subresource !== 'status' || !signs(object, old))) return;
  const { signerName = '' } = (old['spec'] ?? {}) as { signerName?: string };
  const [domain = ''] = signerName.split('/', 1);
  const may = (name: string): boolean => {
    const signer = {
      group: resource.group,
      version: '*',
      resource: 'signers',
      subresource: '',
      namespace: '',
    };
    return context.authorizer.authorize({ user, verb, resource: { ...signer, name } }).allowed;
  };
  if (may(signerName) || may(`${domain}/*`)) return;
  const why = `user not permitted to ${verb} requests with signerName ${JSON.stringify(signerName)}`;
  throw forbidden(resource, old.metadata.name, why);
}

/** Whether the certificate or the verdict Failed changes. */
function signs(object: KubeObject, old: KubeObject): boolean {
  const [now, before] = [object, old].map(({ status }) => (status ?? {}) as Status);
  const failed = (status: Status | undefined): unknown[] =>
    (status?.conditions ?? []).filter(({ type }) => type === 'Failed');
  return now?.certificate !== before?.certificate || !equalJson(failed(now), failed(before));
}
