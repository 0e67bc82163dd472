import { describe, expect, it } from 'vitest';
import type { ScratchCluster } from '../../src/controllers/scratch-cluster.js';
import type { KubeObject } from '../../src/object.js';
import { newCluster, pod } from './cluster.js';

const get = (cluster: ScratchCluster, name: string): KubeObject => cluster.api.get('pods', 'demo', name);

describe('pods of no controller', () => {
  it('end if they run what is known to end and are not to be restarted', () => {
    const cluster = newCluster();
    const running = (name: string, restartPolicy: string, command: string[]): void => {
      cluster.api.create(
        pod(name, { restartPolicy, containers: [{ name: 'app', image: 'app:1', command }] }),
      );
    };
    running('good', 'Never', ['echo', 'hello']);
    running('bad', 'Never', ['sh', '-c', 'sleep 5; exit 2']);
    running('unknown', 'Never', ['serve']);
    running('again', 'Always', ['echo', 'hello']);
    cluster.advance(60_000);
    const phases = cluster.api
      .list('pods')
      .map(({ metadata, status }) => `${metadata.name} ${(status as { phase: string }).phase}`);
    expect(phases).toEqual(['again Running', 'bad Failed', 'good Succeeded', 'unknown Running']);
    expect(get(cluster, 'bad')['status'].containerStatuses[0].state.terminated.exitCode).toBe(2);
  });

  it('end as their containers are said to have ended', () => {
    const cluster = newCluster();
    cluster.api.create(
      pod('shell', {
        restartPolicy: 'Never',
        containers: [{ name: 'app', image: 'app:1', command: ['sh'] }],
      }),
    );
    cluster.advance(10_000);
    const [status] = get(cluster, 'shell')['status'].containerStatuses;
    const { startedAt } = status.state.running;
    const terminated = { exitCode: 3, reason: 'Error', startedAt, finishedAt: startedAt };
    cluster.api.patch(
      'pods',
      'demo',
      'shell',
      'merge',
      { status: { containerStatuses: [{ ...status, ready: false, state: { terminated } }] } },
      { subresource: 'status' },
    );
    cluster.advance(1000);
    expect(get(cluster, 'shell')['status']).toMatchObject({
      phase: 'Failed',
      containerStatuses: [{ state: { terminated } }],
    });
  });
});
