import { isBackendKind, type BackendKind } from '../backend/backend-kinds.js';
import type { AgentShare } from '../backend/backend.js';
import { stageNames, type StageName } from '../views.js';

/** What is kept of a cluster over restarts; everything else follows from it, the template and the journal. */
export interface ClusterRecord {
  readonly name: string;
  /** Our own id of the cluster; in Rancher as annotation `scale-cluster-agent.io/cluster-uid`. */
  readonly uid: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly backend: BackendKind;
  /** Name of its template; absent for the default one. */
  readonly template?: string;
  rancherId?: string;
  /** What it has had of Rancher's agent from the start: its journal holds differences to that. */
  agent?: AgentShare;
  /** The API that made it, and so the one that deletes it. */
  via?: 'provisioning' | 'management';
  /** Registration token, by which the tunnels log in. */
  token?: string;
  /** Milliseconds since the epoch. */
  tokenExpiresAt?: number;
  /** Port of its own listener, if it has had one. */
  proxyPort?: number;
  /** Someone wished it gone; true until it is. */
  deleting?: boolean;
  /** Churn has made objects in it, which may still be there. */
  churned?: boolean;
  /** When each stage was reached first, milliseconds since the epoch. */
  stages: Partial<Record<StageName, number>>;
}

/** Reads a record from JSON; undefined if it isn't one. Unknown fields are dropped, so older programs can read newer files. */
export function parseRecord(value: unknown): ClusterRecord | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const raw = value as Record<string, unknown>;
  const { name, uid, createdAt, backend = 'memory', template, rancherId, via, token, tokenExpiresAt } = raw;
  // What no cluster can be made of must not become another one.
  if (!isBackendKind(backend)) return undefined;
  if (typeof name !== 'string' || typeof uid !== 'string' || typeof createdAt !== 'number') return undefined;
  const stages: ClusterRecord['stages'] = {};
  for (const stage of stageNames) {
    const at = (raw['stages'] as Record<string, unknown> | null | undefined)?.[stage];
    if (typeof at === 'number') stages[stage] = at;
  }
  return {
    name,
    uid,
    createdAt,
    backend,
    ...(typeof template === 'string' ? { template } : {}),
    ...(typeof rancherId === 'string' ? { rancherId } : {}),
    ...parseAgent(raw['agent']),
    ...(via === 'provisioning' || via === 'management' ? { via } : {}),
    ...(typeof token === 'string' ? { token } : {}),
    ...(typeof tokenExpiresAt === 'number' ? { tokenExpiresAt } : {}),
    ...(typeof raw['proxyPort'] === 'number' ? { proxyPort: raw['proxyPort'] } : {}),
    ...(raw['deleting'] === true ? { deleting: true } : {}),
    ...(raw['churned'] === true ? { churned: true } : {}),
    stages,
  };
}

function parseAgent(value: unknown): Pick<ClusterRecord, 'agent'> {
  const { manifest, credentials } = (value ?? {}) as Record<string, unknown>;
  return typeof manifest === 'string' && typeof credentials === 'string'
    ? { agent: { manifest, credentials } }
    : {};
}
