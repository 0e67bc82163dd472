import { tunnelsUp, type HostedCluster } from '../host/hosted-cluster.js';
import type { Desired, Observed } from '../reconcile/plan.js';
import type { ClusterRecord } from '../state/record.js';
import type { Phase } from '../views.js';

/** What Rancher last said about a cluster; its conditions are only kept as the two answers that matter here. */
export interface RancherObservation {
  state: string;
  transitioning: 'yes' | 'no' | 'error';
  message: string;
  connected: boolean;
  active: boolean;
}

/** The last failure of a step that has not succeeded since. Times in milliseconds since the epoch. */
export interface Failure {
  stage: string;
  message: string;
  at: number;
  attempts: number;
  retryAt: number | undefined;
}

/**
 * One cluster while the process runs: its record, what is known of it, and its live parts. Plain state; the reconciler
 * and its executor change it, views.ts shows it.
 */
export class ManagedCluster {
  /** Its live half, once it is provisioned. */
  hosted: HostedCluster | undefined;
  /** Rancher's import manifest, from when it is read until it is applied. */
  manifest: string | undefined;
  /** What of it no other cluster has, as long, if it begins with what others have too. */
  ownManifest: string | undefined;
  rancher: RancherObservation | undefined;
  failure: Failure | undefined;
  phase: Phase = 'pending';
  inRancher: Observed['inRancher'] = 'present';
  tokenStale = false;
  agentInstalled = false;
  /** The reconciler is at work on it. */
  busy = false;
  /** It has its turn at being created in Rancher. */
  registering = false;
  /** It has been active since this process started. */
  wasActive = false;
  /** Refused handshakes in a row. */
  refusals = 0;
  /** When Rancher's deletion was seen first, for the pace of asking. */
  removingSince: number | undefined;
  tunnelsChangedAt: number;
  activeChangedAt: number;

  constructor(
    readonly record: ClusterRecord,
    now: number,
    /** See `Observed`. */
    public registrationUncertain: boolean,
  ) {
    this.tunnelsChangedAt = now;
    this.activeChangedAt = now;
  }

  get name(): string {
    return this.record.name;
  }

  get uid(): string {
    return this.record.uid;
  }

  get desired(): Desired {
    return { deleting: this.record.deleting === true };
  }

  get observed(): Observed {
    return {
      registered: this.record.rancherId !== undefined,
      registrationUncertain: this.registrationUncertain,
      token: this.record.token !== undefined,
      tokenStale: this.tokenStale,
      provisioned: this.hosted !== undefined,
      agentInstalled: this.agentInstalled,
      tunnelsOpened: this.hosted?.tunnels !== undefined,
      inRancher: this.inRancher,
    };
  }

  get tunnelsUp(): boolean {
    return tunnelsUp(this.hosted?.tunnels);
  }

  /** The phase that its state amounts to now. */
  computePhase(): Phase {
    if (this.record.deleting === true || this.inRancher === 'removing' || this.inRancher === 'gone')
      return 'deleting';
    if (this.failure?.retryAt !== undefined) return 'failed-retrying';
    const { registered, token, provisioned, agentInstalled } = this.observed;
    if (!registered) return this.registering ? 'registering' : 'pending';
    if (!token) return 'registering';
    if (!provisioned || !agentInstalled) return 'provisioning';
    if (!this.tunnelsUp) return this.wasActive ? 'degraded' : 'connecting';
    if (this.rancher?.active === true) return 'active';
    return this.wasActive ? 'degraded' : 'waiting';
  }
}
