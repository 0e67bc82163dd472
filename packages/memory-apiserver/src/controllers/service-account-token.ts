import { isApiError } from '../errors.js';
import type { KubeObject } from '../object.js';
import type { Controller } from './controller.js';

const tokenType = 'kubernetes.io/service-account-token';
const nameAnnotation = 'kubernetes.io/service-account.name';
const uidAnnotation = 'kubernetes.io/service-account.uid';

/**
 * Deletes token Secrets whose ServiceAccount is gone (pkg/controller/serviceaccount/tokens_controller.go). Filling
 * new ones is done within their creation, by the registry.
 */
export const serviceAccountTokenController = (): Controller => ({
  name: 'service-account-token',
  watches: ['serviceaccounts'],
  keysFor: ({ type, object: { metadata } }) =>
    type === 'DELETED' ? [`${metadata.namespace ?? ''}/${metadata.name}/${metadata.uid ?? ''}`] : [],
  reconcile(key, { api }) {
    const [namespace = '', name = '', uid = ''] = key.split('/');
    for (const secret of api.list('secrets', { namespace, fieldSelector: `type=${tokenType}` })) {
      if (!belongsTo(secret, name, uid)) continue;
      try {
        api.delete('secrets', namespace, secret.metadata.name);
      } catch (error) {
        if (!isApiError(error, 'NotFound')) throw error;
      }
    }
  },
});

const belongsTo = ({ metadata: { annotations } }: KubeObject, name: string, uid: string): boolean =>
  annotations?.[nameAnnotation] === name && (annotations[uidAnnotation] ?? uid) === uid;
