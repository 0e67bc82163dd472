import { fillPlaceholders } from '../../store/placeholders.js';
import type { Change } from '../../store/change.js';
import type { ClusterStore } from '../../store/cluster-store.js';
import { objectKey, splitKey } from '../../store/key.js';
import type { PolicyRule, UserInfo } from '../user.js';
import type { BasePolicy } from './base-policy.js';
import { basePolicyOf } from './base-policy.js';
import type { BindingIndex } from './binding-index.js';
import type { Binding, BindingFields, RoleRef } from './role-binding.js';
import {
  bindingOf,
  CLUSTER_ROLE_BINDINGS,
  CLUSTER_ROLES,
  matchingSubject,
  ROLE_BINDINGS,
  ROLES,
} from './role-binding.js';
import { SharedValues } from './shared-values.js';

/** What one binding gives one user. */
export interface Grant {
  /** Undefined if the role doesn't exist. */
  readonly rules: readonly PolicyRule[] | undefined;
  readonly roleRef: RoleRef;
  /** `ClusterRoleBinding "b" of ClusterRole "r" to Group "g"`. */
  describe(): string;
}

const sharedRules = new SharedValues<readonly PolicyRule[]>();
const sharedBindings = new SharedValues<Binding>();

/** null hides what the base has under the key. */
type Own<T> = Map<string, T | null>;

const STORAGES = [CLUSTER_ROLES, ROLES, CLUSTER_ROLE_BINDINGS, ROLE_BINDINGS];

/**
 * Roles and bindings of one cluster, read from its store and kept up to date by it: those of the base are shared, of
 * its own it keeps references to values shared by all clusters. Made for a cluster's first request of a user whom
 * RBAC has to look at.
 */
export class ClusterPolicy {
  readonly #base: BasePolicy;
  readonly #clusterBindings: Own<Binding> = new Map();
  /** By namespace, then by key. */
  readonly #bindings = new Map<string, Own<Binding>>();
  readonly #clusterRoles: Own<readonly PolicyRule[]> = new Map();
  readonly #roles: Own<readonly PolicyRule[]> = new Map();

  constructor(store: ClusterStore) {
    this.#base = basePolicyOf(store.base);
    for (const template of this.#base.templates) {
      const key = fillPlaceholders(template.key, store.identity);
      this.#set(template.storage, key, store.read(template.storage, key) ?? null);
    }
    for (const storage of STORAGES) {
      for (const [key, text] of store.own(storage)) this.#set(storage, key, text);
      store.addListener(storage, this);
    }
  }

  /** Called by the store. */
  onChange({ storage, key, type, text }: Change): void {
    this.#set(storage, key, type === 'DELETED' ? null : text);
  }

  /** What bindings give the user: those of the whole cluster, then those of the namespace unless it is `''`. */
  grants(user: UserInfo, namespace: string): Grant[] {
    const grants: Grant[] = [];
    this.findGrant(user, namespace, (grant) => {
      grants.push(grant);
      return false;
    });
    return grants;
  }

  /** The first of {@link grants} that `test` is true of; the others aren't looked for. */
  findGrant(user: UserInfo, namespace: string, test: (grant: Grant) => boolean): Grant | undefined {
    const found = this.#find(this.#base.clusterBindings, this.#clusterBindings, user, '', test);
    if (found !== undefined || namespace === '') return found;
    const own = this.#bindings.get(namespace);
    return this.#find(this.#base.bindings.get(namespace), own, user, namespace, test);
  }

  /** Undefined if there is no such role. A Role is looked for in the namespace. */
  rulesOf({ kind, name }: RoleRef, namespace: string): readonly PolicyRule[] | undefined {
    if (kind !== 'Role' && kind !== 'ClusterRole') return undefined;
    const local = kind === 'Role';
    const key = objectKey(local ? namespace : '', name);
    const own = (local ? this.#roles : this.#clusterRoles).get(key);
    if (own !== undefined) return own ?? undefined;
    return this.#base.roles.get(local ? ROLES : CLUSTER_ROLES)?.get(key);
  }

  #find(
    base: BindingIndex | undefined,
    own: Own<Binding> | undefined,
    user: UserInfo,
    namespace: string,
    test: (grant: Grant) => boolean,
  ): Grant | undefined {
    let found: Grant | undefined;
    const isFound = (binding: Binding): boolean => {
      const subject = matchingSubject(binding, user);
      if (subject === undefined) return false;
      const grant = this.#grant(binding, subject.text, namespace);
      if (test(grant)) found = grant;
      return found !== undefined;
    };
    if (base?.some(user, (binding, key) => own?.has(key) !== true && isFound(binding)) === true) return found;
    for (const binding of own?.values() ?? []) if (binding !== null && isFound(binding)) return found;
    return undefined;
  }

  #grant({ roleRef, text }: Binding, subject: string, namespace: string): Grant {
    return {
      rules: this.rulesOf(roleRef, namespace),
      roleRef,
      describe: () => `${text} of ${roleRef.kind} ${JSON.stringify(roleRef.name)} to ${subject}`,
    };
  }

  #set(storage: string, key: string, text: string | null): void {
    const fields = text === null ? null : (JSON.parse(text) as BindingFields & { rules?: PolicyRule[] });
    if (storage === CLUSTER_ROLES || storage === ROLES) {
      const own = storage === ROLES ? this.#roles : this.#clusterRoles;
      const rules = fields === null ? null : sharedRules.share(fields.rules ?? []);
      put(own, this.#base.roles.get(storage), key, rules);
      return;
    }
    const binding = fields === null ? null : sharedBindings.share(bindingOf(fields));
    if (storage === CLUSTER_ROLE_BINDINGS) {
      put(this.#clusterBindings, this.#base.clusterBindings, key, binding);
      return;
    }
    const { namespace } = splitKey(key);
    const own = this.#bindings.get(namespace) ?? new Map<string, Binding | null>();
    put(own, this.#base.bindings.get(namespace), key, binding);
    if (own.size > 0) this.#bindings.set(namespace, own);
    else this.#bindings.delete(namespace);
  }
}

function put<T>(
  own: Own<T>,
  base: { has(key: string): boolean } | undefined,
  key: string,
  value: T | null,
): void {
  if (value !== null || base?.has(key) === true) own.set(key, value);
  else own.delete(key);
}
