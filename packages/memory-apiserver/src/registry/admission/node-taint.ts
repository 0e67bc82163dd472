import type { Attributes } from './attributes.js';

interface Taint {
  key: string;
  value?: string;
  effect: string;
}

const NOT_READY: Taint = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };

/** The TaintNodesByCondition admission: nothing is scheduled on a new node before its controller finds it ready. */
export function taintNewNode({ resource, object }: Attributes): void {
  if (resource.storage !== 'nodes') return;
  const spec = (object.spec ??= {}) as { taints?: Taint[] };
  const isTainted = spec.taints?.some(
    ({ key, effect }) => key === NOT_READY.key && effect === NOT_READY.effect,
  );
  if (isTainted !== true) spec.taints = [...(spec.taints ?? []), { ...NOT_READY }];
}
