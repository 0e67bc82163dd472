import { createHmac } from 'node:crypto';
import type { UserInfo } from '@scale-cluster/memory-apiserver';

/** Namespace and service account of Rancher's agent (facts: rancher-import §2). */
export const agentNamespace = 'cattle-system';
export const agentServiceAccount = 'cattle';

export const agentUser: UserInfo = {
  username: `system:serviceaccount:${agentNamespace}:${agentServiceAccount}`,
  groups: ['system:serviceaccounts', `system:serviceaccounts:${agentNamespace}`, 'system:authenticated'],
};

/** Who a local kubeconfig makes you. */
export const localUser: UserInfo = {
  username: 'scale-cluster-admin',
  groups: ['system:masters', 'system:authenticated'],
};

/**
 * Tokens of one cluster, derived from the fleet's secret and the cluster's uid: the same after every restart without
 * being stored per cluster. Rancher restarts all controllers of a cluster whose agent token changes (§4.1).
 */
export class ClusterTokens {
  constructor(
    private readonly secret: string,
    private readonly uid: string,
  ) {}

  /** Name of the Secret with {@link agentToken}. */
  get agentSecretName(): string {
    return `${agentServiceAccount}-token-${this.#derive('agent-secret').toString('hex').slice(0, 5)}`;
  }

  /** What the agent shows Rancher; looks like the token of a long-lived service account Secret. */
  get agentToken(): string {
    const claims = {
      iss: 'kubernetes/serviceaccount',
      'kubernetes.io/serviceaccount/namespace': agentNamespace,
      'kubernetes.io/serviceaccount/secret.name': this.agentSecretName,
      'kubernetes.io/serviceaccount/service-account.name': agentServiceAccount,
      'kubernetes.io/serviceaccount/service-account.uid': this.uid,
      sub: agentUser.username,
    };
    const text = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
    return `${text}.${this.#derive(text).toString('base64url')}`;
  }

  /** For people's kubectl on this machine. */
  get localToken(): string {
    return this.#derive('local-user').toString('base64url');
  }

  #derive(purpose: string): Buffer {
    return createHmac('sha256', Buffer.from(this.secret, 'base64')).update(`${this.uid}/${purpose}`).digest();
  }
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
