import { listAt, recordAt, textAt } from '../../schema/read.js';
import type { ObjectBody } from '../../store/change.js';
import { qosClass } from '../pod-qos.js';

/** What a quota counts among pods: `v1.ScopedResourceSelectorRequirement`. */
interface ScopeRequirement {
  readonly scopeName: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

interface ScopedSpec {
  readonly scopes?: readonly string[];
  readonly scopeSelector?: { readonly matchExpressions?: readonly ScopeRequirement[] };
}

/**
 * True if the quota is about the object as far as its scopes go (`podMatchesScopeFunc` and `pvcMatchesScopeFunc` in
 * k8s.io/kubernetes `pkg/quota/v1/evaluator/core`). Objects other than pods and claims are in no scope.
 */
export function isInScopes(quota: ScopedSpec | undefined, storage: string, object: ObjectBody): boolean {
  const requirements = [
    ...(quota?.scopes ?? []).map((scopeName): ScopeRequirement => ({ scopeName, operator: 'Exists' })),
    ...(quota?.scopeSelector?.matchExpressions ?? []),
  ];
  return requirements.every((requirement) => {
    if (storage === 'pods') return isPodInScope(requirement, object);
    if (storage !== 'persistentvolumeclaims' || requirement.scopeName !== 'VolumeAttributesClass')
      return false;
    return isNamed(requirement, textAt(object, 'spec', 'volumeAttributesClassName'));
  });
}

function isPodInScope(requirement: ScopeRequirement, pod: ObjectBody): boolean {
  const spec = recordAt(pod, 'spec');
  const ends = typeof spec['activeDeadlineSeconds'] === 'number';
  switch (requirement.scopeName) {
    case 'Terminating':
      return ends;
    case 'NotTerminating':
      return !ends;
    case 'BestEffort':
      return qosClass(spec) === 'BestEffort';
    case 'NotBestEffort':
      return qosClass(spec) !== 'BestEffort';
    case 'PriorityClass':
      return isNamed(requirement, textAt(spec, 'priorityClassName'));
    case 'CrossNamespacePodAffinity':
      return reachesOtherNamespaces(spec);
    default:
      return false;
  }
}

function isNamed({ operator, values = [] }: ScopeRequirement, name: string): boolean {
  switch (operator) {
    case 'Exists':
      return name !== '';
    case 'DoesNotExist':
      return name === '';
    case 'In':
      return name !== '' && values.includes(name);
    case 'NotIn':
      return !values.includes(name);
    default:
      return false;
  }
}

function reachesOtherNamespaces(spec: Readonly<Record<string, unknown>>): boolean {
  const terms = ['podAffinity', 'podAntiAffinity'].flatMap((kind) => [
    ...listAt(spec, 'affinity', kind, 'requiredDuringSchedulingIgnoredDuringExecution'),
    ...listAt(spec, 'affinity', kind, 'preferredDuringSchedulingIgnoredDuringExecution').map((weighted) =>
      recordAt(weighted, 'podAffinityTerm'),
    ),
  ]);
  return terms.some(
    (term) => listAt(term, 'namespaces').length > 0 || recordAt(term)['namespaceSelector'] !== undefined,
  );
}
