import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plan, type Action, type Observed } from '../../src/reconcile/plan.js';

const nothing: Observed = {
  registered: false,
  registrationUncertain: false,
  token: false,
  tokenStale: false,
  provisioned: false,
  agentInstalled: false,
  tunnelsOpened: false,
  inRancher: 'present',
};
const everything: Observed = {
  ...nothing,
  registered: true,
  token: true,
  provisioned: true,
  agentInstalled: true,
  tunnelsOpened: true,
};

/** What a successful step changes. */
const effects: Record<Action, Partial<Observed>> = {
  register: { registered: true },
  'find-in-rancher': { registered: true, registrationUncertain: false },
  'read-token': { token: true, tokenStale: false },
  provision: { provisioned: true },
  'install-agent': { agentInstalled: true },
  'open-tunnels': { tunnelsOpened: true },
  'check-rancher': { inRancher: 'gone' },
  'delete-in-rancher': { inRancher: 'removing' },
  'tear-down': {},
};

function steps(deleting: boolean, from: Observed): Action[] {
  const taken: Action[] = [];
  let observed = from;
  for (
    let action = plan({ deleting }, observed);
    action !== undefined && taken.length < 20;
    action = plan({ deleting }, observed)
  ) {
    taken.push(action);
    if (action === 'tear-down') break;
    observed = { ...observed, ...effects[action] };
  }
  return taken;
}

describe('plan', () => {
  it('brings a new cluster up step by step and then rests', () => {
    expect(steps(false, nothing)).toEqual([
      'register',
      'read-token',
      'provision',
      'install-agent',
      'open-tunnels',
    ]);
  });

  it('needs nothing from Rancher to come back after a restart', () => {
    expect(
      steps(false, { ...everything, provisioned: false, agentInstalled: false, tunnelsOpened: false }),
    ).toEqual(['provision', 'install-agent', 'open-tunnels']);
  });

  it('deletes in Rancher first and here only when Rancher answers 404', () => {
    expect(steps(true, everything)).toEqual(['delete-in-rancher', 'check-rancher', 'tear-down']);
  });

  it('opens the tunnels again when it was restarted in the middle of a deletion', () => {
    const restarted = { ...everything, provisioned: false, tunnelsOpened: false, agentInstalled: true };
    expect(steps(true, restarted)).toEqual([
      'provision',
      'open-tunnels',
      'delete-in-rancher',
      'check-rancher',
      'tear-down',
    ]);
  });

  it('does not ask Rancher about a cluster that never got there', () => {
    expect(steps(true, nothing)).toEqual(['tear-down']);
  });

  it('looks for a cluster whose creation may have reached Rancher before it forgets it', () => {
    expect(steps(true, { ...nothing, registrationUncertain: true })).toEqual([
      'find-in-rancher',
      'delete-in-rancher',
      'check-rancher',
      'tear-down',
    ]);
  });

  it('asks before it believes that a cluster is gone', () => {
    expect(plan({ deleting: false }, { ...everything, inRancher: 'suspected' })).toBe('check-rancher');
    expect(plan({ deleting: false }, { ...everything, inRancher: 'gone' })).toBe('tear-down');
  });

  it('reads a refused token again without touching anything else', () => {
    expect(steps(false, { ...everything, tokenStale: true })).toEqual(['read-token']);
  });

  const observed = fc.record({
    registered: fc.boolean(),
    registrationUncertain: fc.boolean(),
    token: fc.boolean(),
    tokenStale: fc.boolean(),
    provisioned: fc.boolean(),
    agentInstalled: fc.boolean(),
    tunnelsOpened: fc.boolean(),
    inRancher: fc.constantFrom(
      'present' as const,
      'suspected' as const,
      'removing' as const,
      'gone' as const,
    ),
  });

  it('ends, from any state, by resting when it shall live and by tearing down when it shall go', () => {
    fc.assert(
      fc.property(observed, fc.boolean(), (from, deleting) => {
        const taken = steps(deleting, from);
        expect(taken.length).toBeLessThan(12);
        if (deleting) expect(taken.at(-1)).toBe('tear-down');
      }),
    );
  });

  it('tears nothing down that Rancher may still have', () => {
    fc.assert(
      fc.property(observed, fc.boolean(), (from, deleting) => {
        if (plan({ deleting }, from) !== 'tear-down') return;
        expect(
          from.inRancher === 'gone' || (deleting && !from.registered && !from.registrationUncertain),
        ).toBe(true);
      }),
    );
  });
});
