import type { KubeObject } from '@scale-cluster/memory-apiserver';
import type { ClusterObjects } from '../backend/cluster-objects.js';
import { agentNamespace, agentServiceAccount, type ClusterTokens } from './identity.js';

/** What the Secret `stv-aggregation` says about Rancher. */
export interface AggregationFacts {
  /** Without a slash at the end. */
  rancherURL: string;
  registrationToken: string;
  /** PEM; empty when Rancher's certificate is publicly trusted. */
  caCert: string;
  /** sha256 hex of the CA as in CATTLE_CA_CHECKSUM; empty without one. */
  caChecksum: string;
}

/**
 * The long-lived token of the agent's service account, in the form that its start leaves behind
 * (rancher pkg/serviceaccounttoken/secret.go `SecretTemplate`, facts: rancher-import §3.1 item 4).
 */
export async function ensureAgentToken(
  objects: ClusterObjects,
  tokens: ClusterTokens,
  caCert: string,
): Promise<void> {
  await ensure(objects, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: agentNamespace } });
  const account = await ensure(objects, {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: agentServiceAccount, namespace: agentNamespace },
  });
  const name = tokens.agentSecretName;
  if ((await objects.find('secrets', agentNamespace, name)) === undefined) {
    await objects.create({
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'kubernetes.io/service-account-token',
      metadata: {
        name,
        namespace: agentNamespace,
        labels: { 'cattle.io/service-account.name': agentServiceAccount },
        annotations: { 'kubernetes.io/service-account.name': agentServiceAccount },
        ownerReferences: [
          {
            apiVersion: 'v1',
            kind: 'ServiceAccount',
            name: agentServiceAccount,
            uid: account.metadata.uid ?? '',
          },
        ],
      },
      data: {
        token: base64(tokens.agentToken),
        'ca.crt': base64(caCert),
        namespace: base64(agentNamespace),
      },
    });
  }
  const reference = `${agentNamespace}/${name}`;
  const annotation = 'rancher.io/service-account.secret-ref';
  if (account.metadata.annotations?.[annotation] !== reference) {
    await objects.patch('serviceaccounts', agentNamespace, agentServiceAccount, 'merge', {
      metadata: { annotations: { [annotation]: reference } },
    });
  }
}

/**
 * Writes Secret cattle-system/stv-aggregation, by which the agent opens its second tunnel and Rancher's cavalidator
 * sees that certificates are checked (facts: rancher-import §3.3). Nothing happens when it is up to date.
 */
export async function ensureAggregationSecret(
  objects: ClusterObjects,
  facts: AggregationFacts,
): Promise<void> {
  const data = {
    CATTLE_SERVER: base64(facts.rancherURL),
    CATTLE_TOKEN: base64(facts.registrationToken),
    CATTLE_CA_CHECKSUM: base64(facts.caChecksum),
    CATTLE_CACERTS_VALID: base64('true'),
    url: base64(`${facts.rancherURL}/v3/connect`),
    token: base64(`stv-cluster-${facts.registrationToken}`),
    'ca.crt': base64(facts.caCert),
  };
  const present = await objects.find('secrets', agentNamespace, 'stv-aggregation');
  if (present === undefined) {
    await objects.create({
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'Opaque',
      metadata: { name: 'stv-aggregation', namespace: agentNamespace },
      data,
    });
    return;
  }
  const old = (present['data'] ?? {}) as Record<string, string>;
  if (Object.entries(data).every(([key, value]) => (old[key] ?? '') === value)) return;
  await objects.patch('secrets', agentNamespace, 'stv-aggregation', 'merge', { data });
}

async function ensure(objects: ClusterObjects, object: KubeObject): Promise<KubeObject> {
  const storage = object.kind === 'Namespace' ? 'namespaces' : 'serviceaccounts';
  const present = await objects.find(storage, object.metadata.namespace, object.metadata.name);
  return present ?? objects.create(object);
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');
