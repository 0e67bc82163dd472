import { invalid } from '../../errors.js';
import type { FieldCause } from '../../errors.js';
import type { KubeObject } from '../../object.js';
import type { RegistryContext } from '../context.js';
import { equalJson } from '../../codec/json.js';
import type { Strategy } from '../strategy.js';

const TOKEN_TYPE = 'kubernetes.io/service-account-token';
const ACCOUNT_NAME = 'kubernetes.io/service-account.name';
const ACCOUNT_UID = 'kubernetes.io/service-account.uid';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** `stringData` is write-only: it ends in `data`. */
function mergeStringData(secret: KubeObject): void {
  const plain = secret.stringData as Record<string, string> | null | undefined;
  if (plain === undefined) return;
  delete secret.stringData;
  const encoded = Object.entries(plain ?? {}).map(([key, value]) => [key, base64(value)]);
  secret.data = { ...(secret.data as object | undefined), ...(Object.fromEntries(encoded) as object) };
}

/**
 * Fills a service account's token Secret. A real cluster's token controller does this a moment after the create;
 * clients such as Rancher's impersonation wait only 0.1 s for it, so here it's part of the create.
 */
function fillToken(secret: KubeObject, context: RegistryContext): void {
  if (secret.type !== TOKEN_TYPE) return;
  const { metadata } = secret;
  const name = metadata.annotations?.[ACCOUNT_NAME];
  if (!name) {
    const field = `metadata.annotations[${ACCOUNT_NAME}]`;
    throw invalid({ group: '', kind: 'Secret' }, metadata.name, [
      { field, reason: 'FieldValueRequired', message: 'Required value' },
    ]);
  }
  if (!context.controllers.serviceAccountToken) return;
  const account = context.store.read('serviceaccounts', `${metadata.namespace}/${name}`);
  // Without the account the token controller would delete the Secret again; that is left to ours.
  if (account === undefined) return;
  const { uid = '' } = (JSON.parse(account) as KubeObject).metadata;
  metadata.annotations = { ...metadata.annotations, [ACCOUNT_UID]: uid };
  const data = (secret.data ?? {}) as Record<string, string>;
  const token = (): string =>
    context.tokens.issueForSecret(metadata.namespace ?? '', metadata.name, { name, uid });
  secret.data = {
    ...data,
    'ca.crt': data['ca.crt'] ?? base64(context.caCert),
    namespace: data.namespace ?? base64(metadata.namespace ?? ''),
    token: data.token ?? base64(token()),
  };
}

/** ConfigMaps and Secrets with `immutable: true` keep their data. */
export function keepImmutable(object: KubeObject, old: KubeObject): FieldCause[] {
  if (old.immutable !== true) return [];
  const refuse = (field: string): FieldCause => ({
    field,
    reason: 'FieldValueForbidden',
    message: 'Forbidden: field is immutable when `immutable` is set',
  });
  const changed = ['data', 'binaryData'].filter((field) => !equalJson(object[field], old[field]));
  return [...(object.immutable === true ? [] : [refuse('immutable')]), ...changed.map(refuse)];
}

export const secretStrategy: Strategy = {
  immutable: ['type'],
  complete: mergeStringData,
  prepareForCreate(secret, context) {
    secret.type ??= 'Opaque';
    fillToken(secret, context);
  },
  prepareForUpdate(secret, old, context) {
    // An update without a type keeps it, as in upstream's PrepareForUpdate.
    secret.type ||= old.type;
    fillToken(secret, context);
  },
  validateUpdate: keepImmutable,
};
