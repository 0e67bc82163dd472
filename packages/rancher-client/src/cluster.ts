/** One condition of a cluster, as `/v3` shows it. */
export interface ClusterCondition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
}

/** By which API a cluster was made, and so by which it is deleted. */
export type CreatedVia = 'provisioning' | 'management';

/** A management cluster of Rancher, reduced to what a simulator needs. */
export interface RancherCluster {
  /** `c-m-xxxxxxxx` (provisioning API) or `c-xxxxx` (management API). */
  id: string;
  /** Display name. */
  name: string;
  /** Computed by Rancher from the conditions: `pending`, `waiting`, `updating`, `active`, `unavailable`, `removing`, … */
  state: string;
  transitioning: 'yes' | 'no' | 'error';
  transitioningMessage: string;
  conditions: ClusterCondition[];
  annotations: Record<string, string>;
  labels: Record<string, string>;
  provider?: string;
  driver?: string;
  /** `gitVersion`, once Rancher has asked the cluster. */
  version?: string;
  nodeCount?: number;
  /** RFC 3339. */
  created?: string;
  /** True while Rancher is deleting it. */
  removed?: boolean;
  via?: CreatedVia;
}

const requiredConditions = ['Connected', 'Ready', 'Updated', 'AgentDeployed'];

/**
 * True when the cluster works for Rancher as a real one does: state `active`, no transition, and Connected, Ready,
 * Updated and AgentDeployed all True. The state alone is not enough: Rancher also shows `active` while, for example,
 * Ready is absent or Connected is False.
 */
export function isActive(cluster: RancherCluster): boolean {
  return (
    cluster.state === 'active' &&
    cluster.transitioning === 'no' &&
    requiredConditions.every((type) =>
      cluster.conditions.some((condition) => condition.type === type && condition.status === 'True'),
    )
  );
}

/** Reads a cluster of `/v3`; undefined if the value isn't one (no `id`). Absent and null fields are alike. */
export function parseCluster(value: unknown): RancherCluster | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const raw = value as Record<string, unknown>;
  const id = text(raw['id']);
  if (id === undefined) return undefined;
  const version = text((raw['version'] as Record<string, unknown> | null | undefined)?.['gitVersion']);
  const transitioning = raw['transitioning'];
  return {
    id,
    name: text(raw['name']) ?? id,
    state: text(raw['state']) ?? '',
    transitioning: transitioning === 'no' || transitioning === 'error' ? transitioning : 'yes',
    transitioningMessage: text(raw['transitioningMessage']) ?? '',
    conditions: conditions(raw['conditions']),
    annotations: strings(raw['annotations']),
    labels: strings(raw['labels']),
    ...optional('provider', text(raw['provider'])),
    ...optional('driver', text(raw['driver'])),
    ...optional('version', version),
    ...optional('nodeCount', typeof raw['nodeCount'] === 'number' ? raw['nodeCount'] : undefined),
    ...optional('created', text(raw['created'])),
    removed: text(raw['removed']) !== undefined || raw['state'] === 'removing',
    via: id.startsWith('c-m-') ? 'provisioning' : 'management',
  };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function strings(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

function conditions(value: unknown): ClusterCondition[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((item: unknown) => {
    const raw = (typeof item === 'object' && item !== null ? item : {}) as Record<string, unknown>;
    const type = text(raw['type']);
    if (type === undefined) return [];
    return [
      {
        type,
        status: text(raw['status']) ?? 'Unknown',
        ...optional('reason', text(raw['reason'])),
        ...optional('message', text(raw['message'])),
      },
    ];
  });
}

function optional<K extends string, V>(key: K, value: V | undefined): { [key in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { [key in K]?: V };
}
