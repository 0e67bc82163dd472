import { listAt, recordAt, textAt } from '../../schema/read.js';
import type { Quantity } from '../../schema/quantity.js';
import type { ObjectBody } from '../../store/change.js';
import type { Amounts } from './amounts.js';
import { addAmounts, amountsOf, pieces } from './amounts.js';
import type { CountedPodSpec } from './pod-resources.js';
import { podTotal } from './pod-resources.js';

/**
 * What an object uses of quotas, by the names that quotas give it. Upstream: the evaluators in k8s.io/kubernetes
 * `pkg/quota/v1/evaluator/core`, and `pkg/quota/v1/generic` for kinds of which only the number counts.
 */

/** Core resources that are also counted by their bare names. */
const BARE_NAMES: ReadonlySet<string> = new Set([
  'configmaps',
  'persistentvolumeclaims',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'services',
]);
const COMPUTE = ['cpu', 'memory', 'ephemeral-storage'];
const POD_NAMES: ReadonlySet<string> = new Set([
  'count/pods',
  'pods',
  ...COMPUTE.flatMap((name) => [name, `requests.${name}`, `limits.${name}`]),
]);
const SERVICE_NAMES: ReadonlySet<string> = new Set([
  'count/services',
  'services',
  'services.loadbalancers',
  'services.nodeports',
]);
const CLASS_SUFFIX = '.storageclass.storage.k8s.io/';
const CLAIM_NAME =
  /^(count\/persistentvolumeclaims|(.*\.storageclass\.storage\.k8s\.io\/)?(persistentvolumeclaims|requests\.storage))$/;

const isNative = (name: string): boolean => !name.includes('/') || name.includes('kubernetes.io/');

/** True if objects of the storage count for the name that a quota limits. */
export function countsFor(storage: string, name: string): boolean {
  switch (storage) {
    case 'pods':
      return (
        POD_NAMES.has(name) ||
        /^(requests\.)?hugepages-/.test(name) ||
        (name.startsWith('requests.') && !isNative(name))
      );
    case 'services':
      return SERVICE_NAMES.has(name);
    case 'persistentvolumeclaims':
      return CLAIM_NAME.test(name);
    default:
      return name === `count/${storage}` || (BARE_NAMES.has(storage) && name === storage);
  }
}

/** The storage whose objects count for a name that a quota limits; undefined for a name of nothing known. */
export function storageCounted(name: string): string | undefined {
  if (name.startsWith('count/')) return name.slice('count/'.length);
  if (BARE_NAMES.has(name)) return name;
  return ['pods', 'services', 'persistentvolumeclaims'].find((storage) => countsFor(storage, name));
}

/** @param now milliseconds since the epoch: pods that should be gone no longer count */
export function usageOf(storage: string, object: ObjectBody, now: number): Amounts {
  switch (storage) {
    case 'pods':
      return podUsage(object, now);
    case 'services':
      return serviceUsage(object);
    case 'persistentvolumeclaims':
      return claimUsage(object);
    default: {
      const usage: Amounts = new Map([[`count/${storage}`, pieces(1)]]);
      if (BARE_NAMES.has(storage)) usage.set(storage, pieces(1));
      return usage;
    }
  }
}

function podUsage(pod: ObjectBody, now: number): Amounts {
  const usage: Amounts = new Map([['count/pods', pieces(1)]]);
  if (isOver(pod, now)) return usage;
  const spec = recordAt(pod, 'spec') as CountedPodSpec;
  addAmounts(usage, [['pods', pieces(1)]]);
  return addAmounts(usage, computeUsage(podTotal(spec, 'requests'), podTotal(spec, 'limits')));
}

/** The names under which quotas know requests and limits: `podComputeUsageHelper`. */
export function computeUsage(requests: Amounts, limits: Amounts): Amounts {
  const usage: Amounts = new Map();
  for (const [name, amount] of requests) {
    const isHuge = name.startsWith('hugepages-');
    if (COMPUTE.includes(name) || isHuge) usage.set(name, amount);
    if (COMPUTE.includes(name) || isHuge || !isNative(name)) usage.set(`requests.${name}`, amount);
  }
  for (const [name, amount] of limits) if (COMPUTE.includes(name)) usage.set(`limits.${name}`, amount);
  return usage;
}

/** A pod that has ended, or should have, uses nothing of its node: `QuotaV1Pod`. */
function isOver({ metadata, status }: ObjectBody, now: number): boolean {
  const phase = textAt(status, 'phase');
  if (phase === 'Succeeded' || phase === 'Failed') return true;
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata;
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds === undefined) return false;
  return now > Date.parse(deletionTimestamp) + deletionGracePeriodSeconds * 1000;
}

function serviceUsage(service: ObjectBody): Amounts {
  const type = textAt(service, 'spec', 'type');
  const ports = listAt(service, 'spec', 'ports') as { nodePort?: number }[];
  let nodePorts = type === 'NodePort' || type === 'LoadBalancer' ? ports.length : 0;
  if (type === 'LoadBalancer' && recordAt(service, 'spec')['allocateLoadBalancerNodePorts'] === false) {
    nodePorts = ports.filter(({ nodePort }) => (nodePort ?? 0) !== 0).length;
  }
  return new Map([
    ['count/services', pieces(1)],
    ['services', pieces(1)],
    ['services.loadbalancers', pieces(type === 'LoadBalancer' ? 1 : 0)],
    ['services.nodeports', pieces(nodePorts)],
  ]);
}

function claimUsage(claim: ObjectBody): Amounts {
  const usage: Amounts = new Map([
    ['persistentvolumeclaims', pieces(1)],
    ['count/persistentvolumeclaims', pieces(1)],
  ]);
  const className =
    claim.metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ??
    textAt(claim, 'spec', 'storageClassName');
  if (className !== '') usage.set(`${className}${CLASS_SUFFIX}persistentvolumeclaims`, pieces(1));
  const requests = amountsOf(recordAt(claim, 'spec', 'resources', 'requests'));
  const asked = requests.get('storage');
  if (asked === undefined) return usage;
  const allocated = amountsOf(recordAt(claim, 'status', 'allocatedResources'));
  const storage = wholeBytes(larger(asked, allocated.get('storage')));
  usage.set('requests.storage', storage);
  if (className !== '') usage.set(`${className}${CLASS_SUFFIX}requests.storage`, storage);
  return usage;
}

const larger = (a: Quantity, b: Quantity | undefined): Quantity =>
  b !== undefined && b.nano > a.nano ? b : a;

function wholeBytes({ nano, format }: Quantity): Quantity {
  const unit = 1_000_000_000n;
  return { nano: ((nano + unit - 1n) / unit) * unit, format };
}
