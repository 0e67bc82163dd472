import { describe, expect, it } from 'vitest';
import type { ScratchCluster } from '../../src/controllers/scratch-cluster.js';
import type { KubeObject } from '../../src/object.js';
import { containers, newCluster, pod, workload } from './cluster.js';

const service = (name: string, spec: Record<string, unknown>): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'demo', labels: { tier: 'front' } },
  spec: { ports: [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 'web' }], ...spec },
});
const backend = (name: string, port = 8080): KubeObject => {
  const spec = containers() as { containers: Record<string, unknown>[] };
  Object.assign(spec.containers[0] ?? {}, { ports: [{ name: 'web', containerPort: port, protocol: 'TCP' }] });
  return pod(name, spec, { app: 'web' });
};
const slices = (cluster: ScratchCluster, name: string): KubeObject[] =>
  cluster.api.list('endpointslices.discovery.k8s.io', {
    namespace: 'demo',
    labelSelector: `kubernetes.io/service-name=${name}`,
  });
const subsets = (cluster: ScratchCluster, name: string): unknown[] =>
  (cluster.api.get('endpoints', 'demo', name)['subsets'] as unknown[] | undefined) ?? [];

describe('endpoints', () => {
  it('and slices list the ready pods of a Service with the named port resolved', () => {
    const cluster = newCluster();
    cluster.api.create(service('web', { selector: { app: 'web' } }));
    cluster.api.create(backend('a'));
    cluster.advance(5000);
    const { status, spec, metadata } = cluster.api.get('pods', 'demo', 'a') as unknown as {
      status: { podIP: string };
      spec: { nodeName: string };
      metadata: { uid: string };
    };
    const targetRef = { kind: 'Pod', namespace: 'demo', name: 'a', uid: metadata.uid };
    expect(subsets(cluster, 'web')).toEqual([
      {
        addresses: [{ ip: status.podIP, nodeName: spec.nodeName, targetRef }],
        ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
      },
    ]);
    expect(slices(cluster, 'web')).toMatchObject([
      {
        metadata: {
          generateName: 'web-',
          labels: {
            tier: 'front',
            'kubernetes.io/service-name': 'web',
            'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
          },
          ownerReferences: [{ kind: 'Service', name: 'web', controller: true, blockOwnerDeletion: true }],
        },
        addressType: 'IPv4',
        endpoints: [
          {
            addresses: [status.podIP],
            conditions: { ready: true, serving: true, terminating: false },
            nodeName: spec.nodeName,
            targetRef,
          },
        ],
        ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
      },
    ]);
  });

  it('lose pods that go or change their labels', () => {
    const cluster = newCluster();
    cluster.api.create(service('web', { selector: { app: 'web' } }));
    for (const name of ['a', 'b']) cluster.api.create(backend(name));
    cluster.advance(5000);
    cluster.api.delete('pods', 'demo', 'a');
    cluster.advance(100);
    expect(slices(cluster, 'web')[0]?.['endpoints']).toHaveLength(1);
    cluster.api.patch('pods', 'demo', 'b', 'merge', { metadata: { labels: { app: 'other' } } });
    cluster.advance(2000);
    expect(subsets(cluster, 'web')).toEqual([]);
    expect(slices(cluster, 'web')[0]?.['endpoints']).toBeNull();
  });

  it('go with their Service', () => {
    const cluster = newCluster();
    cluster.api.create(service('web', { selector: { app: 'web' } }));
    cluster.advance(1000);
    cluster.api.delete('services', 'demo', 'web');
    cluster.advance(1000);
    expect(cluster.api.find('endpoints', 'demo', 'web')).toBeUndefined();
    expect(slices(cluster, 'web')).toEqual([]);
  });

  it('that people write for a Service without selector are copied into a slice', () => {
    const cluster = newCluster();
    cluster.api.create(service('manual', {}));
    cluster.api.create({
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { name: 'manual', namespace: 'demo' },
      subsets: [{ addresses: [{ ip: '10.1.2.3' }], ports: [{ name: 'x', port: 80, protocol: 'TCP' }] }],
    });
    cluster.advance(1000);
    expect(slices(cluster, 'manual')).toMatchObject([
      {
        endpoints: [{ addresses: ['10.1.2.3'], conditions: { ready: true } }],
        ports: [{ name: 'x', port: 80 }],
      },
    ]);
  });

  it('without a Service stay as people write and change them', () => {
    const cluster = newCluster();
    const metadata = { name: 'alone', namespace: 'demo' };
    cluster.api.create({ apiVersion: 'v1', kind: 'Endpoints', metadata });
    cluster.api.patch('endpoints', 'demo', 'alone', 'merge', { metadata: { labels: { a: 'b' } } });
    cluster.advance(1000);
    expect(cluster.api.find('endpoints', 'demo', 'alone')?.metadata.labels).toEqual({ a: 'b' });
  });

  it('name the pods of a headless Service by host name', () => {
    const cluster = newCluster();
    cluster.api.create(
      service('db', { clusterIP: 'None', selector: { app: 'db' }, ports: [{ port: 5432 }] }),
    );
    cluster.api.create(workload('apps/v1', 'StatefulSet', 'db', { replicas: 1, serviceName: 'db' }));
    cluster.advance(5000);
    expect(slices(cluster, 'db')[0]?.['endpoints']).toMatchObject([{ hostname: 'db-0' }]);
    expect(slices(cluster, 'db')[0]?.metadata.labels).toMatchObject({ 'service.kubernetes.io/headless': '' });
  });
});
