/** The parts of admissionregistration.k8s.io/v1 ValidatingAdmissionPolicies and their bindings that are looked at. */

export interface LabelSelector {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

export interface ResourceRule {
  apiGroups?: string[];
  apiVersions?: string[];
  operations?: string[];
  resources?: string[];
  resourceNames?: string[];
  scope?: string;
}

export interface MatchResources {
  namespaceSelector?: LabelSelector;
  objectSelector?: LabelSelector;
  resourceRules?: ResourceRule[];
  excludeResourceRules?: ResourceRule[];
  matchPolicy?: string;
}

export interface Validation {
  expression: string;
  message?: string;
  messageExpression?: string;
  reason?: string;
}

export interface PolicySpec {
  paramKind?: { apiVersion: string; kind: string };
  matchConstraints?: MatchResources;
  validations?: Validation[];
  matchConditions?: { name: string; expression: string }[];
  variables?: { name: string; expression: string }[];
  auditAnnotations?: { key: string; valueExpression: string }[];
  failurePolicy?: string;
}

export interface BindingSpec {
  policyName: string;
  paramRef?: {
    name?: string;
    namespace?: string;
    selector?: LabelSelector;
    parameterNotFoundAction?: string;
  };
  matchResources?: MatchResources;
  validationActions?: string[];
}

export const POLICIES = 'validatingadmissionpolicies.admissionregistration.k8s.io';
export const BINDINGS = 'validatingadmissionpolicybindings.admissionregistration.k8s.io';
