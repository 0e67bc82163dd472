import type { KubeObject } from '../../object.js';
import type { StoredAt } from '../../store/cluster-base.js';
import type { PolicyRule } from '../user.js';
import { aggregateRules } from './aggregation.js';
import { bootstrapPolicyText } from './generated/bootstrap-policy.js';
import { CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, ROLE_BINDINGS, ROLES } from './role-binding.js';

const GROUP = 'rbac.authorization.k8s.io';
const AGGREGATE = `${GROUP}/aggregate-to-`;

const storages: Readonly<Record<string, string>> = {
  ClusterRole: CLUSTER_ROLES,
  ClusterRoleBinding: CLUSTER_ROLE_BINDINGS,
  Role: ROLES,
  RoleBinding: ROLE_BINDINGS,
};

/**
 * The roles and bindings of every cluster.
 *
 * @param aggregated whether aggregated roles have their rules, as a controller gives them
 */
export function bootstrapPolicy(aggregated: boolean): StoredAt[] {
  const objects = readPolicy(bootstrapPolicyText);
  if (aggregated) for (const role of objects) fill(role, objects);
  return objects.map((object) => ({ storage: storages[object.kind] ?? '', object }));
}

/** Reads the format that is told in `generated/bootstrap-policy.ts`. Aggregated roles have no rules yet. */
export function readPolicy(text: string): KubeObject[] {
  const objects: KubeObject[] = [];
  let rules: PolicyRule[] = [];
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const words = line.trim().split(' ');
    if (line.startsWith(' ')) {
      rules.push(ruleOf(words));
      continue;
    }
    rules = [];
    const [kind = '', path = '', ...rest] = words;
    const head = headOf(kind, path, rest);
    objects.push({
      ...head,
      ...(kind.endsWith('Binding') ? binding(rest) : rulesOf(rules, rest)),
    });
  }
  return objects;
}

const TO = 'to=';
const FROM = 'from=';

function headOf(kind: string, path: string, words: readonly string[]): KubeObject {
  const slash = path.indexOf('/');
  const labels: Record<string, string> = { 'kubernetes.io/bootstrapping': 'rbac-defaults' };
  for (const word of words) if (word.startsWith(TO)) labels[AGGREGATE + word.slice(TO.length)] = 'true';
  return {
    apiVersion: `${GROUP}/v1`,
    kind,
    metadata: {
      name: path.slice(slash + 1),
      ...(slash < 0 ? {} : { namespace: path.slice(0, slash) }),
      labels,
      annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
    },
  };
}

function rulesOf(rules: PolicyRule[], words: readonly string[]): object {
  const clusterRoleSelectors = words
    .filter((word) => word.startsWith(FROM))
    .map((word) => ({ matchLabels: { [AGGREGATE + word.slice(FROM.length)]: 'true' } }));
  if (clusterRoleSelectors.length === 0) return { rules };
  return { rules: null, aggregationRule: { clusterRoleSelectors } };
}

const list = (word: string | undefined): string[] => (word ?? '').split(',');

function ruleOf([verbs, groups, resources, names]: string[]): PolicyRule {
  if (resources === undefined) return { verbs: list(verbs), nonResourceURLs: list(groups) };
  return {
    verbs: list(verbs),
    apiGroups: list(groups).map((group) => (group === 'core' ? '' : group)),
    resources: list(resources),
    ...(names === undefined ? {} : { resourceNames: list(names) }),
  };
}

function binding([role = '', ...subjects]: string[]): object {
  const [kind, name] = splitAt(role, ':');
  return {
    ...(subjects.length === 0 ? {} : { subjects: subjects.map(subjectOf) }),
    roleRef: { apiGroup: GROUP, kind, name },
  };
}

function subjectOf(word: string): object {
  const [kind, name] = splitAt(word, ':');
  if (kind !== 'ServiceAccount') return { kind, apiGroup: GROUP, name };
  const [namespace, account] = splitAt(name, '/');
  return { kind, name: account, namespace };
}

function splitAt(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return [text.slice(0, at), text.slice(at + 1)];
}

interface Aggregated extends KubeObject {
  rules?: PolicyRule[] | null;
  aggregationRule?: { clusterRoleSelectors: { matchLabels: Record<string, string> }[] };
}

/** Does what the aggregation controller would, through as many levels as there are. */
function fill(role: Aggregated, all: readonly Aggregated[]): PolicyRule[] {
  const selectors = role.aggregationRule?.clusterRoleSelectors;
  if (selectors === undefined || (role.rules ?? []).length > 0) return role.rules ?? [];
  const [label = ''] = selectors.flatMap(({ matchLabels }) => Object.keys(matchLabels));
  const parts = all.filter((other) => other !== role && other.metadata.labels?.[label] === 'true');
  role.rules = aggregateRules(parts.map((part) => ({ ...part, rules: fill(part, all) })));
  return role.rules;
}
