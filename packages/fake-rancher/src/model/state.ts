import type { Conditions, ConditionType } from './conditions.js';

/** What Rancher shows of a cluster; computed from its conditions each time, never stored. */
export interface ClusterState {
  state: string;
  transitioning: 'yes' | 'no' | 'error';
  message: string;
}

/** The state that a condition stands for while it is not True (wrangler pkg/summary `TransitioningUnknown`). */
const stateOf: Partial<Record<ConditionType, string>> = {
  BackingNamespaceCreated: 'configuring',
  DefaultProjectCreated: 'configuring',
  SystemProjectCreated: 'configuring',
  InitialRolesPopulated: 'activating',
  CreatorMadeOwner: 'configuring',
  Pending: 'pending',
  Waiting: 'waiting',
  Provisioned: 'provisioning',
  Updated: 'updating',
  AgentDeployed: 'provisioning',
  Ready: 'unavailable',
};

/** Conditions that, Unknown, mean work in progress; the first of them names the state. */
const progress: ConditionType[] = ['Pending', 'Waiting', 'Provisioned', 'Updated'];

/**
 * Computes state, transitioning and message like Rancher's summary (rancher pkg/schemas/status/status.go `Set`,
 * wrangler pkg/summary): errors first, then progress, then Ready. `Connected` alone has no effect.
 */
export function computeState(conditions: Conditions, removing: boolean): ClusterState {
  if (removing)
    return {
      state: 'removing',
      transitioning: 'yes',
      message: 'waiting on controller.cattle.io/user-controllers-cleanup',
    };
  for (const { type, status, reason, message = '' } of conditions.list()) {
    if (status !== 'True' && reason === 'Error')
      return { state: stateOf[type] ?? type.toLowerCase(), transitioning: 'error', message };
  }
  const deployed = conditions.get('AgentDeployed');
  if (deployed?.status === 'False')
    return { state: 'provisioning', transitioning: 'error', message: deployed.message ?? '' };
  // A lost agent outweighs unfinished work: it is what the user has to know.
  const ready = conditions.get('Ready');
  if (ready?.status === 'False' && ready.reason === 'Disconnected')
    return { state: 'unavailable', transitioning: 'yes', message: ready.message ?? '' };
  for (const type of progress) {
    const condition = conditions.get(type);
    if (condition?.status === 'Unknown')
      return { state: stateOf[type] ?? type, transitioning: 'yes', message: condition.message ?? '' };
  }
  if (ready && ready.status !== 'True')
    return { state: 'unavailable', transitioning: 'error', message: ready.message ?? '' };
  return { state: 'active', transitioning: 'no', message: '' };
}
