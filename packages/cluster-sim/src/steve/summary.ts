import type { KubeObject } from '@scale-cluster/memory-apiserver';
import { readiness } from './readiness.js';

/** The state of an object in one word, as the explorer shows it. */
export interface Summary {
  /** Lower case; never empty. */
  state: string;
  error: boolean;
  transitioning: boolean;
  messages: string[];
}

/** One item of `status.conditions`. */
export interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
}

/** False is an error, Unknown a transition; the state shown for both (wrangler `TransitioningUnknown`). */
const unknownMeansTransition: Record<string, string> = {
  Active: 'activating',
  AgentDeployed: 'provisioning',
  BackingNamespaceCreated: 'configuring',
  Created: 'creating',
  CreatorMadeOwner: 'configuring',
  DefaultProjectCreated: 'configuring',
  Deployed: 'deploying',
  Drained: 'draining',
  Inactive: 'deactivating',
  InitialRolesPopulated: 'activating',
  Initialized: 'initializing',
  Installed: 'installing',
  Pending: 'pending',
  PodScheduled: 'scheduling',
  Provisioned: 'provisioning',
  Reconciled: 'reconciling',
  Registered: 'registering',
  Removed: 'removing',
  Saved: 'saving',
  ScalingActive: 'pending',
  AbleToScale: 'pending',
  Updated: 'updating',
  Updating: 'updating',
  Upgraded: 'upgrading',
  Waiting: 'waiting',
  Processed: 'processed',
};

/** False is a transition, Unknown an error (wrangler `TransitioningFalse`). */
const falseMeansTransition: Record<string, string> = {
  Completed: 'activating',
  Available: 'updating',
  Ready: 'unavailable',
};

/** Status with which a condition is an error, whatever the kind (wrangler `FallbackConditionErrorMapping`). */
const errorStatus: Record<string, string> = {
  OutOfDisk: 'True',
  MemoryPressure: 'True',
  DiskPressure: 'True',
  NetworkUnavailable: 'True',
  Unschedulable: 'True',
  ReplicaFailure: 'True',
  Stalled: 'True',
  Failed: 'True',
};

/**
 * Sums an object up by the rules of wrangler `pkg/summary` that concern what a cluster holds: conditions, phase,
 * deletion, and what kind by kind means ready (kstatus).
 */
export function summarize(object: KubeObject): Summary {
  const summary: Summary = { state: '', error: false, transitioning: false, messages: [] };
  const conditions = conditionsOf(object);
  fromErrors(object, conditions, summary);
  fromConditions(conditions, summary);
  fromPhase(object, summary);
  fromDeletion(object, summary);
  if (summary.state === '') fromReadiness(object, summary);
  fromLoadBalancer(object, summary);
  return {
    ...summary,
    state: summary.state.toLowerCase(),
    messages: [...new Set(summary.messages.map((message) => message.trim()))].filter(
      (message) => message !== '',
    ),
  };
}

export function conditionsOf(object: KubeObject): Condition[] {
  const value = (object['status'] as { conditions?: unknown } | undefined)?.conditions;
  return Array.isArray(value) ? (value as Condition[]).filter((one) => typeof one?.type === 'string') : [];
}

function fromErrors(object: KubeObject, conditions: Condition[], summary: Summary): void {
  for (const { type, status, message } of conditions) {
    const bad = object.kind === 'Deployment' && type === 'Progressing' ? 'False' : errorStatus[type];
    if (bad === undefined || status !== bad) continue;
    summary.error = true;
    if (summary.state === '') summary.state = 'error';
    summary.messages.push(message ?? '');
  }
}

function fromConditions(conditions: Condition[], summary: Summary): void {
  for (const { type, status, message } of conditions) {
    const state = unknownMeansTransition[type];
    if (state === undefined || status === 'True' || (status === 'Unknown' && summary.state !== '')) continue;
    summary.state = state;
    summary[status === 'False' ? 'error' : 'transitioning'] = true;
    summary.messages.push(message ?? '');
  }
  // Ready last: it only says that something is missing, others say what.
  const rest = [...conditions].sort((a, b) => Number(a.type === 'Ready') - Number(b.type === 'Ready'));
  for (const { type, status, message } of rest) {
    const state = falseMeansTransition[type];
    if (summary.state !== '' || state === undefined || status === 'True') continue;
    summary.state = state;
    summary[status === 'False' ? 'transitioning' : 'error'] = true;
    summary.messages.push(message ?? '');
  }
}

function fromPhase(object: KubeObject, summary: Summary): void {
  const phase = (object['status'] as { phase?: unknown } | undefined)?.phase;
  if (typeof phase !== 'string' || phase === '') return;
  if (phase === 'Succeeded' || phase === 'Bound') {
    summary.state = phase;
    summary.transitioning = false;
  } else if (summary.state === '') {
    summary.state = phase;
  }
}

function fromDeletion(object: KubeObject, summary: Summary): void {
  if (object.metadata.deletionTimestamp === undefined) return;
  summary.state = 'removing';
  summary.transitioning = true;
  const finalizer = object.metadata.finalizers?.[0];
  if (finalizer !== undefined)
    summary.messages.push(`waiting on ${finalizer.replace(/^controller\.cattle\.io\//, '')}`);
}

function fromReadiness(object: KubeObject, summary: Summary): void {
  const { status, message } = readiness(object);
  summary.messages.push(message);
  if (status === 'current') {
    summary.state = 'active';
  } else if (status === 'failed') {
    summary.state = 'failed';
    summary.error = true;
  } else {
    summary.state = 'in-progress';
    summary.transitioning = true;
  }
}

function fromLoadBalancer(object: KubeObject, summary: Summary): void {
  const spec = object['spec'] as { type?: unknown } | undefined;
  if (object.kind !== 'Service' || spec?.type !== 'LoadBalancer' || summary.state !== 'active') return;
  const status = object['status'] as { loadBalancer?: { ingress?: unknown[] } } | undefined;
  if ((status?.loadBalancer?.ingress?.length ?? 0) > 0) return;
  summary.state = 'pending';
  summary.transitioning = true;
  summary.messages.push('Load balancer is being provisioned');
}
