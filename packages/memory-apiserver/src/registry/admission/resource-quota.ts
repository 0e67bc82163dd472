import type { KubeObject } from '../../object.js';
import { listAt, recordAt, textAt } from '../../schema/read.js';
import type { ObjectBody } from '../../store/change.js';
import { getObject, keyOf, resourceOfStorage } from '../context.js';
import type { Amounts } from '../quota/amounts.js';
import { addAmounts, amountsOf, showAmounts, writeAmounts } from '../quota/amounts.js';
import type { CountedContainer } from '../quota/pod-resources.js';
import { isInScopes } from '../quota/scopes.js';
import { computeUsage, countsFor, usageOf } from '../quota/usage.js';
import { trackUpdate } from '../track-fields.js';
import type { Attributes } from './attributes.js';
import { objectsOf, refuse } from './attributes.js';

const QUOTAS = 'resourcequotas';
/** Computing resources that each container must name as soon as a quota limits them. */
const NAMED_BY_CONTAINERS: ReadonlySet<string> = new Set([
  'cpu',
  'memory',
  'requests.cpu',
  'requests.memory',
  'limits.cpu',
  'limits.memory',
]);

type Quota = ObjectBody & {
  spec?: Parameters<typeof isInScopes>[0];
  status?: { hard?: Record<string, string>; used?: Record<string, string> };
};

/**
 * The ResourceQuota admission: refuses what would use more than a quota of the namespace allows, and books the rest
 * into the quotas' status, which the controller corrects when things go. Last of all plugins. Upstream: k8s.io/apiserver
 * `pkg/admission/plugin/resourcequota` `CheckRequest`.
 */
export function chargeQuotas(attributes: Attributes): void {
  const { context, resource, object, old, dryRun } = attributes;
  const { namespace } = object.metadata;
  if (namespace === undefined || context.store.count(QUOTAS) === 0 || !isCounted(attributes)) return;
  const quotas = (objectsOf(context, QUOTAS, namespace) as Quota[]).filter((quota) =>
    limits(quota, attributes, object),
  );
  if (quotas.length === 0) return;
  for (const quota of quotas) checkConstraints(quota, attributes);
  const now = context.now();
  const usage = usageOf(resource.storage, object, now);
  const former = old === undefined ? undefined : usageOf(resource.storage, old, now);
  const charged: Quota[] = [];
  for (const quota of quotas) {
    const isCharged = former !== undefined && old !== undefined && limits(quota, attributes, old);
    const more = isCharged ? increase(usage, former) : usage;
    const next = charge(quota, more, attributes);
    if (next !== undefined) charged.push(next);
  }
  if (dryRun) return;
  for (const quota of charged) book(quota, attributes);
}

/** Stores what is used now, in the name of kube-apiserver. */
function book(quota: Quota, { context }: Attributes): void {
  const resource = resourceOfStorage(context, QUOTAS);
  const { namespace, name } = quota.metadata;
  const old = getObject(context, resource, namespace, name);
  const state: KubeObject = { ...old, status: quota.status };
  const writer = { fieldManager: 'kube-apiserver', subresource: 'status' };
  trackUpdate(context, resource, old, state, writer, undefined);
  context.store.put(QUOTAS, keyOf(state), state);
}

/** Whether the request can change what is used: all creations, and updates of kinds whose objects use more or less. */
function isCounted({ resource, object, old, subresource }: Attributes): boolean {
  if (resource.storage === 'pods' && subresource === 'resize') return true;
  if (subresource !== '') return false;
  if (old === undefined) return true;
  const ends = (pod: unknown): boolean => typeof recordAt(pod, 'spec')['activeDeadlineSeconds'] === 'number';
  switch (resource.storage) {
    case 'services':
    case 'persistentvolumeclaims':
      return true;
    case 'pods':
      return ends(object) !== ends(old);
    default:
      return false;
  }
}

const hardNames = (quota: Quota, storage: string): string[] =>
  Object.keys(quota.status?.hard ?? {}).filter((name) => countsFor(storage, name));

const limits = (quota: Quota, { resource }: Attributes, object: ObjectBody): boolean =>
  hardNames(quota, resource.storage).length > 0 && isInScopes(quota.spec, resource.storage, object);

/** Containers that don't say what they need of a limited resource are refused, as are requests that come too early. */
function checkConstraints(quota: Quota, attributes: Attributes): void {
  const { resource, object } = attributes;
  const names = hardNames(quota, resource.storage).sort();
  if (resource.storage === 'pods') {
    const missing = missingResources(object, names);
    if (missing !== '') refuse(attributes, `failed quota: ${quota.metadata.name}: must specify ${missing}`);
  }
  const used = quota.status?.used ?? {};
  if (names.every((name) => used[name] !== undefined)) return;
  refuse(attributes, `status unknown for quota: ${quota.metadata.name}, resources: ${names.join(',')}`);
}

function missingResources(pod: ObjectBody, names: readonly string[]): string {
  const own = recordAt(pod, 'spec', 'resources');
  if (Object.keys(recordAt(own, 'requests')).length + Object.keys(recordAt(own, 'limits')).length > 0)
    return '';
  const containers = [
    ...listAt(pod, 'spec', 'containers'),
    ...listAt(pod, 'spec', 'initContainers'),
  ] as CountedContainer[];
  const parts: string[] = [];
  for (const name of names) {
    if (!NAMED_BY_CONTAINERS.has(name)) continue;
    const lacking = containers.filter(
      ({ resources }) =>
        !computeUsage(amountsOf(resources?.requests), amountsOf(resources?.limits)).has(name),
    );
    if (lacking.length === 0) continue;
    parts.push(
      `${name} for: ${lacking
        .map((container) => textAt(container, 'name'))
        .sort()
        .join(',')}`,
    );
  }
  return parts.join('; ');
}

function increase(usage: Amounts, former: Amounts): Amounts {
  const more: Amounts = new Map();
  for (const [name, { nano, format }] of usage) {
    const difference = nano - (former.get(name)?.nano ?? 0n);
    more.set(name, { nano: difference > 0n ? difference : 0n, format });
  }
  return more;
}

/** The quota with the usage booked; undefined if it isn't concerned. Throws Forbidden if that is too much. */
function charge(quota: Quota, usage: Amounts, attributes: Attributes): Quota | undefined {
  const hard = amountsOf(quota.status?.hard);
  const used = amountsOf(quota.status?.used);
  const requested: Amounts = new Map([...usage].filter(([name, { nano }]) => nano !== 0n && hard.has(name)));
  if (requested.size === 0) return undefined;
  const next = addAmounts(new Map(used), requested);
  const exceeded = [...requested.keys()].filter(
    (name) => (next.get(name)?.nano ?? 0n) > (hard.get(name)?.nano ?? 0n),
  );
  if (exceeded.length > 0) {
    const [asked, before, limit] = [requested, used, hard].map((list) => showAmounts(list, exceeded));
    refuse(
      attributes,
      `exceeded quota: ${quota.metadata.name}, requested: ${asked}, used: ${before}, limited: ${limit}`,
    );
  }
  return { ...quota, status: { ...quota.status, used: writeAmounts(next) } };
}
