import type { Attributes } from './attributes.js';

interface Toleration {
  key?: string;
  operator?: string;
  effect?: string;
  tolerationSeconds?: number;
}

const TAINTS = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];
const SECONDS = 300;

/**
 * The DefaultTolerationSeconds admission: pods bear it for five minutes that their node is away unless they say
 * otherwise (k8s.io/kubernetes `plugin/pkg/admission/defaulttolerationseconds`).
 */
export function addDefaultTolerations({ resource, object, subresource }: Attributes): void {
  if (resource.storage !== 'pods' || subresource !== '') return;
  const spec = (object.spec ??= { containers: [] }) as { tolerations?: Toleration[] };
  const given = spec.tolerations ?? [];
  const missing = TAINTS.filter(
    (taint) =>
      !given.some(({ key, effect }) => (!key || key === taint) && (!effect || effect === 'NoExecute')),
  );
  if (missing.length === 0) return;
  spec.tolerations = [
    ...given,
    ...missing.map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: SECONDS })),
  ];
}
