/** One entry of a management cluster's `conditions`. */
export interface Condition {
  type: ConditionType;
  status: 'True' | 'False' | 'Unknown';
  reason?: string;
  message?: string;
  lastUpdateTime: string;
}

/**
 * The conditions that an imported cluster gets, in the order in which the API shows them. Writers in
 * rancher/rancher: pkg/controllers/management/{auth,clusterprovisioner,clusterdeploy,clusterconnected} and
 * managementuser/{rbac,healthsyncer}.
 */
export const conditionTypes = [
  'BackingNamespaceCreated',
  'DefaultProjectCreated',
  'SystemProjectCreated',
  'InitialRolesPopulated',
  'CreatorMadeOwner',
  'Pending',
  'Provisioned',
  'Waiting',
  'Updated',
  'GlobalAdminsSynced',
  'SystemAccountCreated',
  'AgentDeployed',
  'Connected',
  'Ready',
] as const;

export type ConditionType = (typeof conditionTypes)[number];

/** What `Conditions.set` needs besides the type. */
export interface ConditionValue {
  status: Condition['status'];
  reason?: string;
  message?: string;
}

/** The conditions of one cluster. */
export class Conditions {
  readonly #byType = new Map<ConditionType, Condition>();

  get(type: ConditionType): Condition | undefined {
    return this.#byType.get(type);
  }

  is(type: ConditionType, status: Condition['status']): boolean {
    return this.#byType.get(type)?.status === status;
  }

  /** Answers whether anything changed. */
  set(type: ConditionType, value: ConditionValue, now: number): boolean {
    const old = this.#byType.get(type);
    if (old && old.status === value.status && old.reason === value.reason && old.message === value.message)
      return false;
    this.#byType.set(type, {
      type,
      ...value,
      lastUpdateTime: new Date(now).toISOString().replace(/\.\d+Z$/, 'Z'),
    });
    return true;
  }

  list(): Condition[] {
    return conditionTypes.flatMap((type) => this.#byType.get(type) ?? []);
  }
}
