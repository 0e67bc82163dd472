import type { Amounts } from './amounts.js';
import { addAmounts, amountsOf, raiseAmounts } from './amounts.js';

type ResourceList = Readonly<Record<string, string>>;

interface Resources {
  readonly requests?: ResourceList;
  readonly limits?: ResourceList;
}

export interface CountedContainer {
  readonly name: string;
  readonly restartPolicy?: string;
  readonly resources?: Resources;
}

export interface CountedPodSpec {
  readonly containers?: readonly CountedContainer[];
  readonly initContainers?: readonly CountedContainer[];
  readonly overhead?: ResourceList;
  readonly resources?: Resources;
}

/** Resources that can be given for a pod as a whole. */
const isPodLevel = (name: string): boolean =>
  name === 'cpu' || name === 'memory' || name.startsWith('hugepages-');

/**
 * What a pod asks for, or may use at most, in all: its containers and sidecars together, or an init container with
 * the sidecars before it if that is more; or what the pod itself names; and the overhead (`PodRequests` and
 * `PodLimits` in k8s.io/component-helpers).
 */
export function podTotal(
  { containers = [], initContainers = [], overhead, resources }: CountedPodSpec,
  side: 'requests' | 'limits',
  withOverhead = true,
): Amounts {
  const total: Amounts = new Map();
  for (const container of containers) addAmounts(total, amountsOf(container.resources?.[side]));
  const sidecars: Amounts = new Map();
  const peak: Amounts = new Map();
  for (const container of initContainers) {
    const own = amountsOf(container.resources?.[side]);
    raiseAmounts(peak, addAmounts(new Map(sidecars), own));
    if (container.restartPolicy === 'Always') addAmounts(sidecars, own);
  }
  raiseAmounts(addAmounts(total, sidecars), peak);
  for (const [name, amount] of amountsOf(resources?.[side])) if (isPodLevel(name)) total.set(name, amount);
  if (!withOverhead) return total;
  for (const [name, amount] of amountsOf(overhead)) {
    // A resource without a limit stays without one.
    if (side === 'requests' || total.has(name)) addAmounts(total, [[name, amount]]);
  }
  return total;
}
