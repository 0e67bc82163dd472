import { listAt } from '../schema/read.js';
import type { CountedContainer } from './quota/pod-resources.js';

/** `BestEffort`, `Burstable` or `Guaranteed`: k8s.io/kubernetes `pkg/apis/core/v1/helper/qos` `ComputePodQOS`. */
export function qosClass(spec: unknown): string {
  const containers = [...listAt(spec, 'initContainers'), ...listAt(spec, 'containers')] as CountedContainer[];
  const compute = (values: Readonly<Record<string, string>> | undefined): string =>
    JSON.stringify([values?.['cpu'] ?? null, values?.['memory'] ?? null]);
  const none = compute(undefined);
  const all = containers.map(({ resources }) => [compute(resources?.requests), compute(resources?.limits)]);
  if (all.every(([requests, limits]) => requests === none && limits === none)) return 'BestEffort';
  const guaranteed = all.every(
    ([requests, limits]) => limits?.includes('null') === false && requests === limits,
  );
  return guaranteed ? 'Guaranteed' : 'Burstable';
}
