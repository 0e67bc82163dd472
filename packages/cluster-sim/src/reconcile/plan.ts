/** What a cluster shall be. */
export interface Desired {
  /** Someone wishes it gone. */
  deleting: boolean;
}

/** What is known of a cluster now. */
export interface Observed {
  /** Rancher's id is known. */
  registered: boolean;
  /** A POST may have reached Rancher without its answer reaching us: after a crash, or a lost connection. */
  registrationUncertain: boolean;
  /** A registration token is known. */
  token: boolean;
  /** Rancher refused the token, or it is about to expire. */
  tokenStale: boolean;
  /** Its Kubernetes API answers. */
  provisioned: boolean;
  /** What Rancher's agent does at its start is done in it: manifest, token Secret, stv-aggregation. */
  agentInstalled: boolean;
  /** Tunnels have been opened; they keep themselves up from then on. */
  tunnelsOpened: boolean;
  /**
   * - `present`: nothing speaks against it
   * - `suspected`: an event, a missing list entry or a refused tunnel says that it may be gone
   * - `removing`: Rancher has accepted a deletion (ours or another's) and works on it
   * - `gone`: GET on its id answered 404
   */
  inRancher: 'present' | 'suspected' | 'removing' | 'gone';
}

/** One step; each is safe to repeat. */
export type Action =
  | 'register'
  | 'find-in-rancher'
  | 'read-token'
  | 'provision'
  | 'install-agent'
  | 'open-tunnels'
  | 'check-rancher'
  | 'delete-in-rancher'
  | 'tear-down';

/**
 * The next step for a cluster, or undefined when there is nothing to do but to watch.
 *
 * ```
 * register ─▶ read-token ─▶ provision ─▶ install-agent ─▶ open-tunnels ─▶ (watch)
 * deletion:  open tunnels if they can be ─▶ delete-in-rancher ─▶ check-rancher … 404 ─▶ tear-down
 * ```
 *
 * Tunnels stay until Rancher answers 404: its clean-up works through them (facts: rancher-import §4.9). A deletion in
 * Rancher ends in the same `check-rancher` and `tear-down`; nothing but a 404 on the id ever leads there.
 */
export function plan(desired: Desired, observed: Observed): Action | undefined {
  if (observed.inRancher === 'gone') return 'tear-down';
  if (desired.deleting && !observed.registered) {
    return observed.registrationUncertain ? 'find-in-rancher' : 'tear-down';
  }
  if (observed.inRancher === 'suspected') return 'check-rancher';
  const bringUp = nextToBringUp(observed);
  if (desired.deleting || observed.inRancher === 'removing') {
    // Only what needs nothing from Rancher: a restart in the middle of a deletion opens the tunnels again.
    if (bringUp === 'provision' && observed.token) return bringUp;
    if (bringUp === 'open-tunnels') return bringUp;
    return observed.inRancher === 'removing' ? 'check-rancher' : 'delete-in-rancher';
  }
  return bringUp;
}

function nextToBringUp(observed: Observed): Action | undefined {
  if (!observed.registered) return 'register';
  if (!observed.token || observed.tokenStale) return 'read-token';
  if (!observed.provisioned) return 'provision';
  if (!observed.agentInstalled) return 'install-agent';
  return observed.tunnelsOpened ? undefined : 'open-tunnels';
}
