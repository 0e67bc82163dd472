import { describe, expect, it } from 'vitest';
import type { ScratchCluster } from '../../src/controllers/scratch-cluster.js';
import { ApiError } from '../../src/errors.js';
import type { KubeObject } from '../../src/object.js';
import { resourceOfStorage } from '../../src/registry/context.js';
import { evictPod } from '../../src/registry/eviction.js';
import type { Registry } from '../../src/registry/registry.js';
import { conditions, containers, eventsAbout, newCluster, pod, podsOf, workload } from './cluster.js';

const storage = 'poddisruptionbudgets.policy';
const budget = (cluster: ScratchCluster, spec: Record<string, unknown>, name = 'pdb'): void =>
  void cluster.api.create({
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name, namespace: 'demo' },
    spec: { selector: { matchLabels: { app: 'web' } }, ...spec },
  });
const read = (cluster: ScratchCluster, name = 'pdb'): KubeObject => cluster.api.get(storage, 'demo', name);
const statusOf = (cluster: ScratchCluster, name?: string): Record<string, unknown> =>
  read(cluster, name)['status'] as Record<string, unknown>;
const withDeployment = (replicas: number, template?: Record<string, unknown>): ScratchCluster => {
  const cluster = newCluster();
  const spec = { replicas, ...(template === undefined ? {} : { template }) };
  cluster.api.create(workload('apps/v1', 'Deployment', 'web', spec));
  cluster.advance(10_000);
  return cluster;
};
const evict = (cluster: ScratchCluster, name: string, dryRun = false): void => {
  const { context } = cluster.api as Registry;
  evictPod(context, resourceOfStorage(context, 'pods'), 'demo', name, dryRun ? { dryRun } : {});
};
const refusal = (cluster: ScratchCluster, name: string): ApiError | undefined => {
  try {
    evict(cluster, name);
    return undefined;
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
};
const podNames = (cluster: ScratchCluster): string[] =>
  podsOf(cluster, 'web').map(({ metadata }) => metadata.name);
const makeUnready = (cluster: ScratchCluster, name: string): void =>
  void cluster.api.patch(
    'pods',
    'demo',
    name,
    'strategic',
    { status: { conditions: [{ type: 'Ready', status: 'False' }] } },
    { subresource: 'status' },
  );

describe('disruption budgets', () => {
  it('count how many pods may go', () => {
    const cluster = withDeployment(3);
    budget(cluster, { minAvailable: 2 }, 'least');
    budget(cluster, { maxUnavailable: '34%' }, 'share');
    cluster.advance(1000);
    const counts = { currentHealthy: 3, expectedPods: 3, observedGeneration: 1 };
    expect(statusOf(cluster, 'least')).toMatchObject({ ...counts, desiredHealthy: 2, disruptionsAllowed: 1 });
    expect(statusOf(cluster, 'share')).toMatchObject({ ...counts, desiredHealthy: 1, disruptionsAllowed: 2 });
    expect(conditions(read(cluster, 'least'))).toEqual(['DisruptionAllowed=True/SufficientPods']);
  });

  it('with percentages ask the Deployment, not its pods, how many there should be', () => {
    const huge = { metadata: { labels: { app: 'web' } }, spec: containers('app:1', { cpu: '3' }) };
    const cluster = withDeployment(4, huge);
    budget(cluster, { minAvailable: '50%' });
    cluster.advance(1000);
    const two = { expectedPods: 4, currentHealthy: 2, desiredHealthy: 2, disruptionsAllowed: 0 };
    expect(statusOf(cluster)).toMatchObject(two);
    expect(conditions(read(cluster))).toEqual(['DisruptionAllowed=False/InsufficientPods']);
  });

  it('say that no pods match them', () => {
    const cluster = newCluster();
    budget(cluster, { minAvailable: 1 });
    cluster.advance(1000);
    expect(statusOf(cluster)).toMatchObject({ expectedPods: 0, disruptionsAllowed: 0 });
    expect(eventsAbout(cluster, 'pdb')).toEqual(['NoPods: No matching pods found']);
  });

  it('allow nothing for pods whose controller has no scale, and say so', () => {
    const cluster = newCluster();
    cluster.api.create(workload('apps/v1', 'DaemonSet', 'web'));
    cluster.advance(5000);
    budget(cluster, { maxUnavailable: 1 });
    cluster.advance(1000);
    const why = 'daemonsets.apps does not implement the scale subresource';
    expect(statusOf(cluster)).toMatchObject({
      disruptionsAllowed: 0,
      conditions: [{ type: 'DisruptionAllowed', status: 'False', reason: 'SyncFailed', message: why }],
    });
    expect(eventsAbout(cluster, 'pdb')).toEqual([
      `CalculateExpectedPodCountFailed: Failed to calculate the number of expected pods: ${why}`,
    ]);
    cluster.api.patch(storage, 'demo', 'pdb', 'merge', { spec: { maxUnavailable: null, minAvailable: 1 } });
    cluster.advance(1000);
    expect(conditions(read(cluster))).toEqual(['DisruptionAllowed=True/SufficientPods']);
  });

  it('leave pods out of account that nobody controls, with a warning', () => {
    const cluster = newCluster();
    cluster.api.create(pod('alone', {}, { app: 'web' }));
    budget(cluster, { maxUnavailable: '50%' });
    cluster.advance(5000);
    expect(statusOf(cluster)).toMatchObject({ expectedPods: 0, currentHealthy: 1, disruptionsAllowed: 0 });
    expect(eventsAbout(cluster, 'pdb')).toContainEqual(
      expect.stringMatching(
        /^UnmanagedPods: .*\(selector: &LabelSelector\{MatchLabels:map\[string\]string\{app: web,\},MatchExpressions:\[\]LabelSelectorRequirement\{\},\}\)/,
      ),
    );
  });

  it('count a pod again that was evicted but not deleted for two minutes', () => {
    const cluster = withDeployment(2);
    budget(cluster, { minAvailable: 1 });
    cluster.advance(1000);
    const [name = ''] = podNames(cluster);
    const disruptedPods = { [name]: new Date(cluster.now).toISOString().slice(0, 19) + 'Z' };
    cluster.api.patch(
      storage,
      'demo',
      'pdb',
      'merge',
      { status: { disruptedPods } },
      { subresource: 'status' },
    );
    cluster.advance(1000);
    expect(statusOf(cluster)).toMatchObject({ currentHealthy: 1, disruptionsAllowed: 0, disruptedPods });
    cluster.advance(120_000);
    expect(statusOf(cluster)).toMatchObject({ currentHealthy: 2, disruptionsAllowed: 1 });
    expect(statusOf(cluster)['disruptedPods']).toBeUndefined();
    expect(eventsAbout(cluster, name)).toContain(
      "NotDeleted: Pod was expected by PDB demo/demo to be deleted but it wasn't",
    );
  });
});

describe('evictions', () => {
  it('are granted as long as the budget allows them, and tell the pod why it goes', () => {
    const cluster = withDeployment(3);
    budget(cluster, { minAvailable: 2 });
    cluster.advance(1000);
    const [first = '', second = ''] = podNames(cluster);
    evict(cluster, first, true);
    expect(statusOf(cluster)['disruptionsAllowed']).toBe(1);
    const went: unknown[] = [];
    cluster.api.watch('pods', { namespace: 'demo' }, (type, { metadata, status }) => {
      if (metadata.name === first)
        went.push(...conditions({ apiVersion: 'v1', kind: 'Pod', metadata, status }), type);
    });
    evict(cluster, first);
    expect(went).toContain('DisruptionTarget=True/EvictionByEvictionAPI');
    expect(statusOf(cluster)).toMatchObject({
      disruptionsAllowed: 0,
      disruptedPods: { [first]: expect.any(String) as string },
    });
    expect(conditions(read(cluster))).toEqual(['DisruptionAllowed=False/InsufficientPods']);
    expect(refusal(cluster, second)?.status).toMatchObject({
      code: 429,
      reason: 'TooManyRequests',
      message: "Cannot evict pod as it would violate the pod's disruption budget.",
      details: {
        causes: [
          {
            reason: 'DisruptionBudget',
            message: 'The disruption budget pdb needs 2 healthy pods and has 3 currently',
          },
        ],
      },
    });
    cluster.advance(10_000);
    expect(podNames(cluster)).not.toContain(first);
    expect(statusOf(cluster)['disruptionsAllowed']).toBe(1);
    expect(refusal(cluster, second)).toBeUndefined();
  });

  it('have to wait for a budget that has not been counted yet', () => {
    const cluster = withDeployment(2);
    budget(cluster, { minAvailable: 1 });
    expect(refusal(cluster, podNames(cluster)[0] ?? '')?.status).toMatchObject({
      code: 429,
      details: {
        retryAfterSeconds: 10,
        causes: [{ message: 'The disruption budget pdb is still being processed by the server.' }],
      },
    });
  });

  it('of unready pods are granted when enough others are healthy', () => {
    const cluster = withDeployment(3);
    const [name = '', other = ''] = podNames(cluster);
    makeUnready(cluster, name);
    budget(cluster, { minAvailable: 2 });
    cluster.advance(100);
    expect(statusOf(cluster)).toMatchObject({ currentHealthy: 2, disruptionsAllowed: 0 });
    expect(refusal(cluster, other)?.code).toBe(429);
    expect(refusal(cluster, name)).toBeUndefined();
    expect(statusOf(cluster)['disruptedPods']).toBeUndefined();
  });

  it.each([
    ['AlwaysAllow', undefined],
    ['IfHealthyBudget', 429],
  ])(
    'of unready pods with too few healthy ones are a matter of unhealthyPodEvictionPolicy: %s',
    (policy, code) => {
      const cluster = withDeployment(3);
      const [name = ''] = podNames(cluster);
      makeUnready(cluster, name);
      budget(cluster, { minAvailable: 3, unhealthyPodEvictionPolicy: policy });
      cluster.advance(100);
      expect(refusal(cluster, name)?.code).toBe(code);
    },
  );

  it('of pods that do not run yet ask no budget', () => {
    const cluster = newCluster();
    cluster.api.create(pod('waiting', { nodeSelector: { disk: 'tape' } }, { app: 'web' }));
    budget(cluster, { minAvailable: 1 });
    cluster.advance(1000);
    expect(refusal(cluster, 'waiting')).toBeUndefined();
    expect(podNames(cluster)).toEqual([]);
  });

  it('are refused for a pod of two budgets', () => {
    const cluster = withDeployment(2);
    budget(cluster, { minAvailable: 0 }, 'a');
    budget(cluster, { minAvailable: 0 }, 'b');
    cluster.advance(1000);
    expect(refusal(cluster, podNames(cluster)[0] ?? '')?.message).toBe(
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    );
  });

  it('mean the pod that their preconditions say', () => {
    const cluster = withDeployment(1);
    const { context } = cluster.api as Registry;
    const [name = ''] = podNames(cluster);
    const preconditions = { uid: 'other' };
    expect(() =>
      evictPod(context, resourceOfStorage(context, 'pods'), 'demo', name, { preconditions }),
    ).toThrow(
      /^Operation cannot be fulfilled on Pod ".*": the UID in the precondition \(other\) does not match the UID in record/,
    );
    expect(podNames(cluster)).toEqual([name]);
  });
});
