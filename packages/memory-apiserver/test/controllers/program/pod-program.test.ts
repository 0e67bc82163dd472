import { describe, expect, it } from 'vitest';
import type { ScratchCluster } from '../../../src/controllers/scratch-cluster.js';
import type { KubeObject } from '../../../src/object.js';
import { newCluster } from '../cluster.js';

function podAfter(
  ms: number,
  spec: Record<string, unknown>,
  restartPolicy = 'Never',
): KubeObject | undefined {
  const cluster: ScratchCluster = newCluster();
  const template = { spec: { restartPolicy, containers: [{ name: 'main', image: 'busybox', ...spec }] } };
  cluster.api.create({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'once', namespace: 'demo' },
    spec: { template, backoffLimit: 0 },
  });
  cluster.advance(ms);
  return cluster.api.list('pods', { namespace: 'demo' })[0];
}

const script = (text: string): Record<string, unknown> => ({ command: ['sh', '-c', text] });

describe('the pod of a Job', () => {
  it('fails with the exit code of its script', () => {
    expect(podAfter(10_000, script('exit 42'))?.['status']).toMatchObject({
      phase: 'Failed',
      containerStatuses: [{ state: { terminated: { exitCode: 42, reason: 'Error' } } }],
    });
  });

  it('runs for as long as its script sleeps', () => {
    expect(podAfter(25_000, script('sleep 30'))?.['status']).toMatchObject({ phase: 'Running' });
    expect(podAfter(35_000, script('sleep 30'))?.['status']).toMatchObject({ phase: 'Succeeded' });
  });

  it('runs for ever if its program does', () => {
    const pause = { image: 'registry.k8s.io/pause:3.10' };
    expect(podAfter(3_600_000, pause)?.['status']).toMatchObject({ phase: 'Running' });
  });

  it('succeeds soon if it is not known what it runs', () => {
    const pod = podAfter(10_000, { command: ['/app/migrate'] });
    expect(pod?.['status']).toMatchObject({ phase: 'Succeeded' });
  });

  it('is not failed by a container that would be restarted', () => {
    expect(podAfter(10_000, script('exit 1'), 'OnFailure')?.['status']).toMatchObject({ phase: 'Succeeded' });
  });
});
