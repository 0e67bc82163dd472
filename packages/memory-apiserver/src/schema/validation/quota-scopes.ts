import { listAt, recordAt, textAt } from '../read.js';
import type { Report } from './report.js';

/** Scopes of a ResourceQuota: `validateResourceQuotaScopes` and its like in `pkg/apis/core/validation`. */

const COMPUTE = ['cpu', 'memory', 'ephemeral-storage'];
const POD_COUNTS = ['pods'];
const POD_RESOURCES = [
  ...POD_COUNTS,
  ...COMPUTE.flatMap((name) => [
    ...(name === 'ephemeral-storage' ? [] : [name]),
    `requests.${name}`,
    `limits.${name}`,
  ]),
];
const CLAIM_RESOURCES = ['persistentvolumeclaims', 'requests.storage'];
const OTHER_RESOURCES = [
  'ephemeral-storage',
  'configmaps',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'services',
  'services.loadbalancers',
  'services.nodeports',
];
const STANDARD: ReadonlySet<string> = new Set([...POD_RESOURCES, ...CLAIM_RESOURCES, ...OTHER_RESOURCES]);

/** What a quota of the scope may limit. */
const LIMITABLE: Readonly<Record<string, readonly string[]>> = {
  Terminating: POD_RESOURCES,
  NotTerminating: POD_RESOURCES,
  NotBestEffort: POD_RESOURCES,
  PriorityClass: POD_RESOURCES,
  CrossNamespacePodAffinity: POD_RESOURCES,
  BestEffort: POD_COUNTS,
  VolumeAttributesClass: CLAIM_RESOURCES,
};
const CONTRARY = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
];
/** Scopes that a selector can only ask for as such. */
const PLAIN = ['BestEffort', 'NotBestEffort', 'Terminating', 'NotTerminating', 'CrossNamespacePodAffinity'];

export function validateQuotaScopes(spec: unknown, report: Report): void {
  const hard = Object.keys(recordAt(spec, 'hard')).filter((name) => STANDARD.has(name));
  const scopes = listAt(spec, 'scopes') as readonly string[];
  const check = (
    scope: string,
    field: string,
    shown: unknown,
    nameField = field,
    nameShown = shown,
  ): void => {
    const limitable = LIMITABLE[scope];
    if (limitable === undefined) {
      report.invalid(nameField, nameShown, 'unsupported scope');
      return;
    }
    for (const name of hard) {
      if (!limitable.includes(name)) report.invalid(field, shown, 'unsupported scope applied to resource');
    }
  };
  const checkContrary = (given: readonly string[], field: string): void => {
    for (const pair of CONTRARY)
      if (pair.every((scope) => given.includes(scope))) report.invalid(field, scopes, 'conflicting scopes');
  };
  for (const scope of scopes) check(scope, 'spec.scopes', scopes);
  checkContrary(scopes, 'spec.scopes');
  const selector = recordAt(spec, 'scopeSelector');
  const field = 'spec.scopeSelector.matchExpressions';
  const expressions = listAt(selector, 'matchExpressions');
  for (const expression of expressions) {
    const [scope, operator] = [textAt(expression, 'scopeName'), textAt(expression, 'operator')];
    check(scope, field, selector, `${field}.scopeName`, scope);
    checkOperator(scope, operator, listAt(expression, 'values'), field, report);
  }
  const named = expressions.map((expression) => textAt(expression, 'scopeName'));
  checkContrary(named, field);
}

function checkOperator(
  scope: string,
  operator: string,
  values: readonly unknown[],
  field: string,
  report: Report,
): void {
  if (PLAIN.includes(scope) && operator !== 'Exists') {
    const why =
      "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity";
    report.invalid(`${field}.operator`, operator, why);
  }
  if (operator === 'In' || operator === 'NotIn') {
    const why = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector";
    if (values.length === 0) report.required(`${field}.values`, why);
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    const why = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector";
    if (values.length > 0) report.invalid(`${field}.values`, values, why);
  } else {
    report.invalid(`${field}.operator`, operator, 'not a valid selector operator');
  }
}
