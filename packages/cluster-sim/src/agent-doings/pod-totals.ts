import type { KubeObject } from '@scale-cluster/memory-apiserver';
import { goJson } from './go-json.js';
import { addQuantities, maxQuantities } from './quantity.js';

/** Requests and limits of the pods on a node, as JSON texts of quantity maps. */
export interface NodeTotals {
  requests: string;
  limits: string;
}

/** Annotations of Rancher's podresources controller, its only source for "requested" and "limits" figures. */
export const podRequestsAnnotation = 'management.cattle.io/pod-requests';
export const podLimitsAnnotation = 'management.cattle.io/pod-limits';

interface PodSpec {
  nodeName?: string;
  containers?: Container[];
  initContainers?: Container[];
}

interface Container {
  resources?: { requests?: Record<string, string>; limits?: Record<string, string> };
}

/**
 * What the pods of each node ask for, by node name. Ended pods don't count, init containers count where they ask for
 * more than all others together (k8s.io/kubernetes `resource.PodRequestsAndLimits`); `pods` is their number.
 */
export function podTotals(pods: readonly KubeObject[]): Map<string, NodeTotals> {
  const byNode = new Map<
    string,
    { requests: Record<string, string>; limits: Record<string, string>; pods: number }
  >();
  for (const pod of pods) {
    const spec = pod['spec'] as PodSpec | undefined;
    const phase = (pod['status'] as { phase?: string } | undefined)?.phase;
    if (spec?.nodeName === undefined || phase === 'Succeeded' || phase === 'Failed') continue;
    let node = byNode.get(spec.nodeName);
    if (node === undefined) byNode.set(spec.nodeName, (node = { requests: {}, limits: {}, pods: 0 }));
    node.pods += 1;
    node.requests = addQuantities([node.requests, podResources(spec, 'requests')]);
    node.limits = addQuantities([node.limits, podResources(spec, 'limits')]);
  }
  return new Map(
    [...byNode].map(([name, node]) => [
      name,
      {
        requests: goJson({ ...node.requests, pods: String(node.pods) }),
        limits: goJson(node.limits),
      },
    ]),
  );
}

function podResources(spec: PodSpec, which: 'requests' | 'limits'): Record<string, string> {
  const containers = addQuantities((spec.containers ?? []).map((one) => one.resources?.[which]));
  return maxQuantities([containers, ...(spec.initContainers ?? []).map((one) => one.resources?.[which])]);
}

const nothing: NodeTotals = { requests: goJson({ pods: '0' }), limits: '{}' };

/** The same objects, their nodes with the annotations. */
export function withPodTotals(
  objects: readonly KubeObject[],
  totals: ReadonlyMap<string, NodeTotals>,
): KubeObject[] {
  return objects.map((object) => {
    if (object.kind !== 'Node' || object.apiVersion !== 'v1') return object;
    const annotations = {
      ...object.metadata.annotations,
      ...totalAnnotations(totals.get(object.metadata.name)),
    };
    return { ...object, metadata: { ...object.metadata, annotations } };
  });
}

/** What to merge into a node so that it has the annotations; undefined if it has. */
export function podTotalsPatch(
  { metadata: { name, annotations = {} } }: KubeObject,
  totals: ReadonlyMap<string, NodeTotals>,
): object | undefined {
  const wanted = totalAnnotations(totals.get(name));
  const isThere = Object.entries(wanted).every(([key, value]) => annotations[key] === value);
  return isThere ? undefined : { metadata: { annotations: wanted } };
}

/** Both annotations of a node; of one without pods when `totals` is undefined. */
function totalAnnotations(totals: NodeTotals | undefined): Record<string, string> {
  const { requests, limits } = totals ?? nothing;
  return { [podRequestsAnnotation]: requests, [podLimitsAnnotation]: limits };
}
