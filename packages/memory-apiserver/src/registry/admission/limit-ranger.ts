import type { KubeObject } from '../../object.js';
import { formatQuantity, type Quantity } from '../../schema/quantity.js';
import { listAt } from '../../schema/read.js';
import type { ObjectBody } from '../../store/change.js';
import type { Amounts } from '../quota/amounts.js';
import { amountsOf } from '../quota/amounts.js';
import type { CountedContainer } from '../quota/pod-resources.js';
import { podTotal, type CountedPodSpec } from '../quota/pod-resources.js';
import type { Attributes } from './attributes.js';
import { objectsOf, refuse } from './attributes.js';

type ResourceList = Record<string, string>;

/** One entry of a LimitRange's `spec.limits`. */
interface Limit {
  readonly type: string;
  readonly default?: ResourceList;
  readonly defaultRequest?: ResourceList;
  readonly min?: ResourceList;
  readonly max?: ResourceList;
  readonly maxLimitRequestRatio?: ResourceList;
}

type Container = CountedContainer & { resources?: { requests?: ResourceList; limits?: ResourceList } };

const RANGES = 'limitranges';

const limitsOf = (range: ObjectBody): Limit[] => listAt(range, 'spec', 'limits') as Limit[];
const isResize = ({ resource, subresource }: Attributes): boolean =>
  resource.storage === 'pods' && subresource === 'resize';

/**
 * The LimitRanger admission's first half: gives containers of new pods the requests and limits that they don't name
 * (k8s.io/kubernetes `plugin/pkg/admission/limitranger` `PodMutateLimitFunc`).
 */
export function addDefaultLimits({ context, resource, object }: Attributes): void {
  if (resource.storage !== 'pods') return;
  for (const range of objectsOf(context, RANGES, object.metadata.namespace)) {
    const limits = limitsOf(range).filter(({ type }) => type === 'Container');
    const requests = Object.assign({}, ...limits.map((limit) => limit.defaultRequest)) as ResourceList;
    const defaults = Object.assign({}, ...limits.map((limit) => limit.default)) as ResourceList;
    const done = [
      ...(listAt(object, 'spec', 'containers') as Container[]).flatMap((container) =>
        fill(container, 'container', requests, defaults),
      ),
      ...(listAt(object, 'spec', 'initContainers') as Container[]).flatMap((container) =>
        fill(container, 'init container', requests, defaults),
      ),
    ];
    if (done.length === 0) continue;
    object.metadata.annotations = {
      ...object.metadata.annotations,
      'kubernetes.io/limit-ranger': `LimitRanger plugin set: ${done.join('; ')}`,
    };
  }
}

/** Adds what a container lacks and tells what that was. */
function fill(container: Container, what: string, requests: ResourceList, limits: ResourceList): string[] {
  const told: string[] = [];
  for (const [side, defaults, word] of [
    ['requests', requests, 'request'],
    ['limits', limits, 'limit'],
  ] as const) {
    const own = container.resources?.[side] ?? {};
    const missing = Object.keys(defaults)
      .filter((name) => own[name] === undefined)
      .sort();
    if (missing.length === 0) continue;
    const added = Object.fromEntries(missing.map((name) => [name, defaults[name] ?? '']));
    container.resources = { ...container.resources, [side]: { ...own, ...added } };
    told.push(`${missing.join(', ')} ${word} for ${what} ${container.name}`);
  }
  return told;
}

/** Its second half: refuses pods and claims outside the bounds (`PodValidateLimitFunc` and its like). */
export function checkLimits(attributes: Attributes): void {
  const { context, resource, object, old, subresource } = attributes;
  const isPod = resource.storage === 'pods' && (old === undefined || isResize(attributes));
  const isClaim = resource.storage === 'persistentvolumeclaims' && subresource === '';
  if (!isPod && !isClaim) return;
  for (const range of objectsOf(context, RANGES, object.metadata.namespace)) {
    const problems = new Set(
      limitsOf(range).flatMap((limit) => (isPod ? podProblems(limit, object) : claimProblems(limit, object))),
    );
    if (problems.size === 0) continue;
    const texts = [...problems];
    refuse(attributes, texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`);
  }
}

/** What a limit is held against. */
interface Asked {
  readonly requests: Amounts;
  readonly limits: Amounts;
}

function podProblems(limit: Limit, pod: KubeObject): string[] {
  const spec = pod.spec as CountedPodSpec;
  if (limit.type === 'Pod') {
    const [requests, limits] = [podTotal(spec, 'requests', false), podTotal(spec, 'limits', false)];
    return allProblems(limit, { requests, limits });
  }
  if (limit.type !== 'Container') return [];
  return [...(spec.containers ?? []), ...(spec.initContainers ?? [])].flatMap(({ resources }) =>
    allProblems(limit, { requests: amountsOf(resources?.requests), limits: amountsOf(resources?.limits) }),
  );
}

function claimProblems(limit: Limit, claim: KubeObject): string[] {
  if (limit.type !== 'PersistentVolumeClaim') return [];
  const spec = claim.spec as { resources?: { requests?: ResourceList } };
  const requests = amountsOf(spec.resources?.requests);
  const tooLarge = each(limit.max, (name, bound) => {
    const [asked, subject] = [
      requests.get(name),
      `maximum ${name} usage per ${limit.type} is ${show(bound)}`,
    ];
    if (asked === undefined) return `${subject}.  No request is specified`;
    return asked.nano > bound.nano ? `${subject}, but request is ${show(asked)}` : undefined;
  });
  return [
    ...each(limit.min, (name, bound) => tooSmall(limit, name, bound, { requests, limits: new Map() })),
    ...tooLarge,
  ];
}

const allProblems = (limit: Limit, asked: Asked): string[] => [
  ...each(limit.min, (name, bound) => tooSmall(limit, name, bound, asked)),
  ...each(limit.max, (name, bound) => tooLarge(limit, name, bound, asked)),
  ...each(limit.maxLimitRequestRatio, (name, bound) => tooFarApart(limit, name, bound, asked)),
];

const show = formatQuantity;

function each(
  bounds: ResourceList | undefined,
  problem: (name: string, bound: Quantity) => string | undefined,
): string[] {
  return [...amountsOf(bounds)].flatMap(([name, bound]) => problem(name, bound) ?? []);
}

function tooSmall({ type }: Limit, name: string, bound: Quantity, asked: Asked): string | undefined {
  const [request, limit] = [asked.requests.get(name), asked.limits.get(name)];
  const subject = `minimum ${name} usage per ${type} is ${show(bound)}`;
  if (request === undefined) return `${subject}.  No request is specified`;
  if (request.nano < bound.nano) return `${subject}, but request is ${show(request)}`;
  return limit !== undefined && limit.nano < bound.nano
    ? `${subject}, but limit is ${show(limit)}`
    : undefined;
}

function tooLarge({ type }: Limit, name: string, bound: Quantity, asked: Asked): string | undefined {
  const [request, limit] = [asked.requests.get(name), asked.limits.get(name)];
  const subject = `maximum ${name} usage per ${type} is ${show(bound)}`;
  if (limit === undefined) return `${subject}.  No limit is specified`;
  if (limit.nano > bound.nano) return `${subject}, but limit is ${show(limit)}`;
  return request !== undefined && request.nano > bound.nano
    ? `${subject}, but request is ${show(request)}`
    : undefined;
}

function tooFarApart({ type }: Limit, name: string, bound: Quantity, asked: Asked): string | undefined {
  const [request, limit] = [asked.requests.get(name), asked.limits.get(name)];
  const subject = `${name} max limit to request ratio per ${type} is ${show(bound)}`;
  if ((request?.nano ?? 0n) === 0n || request === undefined)
    return `${subject}, but no request is specified or request is 0`;
  if ((limit?.nano ?? 0n) === 0n || limit === undefined)
    return `${subject}, but no limit is specified or limit is 0`;
  if (limit.nano * 1_000_000_000n <= bound.nano * request.nano) return undefined;
  return `${subject}, but provided ratio is ${(Number(limit.nano) / Number(request.nano)).toFixed(6)}`;
}
