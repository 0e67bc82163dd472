import { ClusterFaultError } from '../errors.js';
import type { Identity, KubeClient } from '../kube/client.js';
import type { KubeObject } from '../kube/object.js';
import { impersonationNamespace, paths } from '../kube/paths.js';
import { encodeProtobuf, protobufContentType } from '../kube/protobuf.js';
import type { Reflector } from './reflector.js';

/** Rancher polls a token Secret 50 times, 2 ms apart (pkg/serviceaccounttoken/secret.go). */
const tokenPolls = 50;
const tokenPollMs = 2;
/** Then it waits this long for its own watch to show the ServiceAccount (pkg/impersonation). */
const watchWaitMs = 2_000;

const secretRef = 'rancher.io/service-account.secret-ref';
const groups = ['system:authenticated', 'system:cattle:authenticated'] as const;

type Secret = KubeObject & { data?: Record<string, string> };

/**
 * The accounts in a cluster on which requests of Rancher's users ride (pkg/impersonation/impersonation.go
 * `SetUpImpersonation`): ServiceAccount, ClusterRole, binding and a token Secret each.
 */
export class Impersonator {
  readonly #client: KubeClient;
  readonly #watch: Reflector;
  readonly #tokens = new Map<string, Promise<string>>();

  /** @param watch Rancher's watch of the ServiceAccounts in {@link impersonationNamespace}. */
  constructor(client: KubeClient, watch: Reflector) {
    this.#client = client;
    this.#watch = watch;
  }

  /** Who a user's requests go out as; makes the account at first. A failure is tried anew by the next call. */
  async identity(user: string, userAgent: string): Promise<Identity> {
    let token = this.#tokens.get(user);
    if (!token) {
      token = this.#setUp(user);
      this.#tokens.set(user, token);
      token.catch(() => this.#tokens.delete(user));
    }
    const extra = { principalid: [`local://${user}`], username: [user] };
    return { token: await token, userAgent, impersonate: { user, groups, extra } };
  }

  async #setUp(user: string): Promise<string> {
    const name = `cattle-impersonation-${user}`;
    const labels = { 'authz.cluster.cattle.io/impersonator': 'true', 'cattle.io/creator': 'norman' };
    const rbac = 'rbac.authorization.k8s.io';
    await this.#create(paths.namespaces, {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: impersonationNamespace, labels: { 'cattle.io/creator': 'norman' } },
    });
    const account = await this.#account(name, labels);
    await this.#create(paths.clusterRoles, {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRole',
      metadata: { name, labels },
      rules: [
        { apiGroups: [''], resources: ['users'], verbs: ['impersonate'], resourceNames: [user] },
        { apiGroups: [''], resources: ['groups'], verbs: ['impersonate'], resourceNames: [...groups] },
        {
          apiGroups: ['authentication.k8s.io'],
          resources: ['userextras/principalid', 'userextras/username'],
          verbs: ['impersonate'],
        },
      ],
    });
    await this.#create(paths.clusterRoleBindings, {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name, labels },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name },
      subjects: [{ kind: 'ServiceAccount', name, namespace: impersonationNamespace }],
    });
    const token = await this.#token(account);
    const seen = await this.#watch.waitFor(
      (items) => items.has(`${impersonationNamespace}/${name}`),
      watchWaitMs,
    );
    if (!seen) throw this.#slow(`the watch did not show ServiceAccount ${name} within ${watchWaitMs} ms`);
    this.#client.link.cluster.mark('impersonated');
    return token;
  }

  /** Creates through Rancher's cached controllers, which send JSON; already there is good enough. */
  async #create(path: string, object: KubeObject): Promise<KubeObject | undefined> {
    return this.#client.send<KubeObject>('POST', path, object, { allow: [409] });
  }

  async #account(name: string, labels: Record<string, string>): Promise<KubeObject> {
    const path = paths.serviceAccounts(impersonationNamespace);
    const metadata = { name, namespace: impersonationNamespace, labels };
    const made = await this.#create(path, { apiVersion: 'v1', kind: 'ServiceAccount', metadata });
    const account = made ?? (await this.#client.get<KubeObject>(`${path}/${name}`));
    if (!account) throw new ClusterFaultError(`ServiceAccount ${name} is neither new nor there`);
    return account;
  }

  /** Finds or makes the long-lived token of an account, in protobuf as Rancher's typed client sends it. */
  async #token(account: KubeObject): Promise<string> {
    const { name = '', uid = '' } = account.metadata;
    const secrets = paths.secrets(impersonationNamespace);
    const known = account.metadata.annotations?.[secretRef]?.split('/')[1];
    if (known !== undefined) {
      const token = tokenOf(await this.#client.get<Secret>(`${secrets}/${known}`, { allow: [404] }));
      if (token !== undefined) return token;
    }
    const owner = {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      name,
      uid,
      controller: true,
      blockOwnerDeletion: true,
    };
    const secret = await this.#sendProtobuf<Secret>('POST', secrets, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        generateName: `${name}-token-`,
        namespace: impersonationNamespace,
        labels: { 'cattle.io/service-account.name': name },
        annotations: { 'kubernetes.io/service-account.name': name },
        ownerReferences: [owner],
      },
      type: 'kubernetes.io/service-account-token',
    });
    const secretName = secret?.metadata.name;
    if (secretName === undefined)
      throw new ClusterFaultError(`the token Secret of ${name} came back without a name`);
    await this.#annotate(account, secretName);
    return this.#poll(`${secrets}/${secretName}`);
  }

  /** Notes the Secret on the account; on a conflict Rancher deletes the Secret and begins again. */
  async #annotate(account: KubeObject, secretName: string): Promise<void> {
    const { name = '', annotations } = account.metadata;
    const path = `${paths.serviceAccounts(impersonationNamespace)}/${name}`;
    const metadata = {
      ...account.metadata,
      annotations: { ...annotations, [secretRef]: `${impersonationNamespace}/${secretName}` },
    };
    if (
      await this.#sendProtobuf(
        'PUT',
        path,
        { ...account, apiVersion: 'v1', kind: 'ServiceAccount', metadata },
        [409],
      )
    )
      return;
    await this.#client.request({
      method: 'DELETE',
      path: `${paths.secrets(impersonationNamespace)}/${secretName}`,
      body: encodeProtobuf({ apiVersion: 'v1', kind: 'DeleteOptions' }),
      contentType: protobufContentType,
      allow: [404],
    });
    throw new ClusterFaultError(`ServiceAccount ${name} changed while its token was made`);
  }

  async #poll(path: string): Promise<string> {
    for (let poll = 0; poll < tokenPolls; poll++) {
      const secret = await this.#client.get<Secret>(path);
      const token = tokenOf(secret);
      if (token !== undefined) {
        if (!secret?.data?.['ca.crt'] || !secret.data['namespace'])
          this.#report('token-secret-incomplete', `${path} lacks ca.crt or namespace`);
        return token;
      }
      await new Promise((resolve) => setTimeout(resolve, tokenPollMs));
    }
    throw this.#slow(`${path} has no data.token after ${tokenPolls} polls`);
  }

  async #sendProtobuf<T = KubeObject>(
    method: 'POST' | 'PUT',
    path: string,
    object: KubeObject,
    allow: number[] = [],
  ): Promise<T | undefined> {
    return this.#client.send<T>(method, path, encodeProtobuf(object), {
      contentType: protobufContentType,
      allow,
    });
  }

  #slow(detail: string): ClusterFaultError {
    this.#report('impersonation-slow', detail);
    return new ClusterFaultError(detail);
  }

  #report(kind: string, detail: string): void {
    if (!this.#client.link.excused(undefined))
      this.#client.link.environment.violations.report(kind, this.#client.link.cluster.id, detail);
  }
}

function tokenOf(secret: Secret | undefined): string | undefined {
  const token = secret?.data?.['token'];
  return token ? Buffer.from(token, 'base64').toString('utf8') : undefined;
}
