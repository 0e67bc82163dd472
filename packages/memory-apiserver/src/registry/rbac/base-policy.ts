import type { PolicyRule } from '../user.js';
import type { ClusterBase } from '../../store/cluster-base.js';
import { objectKey } from '../../store/key.js';
import { findPlaceholder } from '../../store/placeholders.js';
import { BindingIndex } from './binding-index.js';
import type { Binding } from './role-binding.js';
import { bindingOf, CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, ROLE_BINDINGS, ROLES } from './role-binding.js';

/** Roles and bindings of a base, shared by all clusters made of it. */
export interface BasePolicy {
  readonly clusterBindings: BindingIndex;
  /** By namespace. */
  readonly bindings: ReadonlyMap<string, BindingIndex>;
  /** By storage, then by key. */
  readonly roles: ReadonlyMap<string, ReadonlyMap<string, readonly PolicyRule[]>>;
  /** Objects that differ from cluster to cluster: each has to read them itself. Keys have the placeholders in them. */
  readonly templates: readonly { storage: string; key: string }[];
}

const policies = new WeakMap<ClusterBase, BasePolicy>();

/** Made when the first cluster of the base asks for it. */
export function basePolicyOf(base: ClusterBase): BasePolicy {
  let policy = policies.get(base);
  if (policy === undefined) {
    policy = readBase(base);
    policies.set(base, policy);
  }
  return policy;
}

function readBase(base: ClusterBase): BasePolicy {
  const clusterBindings = new Map<string, Binding>();
  const bindings = new Map<string, Map<string, Binding>>();
  const roles = new Map([
    [ROLES, new Map<string, readonly PolicyRule[]>()],
    [CLUSTER_ROLES, new Map<string, readonly PolicyRule[]>()],
  ]);
  const templates: { storage: string; key: string }[] = [];
  const isPolicy = (storage: string): boolean =>
    roles.has(storage) || storage === CLUSTER_ROLE_BINDINGS || storage === ROLE_BINDINGS;
  const sorted = base.objects
    .filter(({ storage }) => isPolicy(storage))
    .map(({ storage, object }) => {
      const { namespace, name } = object.metadata;
      return { storage, object, key: objectKey(namespace, name) };
    })
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  for (const { storage, object, key } of sorted) {
    const { namespace = '' } = object.metadata;
    if (findPlaceholder(JSON.stringify(object)) !== undefined) templates.push({ storage, key });
    else if (storage === CLUSTER_ROLE_BINDINGS) clusterBindings.set(key, bindingOf(object));
    else if (storage === ROLE_BINDINGS) {
      const local = bindings.get(namespace) ?? new Map<string, Binding>();
      bindings.set(namespace, local.set(key, bindingOf(object)));
    } else roles.get(storage)?.set(key, (object['rules'] ?? []) as PolicyRule[]);
  }
  return {
    clusterBindings: new BindingIndex(clusterBindings),
    bindings: new Map([...bindings].map(([namespace, local]) => [namespace, new BindingIndex(local)])),
    roles,
    templates,
  };
}
