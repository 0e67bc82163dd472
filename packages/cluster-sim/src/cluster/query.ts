import { FleetError } from '../errors.js';
import { defaultTemplateName } from '../template/template-set.js';
import type { ClusterQuery } from '../views.js';
import type { ManagedCluster } from './managed-cluster.js';

type Predicate = (cluster: ManagedCluster) => boolean;

/** Throws a FleetError (400) when the label selector can't be read. */
export function predicateOf(query: ClusterQuery): Predicate {
  const tests: Predicate[] = [];
  const { phase, prefix, backend, template, labelSelector } = query;
  if (phase !== undefined) tests.push((cluster) => cluster.phase === phase);
  if (prefix !== undefined) tests.push((cluster) => cluster.name.startsWith(prefix));
  if (backend !== undefined) tests.push((cluster) => cluster.record.backend === backend);
  if (template !== undefined) tests.push((cluster) => templateOf(cluster) === template);
  if (labelSelector !== undefined && labelSelector.trim() !== '') tests.push(...parseSelector(labelSelector));
  return (cluster) => tests.every((test) => test(cluster));
}

const templateOf = (cluster: ManagedCluster): string => cluster.record.template ?? defaultTemplateName;

const labels: Record<string, (cluster: ManagedCluster) => string> = {
  name: (cluster) => cluster.name,
  phase: (cluster) => cluster.phase,
  backend: (cluster) => cluster.record.backend,
  template: templateOf,
  rancherId: (cluster) => cluster.record.rancherId ?? '',
};

/** Kubernetes' selector forms: `a=b`, `a==b`, `a!=b`, `a in (b,c)`, `a notin (b,c)`, `a`, `!a`. */
function parseSelector(text: string): Predicate[] {
  return text.split(/,(?![^(]*\))/).map((part) => {
    const requirement = part.trim();
    const set = /^(\w+)\s+(in|notin)\s+\(([^()]*)\)$/.exec(requirement);
    const equal = /^(\w+)\s*(==?|!=)\s*([\w.-]*)$/.exec(requirement);
    const exists = /^(!?)\s*(\w+)$/.exec(requirement);
    const key = set?.[1] ?? equal?.[1] ?? exists?.[2] ?? '';
    const valueOf = labels[key];
    if (valueOf === undefined) {
      throw new FleetError(
        'ERR_FLEET_SELECTOR',
        `labelSelector: ${JSON.stringify(requirement)} is not a requirement on ${Object.keys(labels).join(', ')}`,
        400,
      );
    }
    if (set !== null) {
      const values = new Set((set[3] ?? '').split(',').map((value) => value.trim()));
      return (cluster) => values.has(valueOf(cluster)) === (set[2] === 'in');
    }
    if (equal !== null) return (cluster) => (valueOf(cluster) === equal[3]) === (equal[2] !== '!=');
    return (cluster) => (valueOf(cluster) !== '') === (exists?.[1] !== '!');
  });
}
