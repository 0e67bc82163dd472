import { randomUUID } from 'node:crypto';
import { ApiError, qualifiedResource } from '../../errors.js';
import type { KubeObject } from '../../object.js';
import type { Json } from '../../object.js';
import type { CelAccess } from '../../schema/cel/authorizer.js';
import { CelAuthorizer } from '../../schema/cel/authorizer.js';
import { dynamicValue } from '../../schema/cel/values.js';
import type { ResourceInfo } from '../../schema/resource.js';
import type { WriteOptions } from '../api.js';
import type { RegistryContext } from '../context.js';
import { findObject } from '../context.js';
import type { UserInfo } from '../user.js';
import { serviceAccountName } from '../user.js';
import { compiledPolicy, type CompiledPolicy } from './compiled.js';
import { celObject, evaluatePolicy, type Activation, type Denial } from './evaluate.js';
import { isMatch, type AdmissionRequest } from './matching.js';
import { ConfigurationFault, paramsOf } from './params.js';
import { BINDINGS, POLICIES, type BindingSpec, type PolicySpec } from './policy.js';

/** Controllers that run in the process. */
const CONTROLLERS: UserInfo = {
  username: 'system:kube-controller-manager',
  groups: ['system:authenticated'],
};

type AdmitOptions = Pick<WriteOptions, 'dryRun' | 'request' | 'warn'>;

/** Policies don't decide about themselves. */
const EXEMPT = new Set([
  'validatingadmissionpolicies',
  'validatingadmissionpolicybindings',
  'mutatingadmissionpolicies',
  'mutatingadmissionpolicybindings',
  'validatingwebhookconfigurations',
  'mutatingwebhookconfigurations',
]);

/**
 * Asks the cluster's ValidatingAdmissionPolicies about a write that is otherwise fine. Costs next to nothing where
 * there are none. Throws an ApiError if one denies it; others warn.
 *
 * @param object the state to be; undefined for a deletion
 * @param old the state that is; undefined for a creation
 */
export function admit(
  context: RegistryContext,
  resource: ResourceInfo,
  object: KubeObject | undefined,
  old: KubeObject | undefined,
  options: AdmitOptions & { subresource?: string },
): void {
  if (context.store.count(BINDINGS) === 0 || context.store.count(POLICIES) === 0) return;
  if (resource.group === 'admissionregistration.k8s.io' && EXEMPT.has(resource.plural)) return;
  const { metadata } = (object ?? old) as KubeObject;
  const request: AdmissionRequest = {
    operation: object === undefined ? 'DELETE' : old === undefined ? 'CREATE' : 'UPDATE',
    group: resource.group,
    version: resource.version,
    kind: resource.kind,
    resource: resource.plural,
    subresource: options.request?.resource?.subresource ?? options.subresource ?? '',
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    object,
    oldObject: old,
  };
  new Admission(context, request, options).check();
}

interface Named<Spec> {
  readonly name: string;
  readonly spec: Spec;
}

class Admission {
  readonly #denials: (Denial & { policy: string; binding?: string })[] = [];
  #namespace: KubeObject | undefined;

  constructor(
    private readonly context: RegistryContext,
    private readonly request: AdmissionRequest,
    private readonly options: AdmitOptions,
  ) {}

  check(): void {
    const bindings = this.#all<BindingSpec>(BINDINGS);
    for (const { name, spec } of this.#all<PolicySpec>(POLICIES)) {
      const own = bindings.filter(({ spec: { policyName } }) => policyName === name);
      if (own.length === 0 || !isMatch(spec.matchConstraints ?? {}, this.request, this.#namespaceLabels))
        continue;
      const policy = compiledPolicy(spec);
      for (const binding of own) this.#ask(name, policy, binding);
    }
    const [first] = this.#denials;
    if (first !== undefined) throw this.#refusal(first);
  }

  #all<Spec>(storage: string): Named<Spec>[] {
    const { store } = this.context;
    return [...store.keys(storage)].map((key) => {
      const { metadata, spec } = JSON.parse(store.read(storage, key) ?? '{}') as KubeObject;
      return { name: metadata.name, spec: (spec ?? {}) as Spec };
    });
  }

  readonly #namespaceLabels = (): Record<string, string> | undefined =>
    this.#namespaceObject()?.metadata.labels;

  #namespaceObject(): KubeObject | undefined {
    const { namespace, kind } = this.request;
    if (namespace === '' || kind === 'Namespace') return undefined;
    const resource = this.context.catalog.findStorage('namespaces');
    this.#namespace ??= resource && findObject(this.context, resource, undefined, namespace);
    return this.#namespace;
  }

  #ask(name: string, policy: CompiledPolicy, binding: Named<BindingSpec>): void {
    const { spec } = binding;
    if (!isMatch(spec.matchResources ?? {}, this.request, this.#namespaceLabels)) return;
    let params: (KubeObject | undefined)[];
    try {
      params = paramsOf(this.context, policy.spec, spec, this.request.namespace);
    } catch (error) {
      if (!(error instanceof ConfigurationFault)) throw error;
      if (policy.spec.failurePolicy === 'Ignore') return;
      const message = `failed to configure binding: ${error.message}`;
      this.#denials.push({ message, reason: '', policy: name, binding: binding.name });
      return;
    }
    for (const param of params)
      for (const denial of evaluatePolicy(policy, this.#activation(param)))
        for (const action of spec.validationActions ?? [])
          if (action === 'Deny') this.#denials.push({ ...denial, policy: name, binding: binding.name });
          else if (action === 'Warn') {
            const about = `ValidatingAdmissionPolicy '${name}' with binding '${binding.name}'`;
            this.options.warn?.(`Validation failed for ${about}: ${denial.message}`);
          }
  }

  #activation(params: KubeObject | undefined): Activation {
    const { object, oldObject } = this.request;
    return {
      object: celObject(object),
      oldObject: celObject(oldObject),
      params: celObject(params),
      request: dynamicValue(this.#requestValue()),
      namespaceObject: celObject(this.#namespaceObject()),
      authorizer: this.#authorizer(),
    };
  }

  get #user(): UserInfo {
    return this.options.request?.user ?? CONTROLLERS;
  }

  /** `admission/v1` AdmissionRequest without the objects. */
  #requestValue(): Json {
    const { group, version, kind, resource, subresource, operation, name, namespace } = this.request;
    const { username, uid, groups, extra } = this.#user;
    const ownKind = { group, version, kind };
    const ownResource = { group, version, resource };
    return {
      uid: randomUUID(),
      kind: ownKind,
      resource: ownResource,
      subResource: subresource,
      requestKind: ownKind,
      requestResource: ownResource,
      requestSubResource: subresource,
      name,
      namespace,
      operation,
      userInfo: { username, groups, ...(uid === undefined ? {} : { uid }), extra: extra ?? {} },
      dryRun: this.options.dryRun === true,
    };
  }

  #authorizer(): CelAuthorizer {
    const { group, resource, subresource, namespace, name } = this.request;
    const authorize = (access: CelAccess, verb: string): { allowed: boolean; reason?: string } => {
      const { path, serviceAccount, ...target } = access;
      const user = serviceAccount === undefined ? this.#user : accountUser(serviceAccount);
      return this.context.authorizer.authorize({
        user,
        verb,
        ...(path === undefined ? { resource: { ...target, version: '*' } } : { path }),
      });
    };
    return CelAuthorizer.ofRequest(authorize, { group, resource, subresource, namespace, name });
  }

  /** `admission.NewForbidden`, with the reason and code of the first denial. */
  #refusal({ message, reason, policy, binding }: Denial & { policy: string; binding?: string }): ApiError {
    const { group, resource, name } = this.request;
    const by = `ValidatingAdmissionPolicy '${policy}'${binding === undefined ? '' : ` with binding '${binding}'`}`;
    const text = `${by} denied request: ${message}`;
    const what = `${qualifiedResource({ group, plural: resource })} ${JSON.stringify(name)}`;
    return new ApiError(CODES[reason] ?? 422, reason || 'Invalid', `${what} is forbidden: ${text}`, {
      ...(name === '' ? {} : { name }),
      ...(group === '' ? {} : { group }),
      kind: resource,
      causes: [{ message: text }],
    });
  }
}

const CODES: Readonly<Record<string, number>> = {
  Forbidden: 403,
  Unauthorized: 401,
  RequestEntityTooLarge: 413,
};

const accountUser = ({ namespace, name }: { namespace: string; name: string }): UserInfo => ({
  username: serviceAccountName(namespace, name),
  groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
});
