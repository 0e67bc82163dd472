import { selectorText } from '../codec/tables/printer.js';
import { aggregateRules } from '../registry/rbac/aggregation.js';
import type { Controller } from './controller.js';
import { sameJson } from './equality.js';
import type { ClusterRole } from './kinds.js';
import { matchesSelector } from './label-selector.js';

const storage = 'clusterroles.rbac.authorization.k8s.io';

/** Fills ClusterRoles with an `aggregationRule` (upstream: pkg/controller/clusterroleaggregation). */
export const clusterRoleAggregationController = (): Controller => ({
  name: 'clusterrole-aggregation',
  watches: [storage],
  keysFor({ type, object, api }) {
    const role = object as ClusterRole;
    const own = role.aggregationRule !== undefined && type !== 'DELETED' ? [role.metadata.name] : [];
    // Without labels no rule can mean it.
    if (role.metadata.labels === undefined) return own;
    const meaning = (api.listWith(storage, 'aggregationRule') as ClusterRole[])
      .filter(
        ({ metadata, aggregationRule }) =>
          metadata.name !== role.metadata.name && selects(aggregationRule, role),
      )
      .map(({ metadata }) => metadata.name);
    return [...own, ...meaning];
  },
  reconcile(name, { api }) {
    const role = api.shared.find(storage, undefined, name) as ClusterRole | undefined;
    if (role?.aggregationRule === undefined || role.metadata.deletionTimestamp !== undefined) return;
    const parts = new Map<string, ClusterRole>();
    for (const selector of role.aggregationRule.clusterRoleSelectors ?? []) {
      const labelSelector = selectorText(selector);
      for (const part of api.shared.list(storage, { labelSelector }) as ClusterRole[]) {
        if (part.metadata.name !== name) parts.set(part.metadata.name, part);
      }
    }
    const rules = aggregateRules(parts.values());
    if (!sameJson(role.rules ?? [], rules)) api.update({ ...api.get(storage, undefined, name), rules });
  },
});

const selects = (rule: ClusterRole['aggregationRule'], { metadata }: ClusterRole): boolean =>
  (rule?.clusterRoleSelectors ?? []).some((selector) => matchesSelector(selector, metadata.labels));
