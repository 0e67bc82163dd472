import type { ManagementCluster } from '../model/cluster.js';
import { agentImage } from '../manifest/agent-manifest.js';
import type { Resource } from './collection.js';

const isoSeconds = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');

/** A cluster as /v3 shows it: fields appear as the status fills. */
export function clusterView(cluster: ManagementCluster, base: string, creatorId: string): Resource {
  const self = `${base}/v3/clusters/${cluster.id}`;
  const { state, transitioning, message } = cluster.state;
  return {
    id: cluster.id,
    type: 'cluster',
    baseType: 'cluster',
    name: cluster.name,
    ...(cluster.description === '' ? {} : { description: cluster.description }),
    uuid: cluster.uid,
    created: isoSeconds(cluster.createdAt),
    createdTS: cluster.createdAt,
    creatorId,
    fleetWorkspaceName: cluster.workspace,
    internal: false,
    labels: {
      ...cluster.labels,
      ...(cluster.provider === '' ? {} : { 'provider.cattle.io': cluster.provider }),
    },
    annotations: cluster.annotations,
    state,
    transitioning,
    transitioningMessage: message,
    conditions: cluster.conditions.list(),
    ...(cluster.driver === '' ? {} : { driver: cluster.driver }),
    ...(cluster.provider === '' ? {} : { provider: cluster.provider }),
    ...(cluster.version ? { version: cluster.version } : {}),
    ...(cluster.params
      ? {
          apiEndpoint: `https://${cluster.params.address}`,
          caCert: cluster.params.caCert,
          agentImage,
          nodeCount: cluster.nodeCount,
        }
      : {}),
    ...(cluster.capacity ? { capacity: cluster.capacity } : {}),
    ...(cluster.allocatable ? { allocatable: cluster.allocatable } : {}),
    ...(cluster.removedAt === undefined
      ? {}
      : { removed: isoSeconds(cluster.removedAt), removedTS: cluster.removedAt }),
    links: {
      self,
      update: self,
      remove: self,
      nodes: `${base}/v3/nodes?clusterId=${cluster.id}`,
      clusterRegistrationTokens: `${base}/v3/clusterregistrationtokens?clusterId=${cluster.id}`,
    },
    actions: { generateKubeconfig: `${self}?action=generateKubeconfig` },
  };
}

/** What both steve views of a cluster share. */
function steveMetadata(cluster: ManagementCluster, state: object): Record<string, unknown> {
  return {
    uid: cluster.uid,
    creationTimestamp: isoSeconds(cluster.createdAt),
    generation: 1,
    labels: cluster.labels,
    annotations: cluster.annotations,
    ...(cluster.removedAt === undefined ? {} : { deletionTimestamp: isoSeconds(cluster.removedAt) }),
    state,
  };
}

/** The management cluster as /v1 (steve) shows it. */
export function managementView(cluster: ManagementCluster, base: string): Resource {
  const { state, transitioning, message } = cluster.state;
  const self = `${base}/v1/management.cattle.io.clusters/${cluster.id}`;
  return {
    id: cluster.id,
    type: 'management.cattle.io.cluster',
    links: { self, remove: self, update: self, view: self },
    apiVersion: 'management.cattle.io/v3',
    kind: 'Cluster',
    metadata: {
      name: cluster.id,
      ...steveMetadata(cluster, {
        name: state,
        transitioning: transitioning !== 'no',
        error: transitioning === 'error',
        message,
      }),
    },
    spec: {
      displayName: cluster.name,
      description: cluster.description,
      fleetWorkspaceName: cluster.workspace,
    },
    status: {
      conditions: cluster.conditions.list(),
      driver: cluster.driver,
      provider: cluster.provider,
      nodeCount: cluster.nodeCount,
      ...(cluster.version ? { version: cluster.version } : {}),
      ...(cluster.params
        ? { apiEndpoint: `https://${cluster.params.address}`, caCert: cluster.params.caCert }
        : {}),
    },
  };
}

/** The provisioning cluster as /v1 (steve) shows it; `status.clusterName` is absent at first. */
export function provisioningView(cluster: ManagementCluster, base: string): Resource {
  const id = `${cluster.workspace}/${cluster.provisioningName}`;
  const self = `${base}/v1/provisioning.cattle.io.clusters/${id}`;
  const { message } = cluster.state;
  const name = cluster.removedAt !== undefined ? 'removing' : cluster.active ? 'active' : 'waiting';
  return {
    id,
    type: 'provisioning.cattle.io.cluster',
    links: { self, remove: self, update: self, view: self },
    apiVersion: 'provisioning.cattle.io/v1',
    kind: 'Cluster',
    metadata: {
      namespace: cluster.workspace,
      name: cluster.provisioningName,
      ...steveMetadata(cluster, { name, transitioning: name !== 'active', error: false, message }),
    },
    spec: {},
    status: cluster.published
      ? {
          clusterName: cluster.id,
          ready: cluster.everConnected,
          agentDeployed: cluster.conditions.is('AgentDeployed', 'True'),
          clientSecretName: `${cluster.provisioningName}-kubeconfig`,
        }
      : {},
  };
}
