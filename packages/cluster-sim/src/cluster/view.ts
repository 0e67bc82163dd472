import { defaultTemplateName } from '../template/template-set.js';
import { stageNames, type ClusterView, type Condition, type StageName, type TunnelView } from '../views.js';
import type { TunnelCounters } from '../tunnels/cluster-tunnels.js';
import type { ManagedCluster } from './managed-cluster.js';

const closedTunnel: TunnelView = { status: 'idle', connectedSince: null, reconnects: 0, connections: 0 };

function tunnelView(counters: TunnelCounters | undefined): TunnelView {
  if (counters === undefined) return closedTunnel;
  const { status, connects, connectedAt, connections } = counters;
  return {
    status,
    connectedSince: isoOrNull(connectedAt),
    reconnects: Math.max(0, connects - 1),
    connections,
  };
}

/** What is shown of a cluster. `nodes` is what its template has. */
export function viewOf(cluster: ManagedCluster, nodes: number): ClusterView {
  const { record, failure, rancher } = cluster;
  const tunnels = cluster.hosted?.tunnels;
  const stages = Object.fromEntries(
    stageNames.map((stage) => [stage, isoOrNull(record.stages[stage])]),
  ) as Record<StageName, string | null>;
  return {
    name: record.name,
    uid: record.uid,
    rancherId: record.rancherId ?? null,
    phase: cluster.phase,
    stages,
    conditions: conditionsOf(cluster),
    lastError:
      failure === undefined
        ? null
        : {
            stage: failure.stage,
            message: failure.message,
            at: iso(failure.at),
            attempts: failure.attempts,
            retryAt: isoOrNull(failure.retryAt),
          },
    rancher:
      rancher === undefined
        ? null
        : { state: rancher.state, transitioning: rancher.transitioning, message: rancher.message },
    tunnels: {
      cluster: tunnelView(tunnels?.cluster),
      steve: tunnelView(tunnels?.steve),
    },
    createdAt: iso(record.createdAt),
    backend: record.backend,
    template: record.template ?? defaultTemplateName,
    nodes,
    proxyPort: record.proxyPort ?? null,
  };
}

function conditionsOf(cluster: ManagedCluster): Condition[] {
  const { record, rancher } = cluster;
  const condition = (type: string, holds: boolean, at: number, reason: string, message = ''): Condition => ({
    type,
    status: holds ? 'True' : 'False',
    reason,
    message,
    lastTransitionTime: iso(at),
  });
  const registered = record.rancherId !== undefined;
  const provisioned = cluster.hosted !== undefined;
  const up = cluster.tunnelsUp;
  const active = rancher?.active === true;
  return [
    condition(
      'Registered',
      registered,
      record.stages.registered ?? record.createdAt,
      registered ? 'Registered' : 'NotYet',
    ),
    condition(
      'Provisioned',
      provisioned,
      record.stages.provisioned ?? record.createdAt,
      provisioned ? 'APIAnswers' : 'NotYet',
    ),
    condition('TunnelsUp', up, cluster.tunnelsChangedAt, up ? 'BothConnected' : 'NotBothConnected'),
    condition(
      'Active',
      active,
      cluster.activeChangedAt,
      active ? 'RancherSaysSo' : 'NotActive',
      rancher?.message ?? '',
    ),
  ];
}

const iso = (milliseconds: number): string => new Date(milliseconds).toISOString();

const isoOrNull = (milliseconds: number | undefined): string | null =>
  milliseconds === undefined ? null : iso(milliseconds);
