import { describe, expect, it } from 'vitest';
import { conditions, newCluster, pod, workload } from './cluster.js';

describe('namespaces', () => {
  it('get a default ServiceAccount and the root CA, and get them again when they are deleted or changed', () => {
    const cluster = newCluster();
    expect(cluster.api.find('serviceaccounts', 'demo', 'default')).toBeDefined();
    expect(cluster.api.get('configmaps', 'demo', 'kube-root-ca.crt')['data']).toEqual({ 'ca.crt': 'PEM' });
    cluster.api.delete('serviceaccounts', 'demo', 'default');
    cluster.api.patch('configmaps', 'demo', 'kube-root-ca.crt', 'merge', { data: { 'ca.crt': 'forged' } });
    cluster.drain();
    expect(cluster.api.find('serviceaccounts', 'demo', 'default')).toBeDefined();
    expect(cluster.api.get('configmaps', 'demo', 'kube-root-ca.crt')['data']).toEqual({ 'ca.crt': 'PEM' });
  });

  it('are emptied and gone shortly after they are deleted', () => {
    const cluster = newCluster();
    cluster.api.create(workload('apps/v1', 'Deployment', 'web', { replicas: 3 }));
    cluster.api.create({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace: 'demo' } });
    cluster.advance(5000);
    const phases = new Set<string>();
    cluster.api.watch(
      'namespaces',
      {},
      (_type, { status }) => void phases.add((status as { phase: string }).phase),
    );
    cluster.api.delete('namespaces', undefined, 'demo');
    cluster.advance(2000);
    expect(cluster.api.find('namespaces', undefined, 'demo')).toBeUndefined();
    for (const storage of [
      'pods',
      'deployments.apps',
      'secrets',
      'configmaps',
      'serviceaccounts',
      'events',
    ]) {
      expect(cluster.api.count(storage, 'demo'), storage).toBe(0);
    }
    expect([...phases]).toEqual(['Terminating']);
  });

  it('tell what holds them up and go when it lets go', () => {
    const cluster = newCluster();
    const held = pod('held');
    held.metadata.finalizers = ['example.com/hold'];
    const metadata = { name: 'held', namespace: 'demo', finalizers: ['example.com/hold'] };
    cluster.api.create(held);
    cluster.api.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata });
    cluster.advance(3000);
    cluster.api.delete('namespaces', undefined, 'demo');
    cluster.advance(60_000);
    // As on a real 1.34: while there are pods nothing else is deleted, nor spoken of.
    expect(conditions(cluster.api.get('namespaces', undefined, 'demo'))).toEqual([
      'NamespaceContentRemaining=False/ContentRemoved',
      'NamespaceDeletionContentFailure=False/ContentDeleted',
      'NamespaceDeletionDiscoveryFailure=False/ResourcesDiscovered',
      'NamespaceDeletionGroupVersionParsingFailure=False/ParsedGroupVersions',
      'NamespaceFinalizersRemaining=False/ContentHasNoFinalizers',
    ]);
    expect(cluster.api.get('configmaps', 'demo', 'held').metadata.deletionTimestamp).toBeUndefined();
    cluster.api.patch('pods', 'demo', 'held', 'merge', { metadata: { finalizers: null } });
    cluster.advance(20_000);
    const namespace = cluster.api.get('namespaces', undefined, 'demo');
    expect(conditions(namespace)).toContain('NamespaceContentRemaining=True/SomeResourcesRemain');
    expect(conditions(namespace)).toContain('NamespaceFinalizersRemaining=True/SomeFinalizersRemain');
    const messages = (namespace['status'].conditions as { message: string }[]).map(({ message }) => message);
    expect(messages).toContain('Some resources are remaining: configmaps. has 1 resource instances');
    expect(messages).toContain(
      'Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances',
    );
    cluster.api.patch('configmaps', 'demo', 'held', 'merge', { metadata: { finalizers: null } });
    cluster.advance(20_000);
    expect(cluster.api.find('namespaces', undefined, 'demo')).toBeUndefined();
  });

  it('lose the token Secrets of a ServiceAccount that is deleted, and only these', () => {
    const cluster = newCluster();
    for (const name of ['robot', 'human']) {
      cluster.api.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: 'demo' } });
      cluster.api.create({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: {
          name: `${name}-token`,
          namespace: 'demo',
          annotations: { 'kubernetes.io/service-account.name': name },
        },
        type: 'kubernetes.io/service-account-token',
      });
    }
    cluster.api.delete('serviceaccounts', 'demo', 'robot');
    cluster.drain();
    expect(cluster.api.list('secrets', { namespace: 'demo' }).map(({ metadata }) => metadata.name)).toEqual([
      'human-token',
    ]);
  });
});
