import type { KubeObject } from '../object.js';
import type { ResourceInfo } from '../schema/resource.js';
import type { RegistryContext } from './context.js';
import { confirmNoEscalation } from './rbac/escalation.js';
import { confirmSigner, signAs } from './signing-requests.js';
import type { RequestAttributes } from './user.js';

const SIGNING_REQUESTS = 'certificatesigningrequests.certificates.k8s.io';

/**
 * What depends on who writes an object, before anything else is looked at. Code in the process is nobody in
 * particular (no `request`) and may do everything. Throws Forbidden, NotFound.
 */
export function applyRequesterRules(
  context: RegistryContext,
  resource: ResourceInfo,
  object: KubeObject,
  old: KubeObject | undefined,
  request: RequestAttributes | undefined,
): void {
  if (request === undefined) return;
  confirmNoEscalation({ context, resource, object, old, request });
  if (resource.storage !== SIGNING_REQUESTS) return;
  if (old === undefined) signAs(object, request.user);
  else confirmSigner(context, resource, object, old, request);
}
