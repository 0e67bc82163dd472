import type { KubeObject } from '../../object.js';
import type { LabelSelector, MatchResources, ResourceRule } from './policy.js';

/** A write, as policies see it. */
export interface AdmissionRequest {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE';
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly resource: string;
  readonly subresource: string;
  /** Empty for cluster-scoped objects. */
  readonly namespace: string;
  readonly name: string;
  readonly object: KubeObject | undefined;
  readonly oldObject: KubeObject | undefined;
}

/** k8s.io/apiserver `pkg/admission/plugin/policy/matching`. */
export function isMatch(
  match: MatchResources,
  request: AdmissionRequest,
  namespaceLabels: () => Record<string, string> | undefined,
): boolean {
  if (!selectsNamespace(match.namespaceSelector, request, namespaceLabels)) return false;
  const { objectSelector, excludeResourceRules = [], resourceRules = [] } = match;
  const objects = [request.object, request.oldObject].filter((object) => object !== undefined);
  if (!objects.some(({ metadata }) => selects(objectSelector, metadata.labels))) return false;
  if (excludeResourceRules.some((rule) => isRuleMatch(rule, request))) return false;
  return resourceRules.length === 0 || resourceRules.some((rule) => isRuleMatch(rule, request));
}

/** True if the labels fit the selector; the empty one fits all. */
export function selects(
  { matchLabels = {}, matchExpressions = [] }: LabelSelector = {},
  labels: Record<string, string> = {},
): boolean {
  if (Object.entries(matchLabels).some(([key, value]) => labels[key] !== value)) return false;
  return matchExpressions.every(({ key, operator, values = [] }) => {
    const value = labels[key];
    if (operator === 'Exists') return value !== undefined;
    if (operator === 'DoesNotExist') return value === undefined;
    return (value !== undefined && values.includes(value)) === (operator === 'In');
  });
}

function selectsNamespace(
  selector: LabelSelector | undefined,
  { namespace, kind, group, object, oldObject }: AdmissionRequest,
  namespaceLabels: () => Record<string, string> | undefined,
): boolean {
  if (kind === 'Namespace' && group === '') return selects(selector, (object ?? oldObject)?.metadata.labels);
  return namespace === '' || selects(selector, namespaceLabels());
}

function isRuleMatch(rule: ResourceRule, request: AdmissionRequest): boolean {
  const { apiGroups = [], apiVersions = [], operations = [], resourceNames = [], scope = '*' } = rule;
  const isOf = (allowed: readonly string[], value: string): boolean =>
    allowed.includes('*') || allowed.includes(value);
  const isNamespaced = request.namespace !== '' && request.kind !== 'Namespace';
  return (
    isOf(operations, request.operation) &&
    isOf(apiGroups, request.group) &&
    isOf(apiVersions, request.version) &&
    (scope === '*' || (scope === 'Namespaced') === isNamespaced) &&
    (rule.resources ?? []).some((resource) => isResource(resource, request)) &&
    (resourceNames.length === 0 || resourceNames.includes(request.name))
  );
}

/** `pods`, `pods/*`, `*`, `* /scale`, … of k8s.io/apiserver `pkg/admission/plugin/webhook/predicates/rules`. */
function isResource(pattern: string, { resource, subresource }: AdmissionRequest): boolean {
  const [wanted = '', below = ''] = pattern.split('/', 2);
  return (wanted === '*' || wanted === resource) && (below === '*' || below === subresource);
}
