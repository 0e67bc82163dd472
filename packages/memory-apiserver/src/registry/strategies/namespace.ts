import { ApiError } from '../../errors.js';
import type { KubeObject } from '../../object.js';
import { textAt } from '../../schema/read.js';
import { qualifiedName } from '../../schema/validation/names.js';
import { Report } from '../../schema/validation/report.js';
import type { Strategy } from '../strategy.js';

const NAME_LABEL = 'kubernetes.io/metadata.name';
/** Namespaces that the NamespaceLifecycle admission of kube-apiserver never lets go. */
const IMMORTAL = ['default', 'kube-system', 'kube-public'];

const STANDARD_FINALIZERS = ['kubernetes', 'orphan', 'foregroundDeletion'];

interface NamespaceSpec {
  finalizers?: string[];
}

const specOf = (namespace: KubeObject): NamespaceSpec => (namespace.spec ?? {}) as NamespaceSpec;

function checkPhase(namespace: KubeObject, report: Report): void {
  const phase = textAt(namespace, 'status', 'phase');
  const [wanted, state] =
    namespace.metadata.deletionTimestamp === undefined ? ['Active', 'empty'] : ['Terminating', 'not empty'];
  if (phase !== wanted)
    report.invalid('status.Phase', phase, `may only be '${wanted}' if \`deletionTimestamp\` is ${state}`);
}

/** `ValidateNamespaceFinalizeUpdate` of k8s.io/kubernetes `pkg/apis/core/validation`. */
function checkFinalizers(namespace: KubeObject, report: Report): void {
  (specOf(namespace).finalizers ?? []).forEach((name, index) => {
    const field = `spec.finalizers[${index}]`;
    report.malformed(field, name, qualifiedName(name));
    if (!name.includes('/') && !STANDARD_FINALIZERS.includes(name))
      report.invalid(field, name, 'name is neither a standard finalizer name nor is it fully qualified');
  });
}

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
  validate(namespace, old, subresource) {
    const report = new Report();
    if (old !== undefined && subresource === 'status') checkPhase(namespace, report);
    if (subresource === 'finalize') checkFinalizers(namespace, report);
    return report.causes;
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
