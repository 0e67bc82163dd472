import type { PolicyRule } from '../user.js';
import { urlCovers } from './policy-rule.js';

const includesAll = (all: readonly string[] | undefined, some: readonly string[] | undefined): boolean =>
  (some ?? []).every((value) => all?.includes(value) === true);

/**
 * The parts of the wanted rules that nothing of the owned ones covers; empty if they cover all. By the rules of
 * k8s.io/component-helpers `auth/rbac/validation/policy_comparator.go`.
 */
export function uncovered(owned: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  return wanted
    .flatMap((rule) => [...atoms(rule)])
    .filter((atom) => !owned.some((rule) => ruleCovers(rule, atom)));
}

/** The rule as rules of one verb, one resource or URL, and at most one name each. */
function* atoms(rule: PolicyRule): Generator<PolicyRule> {
  const names = rule.resourceNames ?? [];
  for (const group of rule.apiGroups ?? []) {
    for (const resource of rule.resources ?? []) {
      for (const verb of rule.verbs) {
        const atom = { apiGroups: [group], resources: [resource], verbs: [verb] };
        if (names.length === 0) yield atom;
        for (const name of names) yield { ...atom, resourceNames: [name] };
      }
    }
  }
  for (const url of rule.nonResourceURLs ?? []) {
    for (const verb of rule.verbs) yield { nonResourceURLs: [url], verbs: [verb] };
  }
}

function ruleCovers(owned: PolicyRule, atom: PolicyRule): boolean {
  const names = owned.resourceNames ?? [];
  return (
    (owned.verbs.includes('*') || includesAll(owned.verbs, atom.verbs)) &&
    (owned.apiGroups?.includes('*') === true || includesAll(owned.apiGroups, atom.apiGroups)) &&
    (atom.resources ?? []).every((resource) => resourceCovered(owned.resources ?? [], resource)) &&
    (atom.nonResourceURLs ?? []).every(
      (url) => owned.nonResourceURLs?.some((pattern) => urlCovers(pattern, url)) === true,
    ) &&
    (names.length === 0 || (atom.resourceNames !== undefined && includesAll(names, atom.resourceNames)))
  );
}

function resourceCovered(owned: readonly string[], resource: string): boolean {
  if (owned.includes('*') || owned.includes(resource)) return true;
  const slash = resource.indexOf('/');
  return slash >= 0 && owned.includes(`*${resource.slice(slash)}`);
}

/**
 * One line per rule, sorted, with the verbs of a resource together: `{APIGroups:[""], Resources:["pods"], Verbs:["get"]}`.
 */
export function describeRules(rules: readonly PolicyRule[]): string {
  const lines = new Set<string>();
  const byResource = new Map<string, { rule: PolicyRule; verbs: string[] }>();
  for (const rule of rules) {
    if (rule.nonResourceURLs !== undefined) {
      lines.add(describe(rule));
      continue;
    }
    const key = JSON.stringify([rule.apiGroups, rule.resources, rule.resourceNames]);
    const entry = byResource.get(key);
    if (entry === undefined) byResource.set(key, { rule, verbs: [...rule.verbs] });
    else entry.verbs.push(...rule.verbs);
  }
  for (const { rule, verbs } of byResource.values()) lines.add(describe({ ...rule, verbs }));
  return [...lines].sort().join('\n');
}

function describe(rule: PolicyRule): string {
  const parts: string[] = [];
  const add = (label: string, values: readonly string[] | undefined): void => {
    if (values !== undefined && values.length > 0) parts.push(`${label}:${quoteList(values)}`);
  };
  add('APIGroups', rule.apiGroups);
  add('Resources', rule.resources);
  add('NonResourceURLs', rule.nonResourceURLs);
  add('ResourceNames', rule.resourceNames);
  add('Verbs', rule.verbs);
  return `{${parts.join(', ')}}`;
}

/** `["a" "b"]`: a list of strings as Go's `%q` prints it. */
export const quoteList = (values: readonly string[]): string =>
  `[${values.map((value) => JSON.stringify(value)).join(' ')}]`;
