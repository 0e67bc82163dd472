import type { Attributes } from './attributes.js';
import { addDefaultTolerations } from './default-tolerations.js';
import { checkResize, setIngressClass, setStorageClass } from './default-classes.js';
import { addDefaultLimits, checkLimits } from './limit-ranger.js';
import { taintNewNode } from './node-taint.js';
import { checkPodSecurity } from './pod-security.js';
import { setPriority } from './priority.js';
import { chargeQuotas } from './resource-quota.js';
import { useRuntimeClass } from './runtime-class.js';
import { useServiceAccount } from './service-account.js';

export type { Attributes } from './attributes.js';

/**
 * The admission plugins that kube-apiserver has on by default, in its order (k8s.io/kubernetes
 * `pkg/kubeapiserver/options/plugins.go`); NamespaceLifecycle is in `namespaces.ts`.
 */
type Plugin = (attributes: Attributes) => void;

const COMPLETING: readonly Plugin[] = [
  addDefaultLimits,
  useServiceAccount,
  taintNewNode,
  setPriority,
  addDefaultTolerations,
  setStorageClass,
  useRuntimeClass,
  setIngressClass,
];

/** What also is completed when an object is updated. */
const COMPLETING_UPDATES: readonly Plugin[] = [setPriority, addDefaultTolerations];

const CHECKING: readonly Plugin[] = [checkLimits, checkPodSecurity, checkResize, chargeQuotas];

/** Storages that plugins complete objects of. */
const COMPLETED: ReadonlySet<string> = new Set([
  'pods',
  'nodes',
  'persistentvolumeclaims',
  'priorityclasses.scheduling.k8s.io',
  'ingresses.networking.k8s.io',
]);

/** Completes an object before its strategy and validation see it. Throws Forbidden. */
export function completeByAdmission(attributes: Attributes): void {
  const { resource, old, subresource } = attributes;
  if (subresource !== '' || !COMPLETED.has(resource.storage)) return;
  for (const plugin of old === undefined ? COMPLETING : COMPLETING_UPDATES) plugin(attributes);
}

/** Looks at a valid object right before it is stored, and books what it uses. Throws Forbidden. */
export function checkByAdmission(attributes: Attributes): void {
  for (const plugin of CHECKING) plugin(attributes);
}
