import { describe, expect, it } from 'vitest';
import { Conditions, type ConditionType, type ConditionValue } from '../../src/model/conditions.js';
import { computeState } from '../../src/model/state.js';

function stateWith(
  values: Partial<Record<ConditionType, ConditionValue | ConditionValue['status']>>,
  removing = false,
) {
  const conditions = new Conditions();
  for (const [type, value] of Object.entries(values))
    conditions.set(type as ConditionType, typeof value === 'string' ? { status: value } : value, 0);
  const { state, transitioning } = computeState(conditions, removing);
  return `${state}/${transitioning}`;
}

const done = {
  Pending: 'True',
  Provisioned: 'True',
  Waiting: 'True',
  Updated: 'True',
  AgentDeployed: 'True',
  Connected: 'True',
  Ready: 'True',
} as const;

describe('computeState', () => {
  it('is pending when just created', () => {
    expect(stateWith({ Pending: 'Unknown', Provisioned: 'Unknown' })).toBe('pending/yes');
  });

  it('is waiting while the agent is awaited', () => {
    expect(stateWith({ Pending: 'True', Provisioned: 'Unknown', Waiting: 'Unknown' })).toBe('waiting/yes');
  });

  it('is updating until the configuration is known', () => {
    expect(stateWith({ ...done, Updated: 'Unknown' })).toBe('updating/yes');
  });

  it('is active when all is True', () => {
    expect(stateWith(done)).toBe('active/no');
  });

  it('is active although Ready or AgentDeployed are absent, as in Rancher', () => {
    const { Ready: _ready, AgentDeployed: _deployed, ...rest } = done;
    expect(stateWith(rest)).toBe('active/no');
  });

  it('does not care for Connected alone', () => {
    expect(stateWith({ ...done, Connected: 'False' })).toBe('active/no');
  });

  it('is in error when the agent could not be deployed', () => {
    expect(stateWith({ ...done, AgentDeployed: 'False' })).toBe('provisioning/error');
  });

  it('is unavailable, without error, when the agent is gone', () => {
    expect(stateWith({ ...done, Ready: { status: 'False', reason: 'Disconnected' } })).toBe(
      'unavailable/yes',
    );
    expect(
      stateWith({ ...done, Waiting: 'Unknown', Ready: { status: 'False', reason: 'Disconnected' } }),
    ).toBe('unavailable/yes');
  });

  it('is unavailable with error when Ready is False for another reason or Unknown', () => {
    expect(stateWith({ ...done, Ready: { status: 'False', reason: 'ComponentStatusFetchingFailure' } })).toBe(
      'unavailable/error',
    );
    expect(stateWith({ ...done, Ready: 'Unknown' })).toBe('unavailable/error');
  });

  it('shows a condition with reason Error before anything else', () => {
    expect(stateWith({ ...done, Pending: 'Unknown', Updated: { status: 'False', reason: 'Error' } })).toBe(
      'updating/error',
    );
  });

  it('is removing as soon as it is being deleted', () => {
    expect(stateWith(done, true)).toBe('removing/yes');
  });
});
