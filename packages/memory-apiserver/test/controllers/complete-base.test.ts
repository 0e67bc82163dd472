import { describe, expect, it } from 'vitest';
import { completeBase } from '../../src/controllers/complete-base.js';
import type { KubeObject } from '../../src/object.js';
import { containers, node, pod, workload } from './cluster.js';

const objects = (): KubeObject[] => [
  workload('apps/v1', 'Deployment', 'web', { replicas: 3 }),
  workload('apps/v1', 'DaemonSet', 'agent'),
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'demo' },
    spec: { selector: { app: 'web' }, ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }] },
  },
  node('{{cluster-name}}-n1'),
  node('n2'),
];
const find = (base: readonly KubeObject[], kind: string, name: string): KubeObject | undefined =>
  base.find((object) => object.kind === kind && object.metadata.name === name);
const withoutUids = (base: readonly KubeObject[]): string =>
  JSON.stringify(base).replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'uid');

describe('completing a base', () => {
  it('lets Deployments have running pods, Services endpoints, namespaces accounts and nodes be ready', () => {
    const base = completeBase(objects());
    const pods = base.filter(({ kind }) => kind === 'Pod');
    expect(pods).toHaveLength(5);
    expect(pods.every(({ status }) => (status as { phase: string }).phase === 'Running')).toBe(true);
    expect(find(base, 'Deployment', 'web')?.['status']).toMatchObject({
      availableReplicas: 3,
      observedGeneration: 1,
    });
    expect(find(base, 'Endpoints', 'web')?.['subsets'][0].addresses).toHaveLength(3);
    for (const namespace of ['default', 'kube-system', 'kube-public', 'kube-node-lease', 'demo']) {
      expect(find(base, 'Namespace', namespace), namespace).toBeDefined();
      const account = base.find(
        ({ kind, metadata }) => kind === 'ServiceAccount' && metadata.namespace === namespace,
      );
      expect(account?.metadata.name, namespace).toBe('default');
    }
    const ready = base
      .filter(({ kind }) => kind === 'Node')
      .map(({ status }) => (status as { conditions: { type: string; status: string }[] }).conditions)
      .map((conditions) => conditions.find(({ type }) => type === 'Ready')?.status);
    expect(ready).toEqual(['True', 'True']);
    expect(find(base, 'ConfigMap', 'kube-root-ca.crt')?.['data']).toEqual({ 'ca.crt': '{{ca-cert}}' });
    expect(find(base, 'Service', 'kubernetes')?.['spec'].clusterIP).toBe('10.43.0.1');
  });

  it('makes the same of the same in every run', () => {
    expect(withoutUids(completeBase(objects()))).toBe(withoutUids(completeBase(objects())));
  });

  it('keeps placeholders where they were and carries them into what it makes', () => {
    const base = completeBase(objects());
    expect(find(base, 'Node', '{{cluster-name}}-n1')).toBeDefined();
    const nodes = base
      .filter(({ kind }) => kind === 'Pod')
      .map(({ spec }) => (spec as { nodeName: string }).nodeName);
    expect(new Set(nodes)).toEqual(new Set(['{{cluster-name}}-n1', 'n2']));
    expect(JSON.stringify(base)).not.toContain('placeholder');
  });

  it('leaves a status alone that is given, and fills in what it lacks', () => {
    const given = pod('given', { nodeName: 'n2' });
    given['status'] = { phase: 'Running', podIP: '10.42.9.9', startTime: '2025-01-01T00:00:00Z' };
    const status = find(completeBase([...objects(), given]), 'Pod', 'given')?.['status'];
    expect(status).toMatchObject({
      phase: 'Running',
      podIP: '10.42.9.9',
      startTime: '2025-01-01T00:00:00Z',
      containerStatuses: [{ name: 'app', ready: true }],
    });
  });

  it('starts no CronJobs and writes no Events', () => {
    const cronJob: KubeObject = {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name: 'tick', namespace: 'demo' },
      spec: {
        schedule: '* * * * *',
        jobTemplate: { spec: { template: { spec: { ...containers(), restartPolicy: 'Never' } } } },
      },
    };
    const kinds = completeBase([...objects(), cronJob]).map(({ kind }) => kind);
    expect(kinds).toContain('CronJob');
    expect(kinds).not.toContain('Job');
    expect(kinds).not.toContain('Event');
  });
});
