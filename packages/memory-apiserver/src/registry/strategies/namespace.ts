import { ApiError } from '../../errors.js';
import type { KubeObject } from '../../object.js';
import type { Strategy } from '../strategy.js';

const NAME_LABEL = 'kubernetes.io/metadata.name';
/** Namespaces that the NamespaceLifecycle admission of kube-apiserver never lets go. */
const IMMORTAL = ['default', 'kube-system', 'kube-public'];

interface NamespaceSpec {
  finalizers?: string[];
}

const specOf = (namespace: KubeObject): NamespaceSpec => (namespace.spec ?? {}) as NamespaceSpec;

/** Namespaces stay, as Terminating, until the namespace controller has taken `kubernetes` out of spec.finalizers. */
export const namespaceStrategy: Strategy = {
  initialStatus: { phase: 'Active' },
  returnsDeleted: true,
  prepareForCreate(namespace) {
    const spec = specOf(namespace);
    namespace.spec = { ...spec, finalizers: [...new Set([...(spec.finalizers ?? []), 'kubernetes'])] };
    namespace.metadata.labels = { ...namespace.metadata.labels, [NAME_LABEL]: namespace.metadata.name };
  },
  prepareForUpdate(namespace, old, _context, subresource) {
    namespace.metadata.labels = { ...namespace.metadata.labels, [NAME_LABEL]: namespace.metadata.name };
    if (subresource === 'finalize') {
      namespace.status = old.status as unknown;
    } else {
      namespace.spec = { ...specOf(namespace), finalizers: specOf(old).finalizers };
    }
  },
  beforeDelete({ metadata }) {
    if (!IMMORTAL.includes(metadata.name)) return;
    throw new ApiError(
      403,
      'Forbidden',
      `namespaces "${metadata.name}" is forbidden: this namespace may not be deleted`,
      { name: metadata.name, kind: 'namespaces' },
    );
  },
  isHeld: (namespace) => (specOf(namespace).finalizers ?? []).length > 0,
};
