import type { ClusterApi } from '../registry/api.js';
import type { Node, Pod } from './kinds.js';

/** Where the pods' addresses lie if a node has no `podCIDR`: k3s's default cluster CIDR. */
const fallbackCidr = '10.42.0.0/16';

interface Range {
  readonly first: number;
  readonly size: number;
}

const toNumber = (ip: string): number => ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);

const toText = (ip: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(ip / 2 ** shift) % 256).join('.');

function rangeOf(cidr: string): Range | undefined {
  const match = /^(\d+\.\d+\.\d+\.\d+)\/(\d+)$/.exec(cidr);
  if (match?.[1] === undefined) return undefined;
  const size = 2 ** (32 - Number(match[2]));
  return { first: Math.floor(toNumber(match[1]) / size) * size, size };
}

/** The last address given out, per cluster and range: a hint only, forgotten with the cluster. */
const lastGiven = new WeakMap<ClusterApi, Map<string, number>>();

/**
 * A pod address of the node's range that no pod has. Goes round the range, so an address isn't reused at once.
 * Reads all pods only for a cluster's first address and when it has gone round.
 */
export function nextPodIp(api: ClusterApi, node: Node): string {
  const cidr = node.spec?.podCIDR ?? fallbackCidr;
  const range = rangeOf(cidr) ?? rangeOf(fallbackCidr);
  if (range === undefined) throw new Error('the fallback range is not a range');
  let hints = lastGiven.get(api);
  if (hints === undefined) lastGiven.set(api, (hints = new Map<string, number>()));
  const last = hints.get(cidr);
  // .0 is the network, .1 the bridge, the last one broadcast.
  const [lowest, highest] = [range.first + 2, range.first + range.size - 2];
  let next = last === undefined ? undefined : last + 1;
  if (next === undefined || next > highest) {
    const used = usedIn(api, range);
    next = last === undefined ? Math.max(lowest, Math.max(0, ...used) + 1) : lowest;
    if (next > highest) next = lowest;
    for (let tried = 0; used.has(next) && tried < range.size; tried++)
      next = next === highest ? lowest : next + 1;
  }
  hints.set(cidr, next);
  return toText(next);
}

function usedIn(api: ClusterApi, { first, size }: Range): Set<number> {
  const used = new Set<number>();
  for (const pod of api.shared.list('pods') as Pod[]) {
    const ip = pod.status?.podIP;
    if (ip === undefined || ip === pod.status?.hostIP || ip.includes(':')) continue;
    const number = toNumber(ip);
    if (number >= first && number < first + size) used.add(number);
  }
  return used;
}
