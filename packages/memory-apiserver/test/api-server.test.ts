import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Cluster, KubeObject } from '../src/index.js';
import type { Controller } from '../src/index.js';
import { ApiServer, kubeVersion } from '../src/index.js';
import { TestCluster } from './http/test-cluster.js';

const deployment: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'default', creationTimestamp: '2020-01-01T00:00:00Z' },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'main', image: 'nginx' }] },
    },
  },
};
const node: KubeObject = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: '{{cluster-name}}-node' },
  status: {
    allocatable: { cpu: '4', memory: '8Gi', pods: '110' },
    conditions: [{ type: 'Ready', status: 'True' }],
  },
};

describe('ApiServer', () => {
  it('gives clusters of a base the same running pods with UIDs of their own', async () => {
    const server = new ApiServer();
    const base = server.createBase([deployment, node]);
    const [one, two] = ['one', 'two'].map((name) => server.createCluster({ name, uid: name, base })) as [
      Cluster,
      Cluster,
    ];
    const pods = one.api.list('pods');
    expect(pods.map(({ status }) => status.phase)).toEqual(['Running', 'Running']);
    expect(pods[0]?.spec.nodeName).toBe('one-node');
    const others = two.api.list('pods');
    expect(others.map(({ metadata }) => metadata.name)).toEqual(pods.map(({ metadata }) => metadata.name));
    expect(others[0]?.metadata.uid).not.toBe(pods[0]?.metadata.uid);
    const [replicaSet] = one.api.list('replicasets.apps');
    expect(pods[0]?.metadata.ownerReferences?.[0]?.uid).toBe(replicaSet?.metadata.uid);
    expect(one.api.get('deployments.apps', 'default', 'web').metadata.creationTimestamp).toBe(
      '2020-01-01T00:00:00Z',
    );
    await server.close();
  });

  it('leaves clusters with nothing to do alone', async () => {
    const server = new ApiServer();
    const base = server.createBase([deployment, node]);
    for (let i = 0; i < 20; i += 1) server.createCluster({ name: `c${i}`, uid: `c${i}`, base });
    await server.idle();
    expect(server.controllerMetrics()).toMatchObject({ reconciles: 0, queued: 0, delayed: 0 });
    await server.close();
  });

  it('refuses a second cluster of one UID until the first is closed', async () => {
    const server = new ApiServer({ controllers: [] });
    const options = { name: 'a', uid: 'same', base: server.emptyBase };
    const first = server.createCluster(options);
    expect(() => server.createCluster(options)).toThrow(RangeError);
    first.close();
    expect(server.createCluster(options).objectCount()).toBeGreaterThan(0);
    await server.close();
  });

  it('accepts a token of a service account in its own cluster only', async () => {
    const [one, two] = [await TestCluster.start(), await TestCluster.start()];
    try {
      const body = { metadata: { name: 'robot' } };
      await one.send('POST', '/api/v1/namespaces/default/serviceaccounts', { body });
      await two.send('POST', '/api/v1/namespaces/default/serviceaccounts', { body });
      const request = { spec: { expirationSeconds: 600 } };
      const { body: answer } = await one.send(
        'POST',
        '/api/v1/namespaces/default/serviceaccounts/robot/token',
        { body: request },
      );
      const { token } = answer.status;
      expect(await one.send('GET', '/api', { token })).toMatchObject({ code: 200 });
      expect(await one.send('GET', '/api/v1/pods', { token })).toMatchObject({ code: 403 });
      expect(await two.send('GET', '/api', { token })).toMatchObject({ code: 401 });
    } finally {
      await one.close();
      await two.close();
    }
  });

  it('tells controllers the labels that an object had before', async () => {
    const seen: (Record<string, string> | undefined)[] = [];
    const watcher: Controller = {
      name: 'watcher',
      watches: ['configmaps'],
      keysFor({ type, formerLabels }) {
        if (type === 'MODIFIED') seen.push(formerLabels());
        return [];
      },
      reconcile: () => undefined,
    };
    const server = new ApiServer({ controllers: [watcher] });
    const { api } = server.createCluster({ name: 'a', uid: 'a', base: server.emptyBase });
    const metadata = { name: 'a', namespace: 'default', labels: { old: 'yes' } };
    api.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata });
    api.patch('configmaps', 'default', 'a', 'merge', { metadata: { labels: { old: null, new: 'yes' } } });
    expect(seen).toEqual([{ old: 'yes' }]);
    await server.close();
  });

  it('takes a pod out of a service that its new labels don’t fit', async () => {
    const server = new ApiServer();
    const service: KubeObject = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', namespace: 'default' },
      spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
    };
    const base = server.createBase([deployment, node, service]);
    const { api } = server.createCluster({ name: 'a', uid: 'a', base });
    const addresses = (): string[] =>
      (api.get('endpoints', 'default', 'web')['subsets'] as { addresses: { ip: string }[] }[]).flatMap(
        (subset) => subset.addresses.map(({ ip }) => ip),
      );
    const [pod] = api.list('pods');
    const ip = pod?.['status'].podIP as string;
    expect(addresses()).toContain(ip);
    const body = { metadata: { labels: { app: 'other' }, ownerReferences: null } };
    api.patch('pods', 'default', pod?.metadata.name ?? '', 'merge', body);
    await vi.waitFor(() => expect(addresses()).not.toContain(ip));
    await server.close();
  });

  it('leaves the life of pods to an external kubelet, and their end too', async () => {
    const server = new ApiServer({ kubelet: 'external' });
    const { api } = server.createCluster({ name: 'a', uid: 'a', base: server.createBase([node]) });
    const spec = { nodeName: 'a-node', containers: [{ name: 'c', image: 'i' }] };
    api.create({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'default' }, spec });
    await server.idle();
    expect(server.controllerMetrics().delayed).toBe(0);
    expect(api.get('pods', 'default', 'p')['status']).toMatchObject({ phase: 'Pending' });
    api.delete('pods', 'default', 'p');
    expect(api.get('pods', 'default', 'p').metadata).toMatchObject({ deletionGracePeriodSeconds: 30 });
    api.delete('pods', 'default', 'p', { gracePeriodSeconds: 0 });
    expect(api.find('pods', 'default', 'p')).toBeUndefined();
    await server.close();
  });

  it('shows its version on nodes that say none', async () => {
    const server = new ApiServer({ version: 'v1.31.4+k3s1' });
    const { api } = server.createCluster({ name: 'a', uid: 'a', base: server.createBase([node]) });
    expect(api.get('nodes', undefined, 'a-node')['status'].nodeInfo.kubeletVersion).toBe('v1.31.4+k3s1');
    await server.close();
  });

  it('writes what controllers do to applied objects under the name of the program they are part of', async () => {
    const cluster = await TestCluster.start({});
    const { creationTimestamp: _, ...metadata } = deployment.metadata;
    cluster.cluster.api.create({ ...node, metadata: { name: 'node' } });
    cluster.cluster.api.patch(
      'deployments.apps',
      'default',
      'web',
      'apply',
      { ...deployment, metadata },
      { fieldManager: 'me' },
    );
    await cluster.server.idle();
    const { body } = await cluster.send('GET', '/apis/apps/v1/namespaces/default/deployments/web');
    const { managedFields } = body.metadata as { managedFields: { manager: string }[] };
    expect(new Set(managedFields.map(({ manager }) => manager))).toEqual(
      new Set(['me', 'kube-controller-manager']),
    );
    await cluster.close();
  });

  it('asks its Authorizer', async () => {
    const authorize = vi.fn(({ verb }: { verb: string }) => ({
      allowed: verb === 'get',
      reason: 'read only',
    }));
    const cluster = await TestCluster.start({ controllers: [], authorizer: { authorize } });
    try {
      expect(await cluster.send('GET', '/api/v1/namespaces/default')).toMatchObject({ code: 200 });
      expect(await cluster.send('DELETE', '/api/v1/namespaces/default')).toMatchObject({
        code: 403,
        body: {
          reason: 'Forbidden',
          message:
            'namespaces "default" is forbidden: User "admin" cannot delete resource "namespaces" in API group "" in the namespace "default": read only',
        },
      });
    } finally {
      await cluster.close();
    }
  });

  it('refuses a version that isn’t one', () => {
    expect(() => new ApiServer({ version: '1.34' })).toThrow(
      'not a Kubernetes version such as v1.34.1: "1.34"',
    );
    expect(kubeVersion('v1.28.5+k3s1')).toMatchObject({
      major: '1',
      minor: '28',
      gitVersion: 'v1.28.5+k3s1',
    });
  });
});

describe('an API server’s memory', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('forgets old changes, and has no timer when there are none', async () => {
    const server = new ApiServer({ controllers: [] });
    const { api } = server.createCluster({ name: 'a', uid: 'a', base: server.emptyBase });
    expect(vi.getTimerCount()).toBe(0);
    api.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'default' } });
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(7 * 60_000);
    expect(vi.getTimerCount()).toBe(0);
    await server.close();
  });
});
