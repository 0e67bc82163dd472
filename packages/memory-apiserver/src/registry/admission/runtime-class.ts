import { equalJson } from '../../codec/json.js';
import { canonicalQuantity } from '../../schema/quantity.js';
import type { Attributes } from './attributes.js';
import { refuse } from './attributes.js';

interface RuntimeClass {
  overhead?: { podFixed?: Record<string, string> };
  scheduling?: { nodeSelector?: Record<string, string>; tolerations?: unknown[] };
}

interface RunSpec {
  runtimeClassName?: string;
  overhead?: Record<string, string>;
  nodeSelector?: Record<string, string>;
  tolerations?: unknown[];
}

/**
 * The RuntimeClass admission: what a class costs and where it can run becomes part of new pods that use it
 * (k8s.io/kubernetes `plugin/pkg/admission/runtimeclass`).
 */
export function useRuntimeClass(attributes: Attributes): void {
  const { context, resource, object } = attributes;
  if (resource.storage !== 'pods') return;
  const spec = (object.spec ??= { containers: [] }) as RunSpec;
  const name = spec.runtimeClassName;
  if (!name) {
    if (Object.keys(spec.overhead ?? {}).length > 0)
      refuse(
        attributes,
        'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead',
      );
    return;
  }
  const text = context.store.read('runtimeclasses.node.k8s.io', `/${name}`);
  if (text === undefined) refuse(attributes, `pod rejected: RuntimeClass "${name}" not found`);
  const { overhead, scheduling } = JSON.parse(text) as RuntimeClass;
  const cost = overhead?.podFixed;
  if (cost !== undefined) {
    if (spec.overhead !== undefined && !equalJson(canonical(spec.overhead), canonical(cost)))
      refuse(attributes, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
    spec.overhead = cost;
  } else if (Object.keys(spec.overhead ?? {}).length > 0) {
    refuse(attributes, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead');
  }
  for (const [key, value] of Object.entries(scheduling?.nodeSelector ?? {})) {
    const own = spec.nodeSelector?.[key];
    if (own !== undefined && own !== value)
      refuse(
        attributes,
        `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own}`,
      );
    spec.nodeSelector = { ...spec.nodeSelector, [key]: value };
  }
  const missing = (scheduling?.tolerations ?? []).filter(
    (toleration) => spec.tolerations?.some((own) => equalJson(own, toleration)) !== true,
  );
  if (missing.length > 0) spec.tolerations = [...(spec.tolerations ?? []), ...missing];
}

const canonical = (list: Record<string, string>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(list).map(([name, value]) => [name, canonicalQuantity(value)]));
