import { randomUUID } from 'node:crypto';
import { randomName } from '../random.js';
import { Conditions, type ConditionType, type ConditionValue } from './conditions.js';
import { computeState, type ClusterState } from './state.js';

/** What an agent sends with its cluster tunnel (`X-API-Tunnel-Params`); Rancher keeps it byte for byte. */
export interface AgentParams {
  /** host:port, dialled as it is through the tunnel. */
  address: string;
  token: string;
  /** Base64 of the PEM. */
  caCert: string;
}

/** Moments of a cluster's life, in the order of a normal one. */
export const stages = [
  'created',
  'token',
  'tunnel',
  'steve',
  'provisioned',
  'apiUp',
  'synced',
  'connected',
  'updated',
  'impersonated',
  'deployed',
  'ready',
  'active',
] as const;

export type Stage = (typeof stages)[number];

/** A token with which agents of a cluster come in. */
export interface RegistrationToken {
  /** `default-token`, `system` or a generated name. */
  name: string;
  value: string;
  /** When a rotated token stops working, ms since 1970; absent for current ones. */
  expiresAt?: number;
}

/** Fields of Kubernetes' version.Info; buildDate and platform are not compared. */
export type KubeVersion = Record<string, string>;

/** Sums over the nodes, as Rancher's clusterstats shows them. */
export interface Capacity {
  cpu: string;
  memory: string;
  pods: string;
}

export interface NewCluster {
  name: string;
  /** Namespace and name of the provisioning cluster; a cluster made through /v3 gets a mirrored one. */
  workspace: string;
  via: 'provisioning' | 'management';
  description?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

/** The management side of one imported cluster: what Rancher keeps in its own database. */
export class ManagementCluster {
  readonly id: string;
  readonly uid = randomUUID();
  readonly name: string;
  readonly via: NewCluster['via'];
  readonly workspace: string;
  readonly createdAt: number;
  /** The user on whose behalf Rancher itself works in this cluster. */
  readonly systemUser = `u-${randomName(10)}`;
  readonly projects = { default: `p-${randomName(5)}`, system: `p-${randomName(5)}` };
  readonly conditions = new Conditions();
  /** When each stage was first reached, ms since 1970. */
  readonly stages: Partial<Record<Stage, number>> = {};
  readonly tokens: RegistrationToken[] = [];

  description: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  /** False until the management cluster of a provisioning cluster exists. */
  published = false;
  removedAt: number | undefined;
  gone = false;
  params: AgentParams | undefined;
  version: KubeVersion | undefined;
  provider = '';
  nodeCount = 0;
  capacity: Capacity | undefined;
  allocatable: Capacity | undefined;
  /** `status.ready` of the provisioning cluster: turns true at the first connection and sticks. */
  everConnected = false;
  /** Called after every change that the API shows. */
  onChange: () => void = () => {};

  constructor(id: string, request: NewCluster, now: number) {
    this.id = id;
    this.name = request.name;
    this.via = request.via;
    this.workspace = request.workspace;
    this.createdAt = now;
    this.description = request.description ?? '';
    this.labels = { 'cattle.io/creator': 'norman', ...request.labels };
    this.annotations = { ...request.annotations };
    this.stages.created = now;
    for (const type of [
      'BackingNamespaceCreated',
      'DefaultProjectCreated',
      'SystemProjectCreated',
      'InitialRolesPopulated',
      'CreatorMadeOwner',
    ] as const)
      this.conditions.set(type, { status: 'True' }, now);
    this.conditions.set('Pending', { status: 'Unknown' }, now);
    this.conditions.set('Provisioned', { status: 'Unknown' }, now);
  }

  /** Name of the provisioning cluster in {@link workspace}. */
  get provisioningName(): string {
    return this.via === 'provisioning' ? this.name : this.id;
  }

  /** `imported` from the first tunnel on, or what the version names (clusterprovisioner `k3sBasedClusterConfig`). */
  get driver(): string {
    if (!this.params) return '';
    const git = this.version?.['gitVersion'] ?? '';
    if (git.includes('k3s')) return 'k3s';
    return git.includes('rke2') ? 'rke2' : 'imported';
  }

  get state(): ClusterState {
    return computeState(this.conditions, this.removedAt !== undefined);
  }

  /** Active in the strict sense: also connected, updated and deployed (facts: conditions that may be absent lie). */
  get active(): boolean {
    const { state, transitioning } = this.state;
    if (state !== 'active' || transitioning !== 'no') return false;
    return (['Connected', 'Ready', 'Updated', 'AgentDeployed'] as const).every((type) =>
      this.conditions.is(type, 'True'),
    );
  }

  /** Notes the first time of a stage. */
  mark(stage: Stage): void {
    this.stages[stage] ??= Date.now();
  }

  /** Sets a condition; answers whether anything changed. */
  set(type: ConditionType, value: ConditionValue): boolean {
    if (!this.conditions.set(type, value, Date.now())) return false;
    if (this.active) this.mark('active');
    this.onChange();
    return true;
  }

  /** Sets several conditions with one notice to watchers. */
  setAll(values: Partial<Record<ConditionType, ConditionValue>>): void {
    let changed = false;
    for (const [type, value] of Object.entries(values)) {
      changed = this.conditions.set(type as ConditionType, value, Date.now()) || changed;
    }
    if (changed) {
      if (this.active) this.mark('active');
      this.onChange();
    }
  }

  /** The current token of that name. */
  currentToken(name: string): RegistrationToken | undefined {
    return this.tokens.find((token) => token.name === name && token.expiresAt === undefined);
  }
}
