import { addAmounts, amountsOf, pieces, writeAmounts, type Amounts } from '../registry/quota/amounts.js';
import { isInScopes } from '../registry/quota/scopes.js';
import { countsFor, storageCounted, usageOf } from '../registry/quota/usage.js';
import type { Controller, ControllerContext } from './controller.js';
import type { ResourceQuota } from './kinds.js';
import { keyOf, splitKey } from './keys.js';
import { podGatherMs } from './pods.js';
import { writeStatus } from './status.js';

const storage = 'resourcequotas';

/** Counts what namespaces with a quota use (upstream: pkg/controller/resourcequota). Refusing is admission's. */
export const resourceQuotaController = (): Controller => ({
  name: 'resourcequota',
  watches: ['*'],
  gatherMs: podGatherMs,
  keysFor({ type, storage: changed, object, api }) {
    const { namespace } = object.metadata;
    if (namespace === undefined) return [];
    if (changed === storage && type !== 'DELETED') return [keyOf(object)];
    // Counts change with the number of objects, sums also with what pods do.
    const counts =
      type !== 'MODIFIED' ||
      changed === 'pods' ||
      changed === 'services' ||
      changed === 'persistentvolumeclaims';
    if (!counts || changed === 'events' || api.count(storage, namespace) === 0) return [];
    return api.list(storage, { namespace }).map(keyOf);
  },
  reconcile(key, context) {
    const { namespace, name } = splitKey(key);
    const quota = context.api.find(storage, namespace, name) as ResourceQuota | undefined;
    if (quota === undefined) return;
    const hard = quota.spec.hard ?? {};
    const former = amountsOf(quota.status?.used);
    const used: Amounts = new Map();
    const sums = usageBy(quota, context);
    for (const resource of Object.keys(hard)) {
      // What nothing known counts for keeps what it had, as far as that goes.
      const amount = sums.get(resource) ?? former.get(resource);
      if (amount !== undefined) used.set(resource, amount);
    }
    writeStatus(context.api, quota, { ...quota.status, hard, used: writeAmounts(used) });
  },
});

/** Storages whose objects use more or less each. */
const measured = new Set(['pods', 'services', 'persistentvolumeclaims']);

const isScoped = ({ spec }: ResourceQuota): boolean =>
  (spec.scopes?.length ?? 0) > 0 || (spec.scopeSelector?.matchExpressions?.length ?? 0) > 0;

/** The sums of all objects that the quota is about, by the names that it limits. */
function usageBy(quota: ResourceQuota, { api, cluster, now }: ControllerContext): Amounts {
  const names = Object.keys(quota.spec.hard ?? {});
  const { namespace = '' } = quota.metadata;
  const sums: Amounts = new Map();
  for (const counted of new Set(names.map(storageCounted))) {
    if (counted === undefined || cluster.catalog.findStorage(counted) === undefined) continue;
    const relevant = names.filter((name) => countsFor(counted, name));
    // Objects of which only the number counts are in no scope.
    const count = measured.has(counted) || isScoped(quota) ? 0 : api.count(counted, namespace);
    for (const name of relevant) sums.set(name, pieces(count));
    if (!measured.has(counted)) continue;
    for (const object of api.list(counted, { namespace })) {
      if (!isInScopes(quota.spec, counted, object)) continue;
      const usage = usageOf(counted, object, now());
      addAmounts(
        sums,
        [...usage].filter(([name]) => relevant.includes(name)),
      );
    }
  }
  return sums;
}
