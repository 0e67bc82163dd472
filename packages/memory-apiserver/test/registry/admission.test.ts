import { beforeEach, describe, expect, it } from 'vitest';
import type { ScratchCluster } from '../../src/controllers/scratch-cluster.js';
import type { KubeObject } from '../../src/object.js';
import { conditions, containers, newCluster, pod, workload } from '../controllers/cluster.js';

let cluster: ScratchCluster;
beforeEach(() => {
  cluster = newCluster();
});

const create = (kind: string, name: string, fields: object, apiVersion = 'v1'): KubeObject =>
  cluster.api.create({ apiVersion, kind, metadata: { name, namespace: 'demo' }, ...fields });
const quota = (hard: Record<string, string>, more: object = {}): void => {
  create('ResourceQuota', 'q', { spec: { hard, ...more } });
  cluster.advance(1000);
};
const usedBy = (name: string): unknown => cluster.api.get('resourcequotas', 'demo', name)['status'].used;

describe('a quota', () => {
  it('refuses what would exceed it and counts what it lets pass at once', () => {
    quota({ pods: '1' });
    cluster.api.create(pod('a'));
    expect(usedBy('q')).toEqual({ pods: '1' });
    expect(() => cluster.api.create(pod('b'))).toThrow(
      'pods "b" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1',
    );
    cluster.api.delete('pods', 'demo', 'a', { gracePeriodSeconds: 0 });
    cluster.advance(1000);
    expect(() => cluster.api.create(pod('b'))).not.toThrow();
  });

  it('counts nothing for a dry run', () => {
    quota({ pods: '1' });
    cluster.api.create(pod('a'), { dryRun: true });
    expect(usedBy('q')).toEqual({ pods: '0' });
  });

  it('makes containers say what they need of what it limits', () => {
    quota({ 'requests.cpu': '1', 'limits.memory': '1Gi' });
    expect(() => cluster.api.create(pod('a'))).toThrow(
      'failed quota: q: must specify limits.memory for: app; requests.cpu for: app',
    );
  });

  it('sums up requests, of a pod whose init container needs more the larger', () => {
    quota({ 'requests.cpu': '1' });
    const initContainers = [{ name: 'first', image: 'x', resources: { requests: { cpu: '900m' } } }];
    cluster.api.create(pod('a', { ...containers('x', { cpu: '200m' }), initContainers }));
    expect(usedBy('q')).toEqual({ 'requests.cpu': '900m' });
    expect(() => cluster.api.create(pod('b', containers('x', { cpu: '200m' })))).toThrow(
      'exceeded quota: q, requested: requests.cpu=200m, used: requests.cpu=900m, limited: requests.cpu=1',
    );
  });

  it('is only about the pods in its scopes', () => {
    quota({ pods: '0' }, { scopes: ['BestEffort'] });
    expect(() => cluster.api.create(pod('a'))).toThrow('exceeded quota');
    expect(() => cluster.api.create(pod('b', containers('x', { cpu: '1m' })))).not.toThrow();
  });

  it('counts node ports, and those of a service that becomes one with them', () => {
    quota({ services: '2', 'services.nodeports': '1' });
    const ports = [{ name: 'a', port: 80 }];
    create('Service', 'one', { spec: { type: 'NodePort', ports } });
    create('Service', 'two', { spec: { ports } });
    expect(() =>
      cluster.api.patch('services', 'demo', 'two', 'merge', { spec: { type: 'NodePort' } }),
    ).toThrow('requested: services.nodeports=1, used: services.nodeports=1, limited: services.nodeports=1');
    expect(() => create('Service', 'three', { spec: { ports } })).toThrow(
      'requested: services=1, used: services=2, limited: services=2',
    );
  });

  it('is seen in the conditions of a controller that it stops, until there is room', () => {
    quota({ pods: '2' });
    const template = { metadata: { labels: { app: 'rc' } }, spec: containers() };
    create('ReplicationController', 'rc', { spec: { replicas: 3, selector: { app: 'rc' }, template } });
    cluster.advance(5000);
    const controller = (): KubeObject => cluster.api.get('replicationcontrollers', 'demo', 'rc');
    expect(conditions(controller())).toEqual(['ReplicaFailure=True/FailedCreate']);
    expect(controller()['status'].replicas).toBe(2);
    cluster.api.patch('replicationcontrollers', 'demo', 'rc', 'merge', { spec: { replicas: 2 } });
    cluster.advance(120_000);
    expect(conditions(controller())).toEqual([]);
  });
});

describe('a limit range', () => {
  const range = (limits: object[]): void => void create('LimitRange', 'r', { spec: { limits } });

  it('gives containers what they don’t name', () => {
    range([{ type: 'Container', defaultRequest: { cpu: '100m' }, default: { cpu: '500m', memory: '1Gi' } }]);
    const { metadata, spec } = cluster.api.create(pod('a', containers('x', { memory: '64Mi' })));
    expect(spec.containers[0].resources).toEqual({
      requests: { cpu: '100m', memory: '64Mi' },
      limits: { cpu: '500m', memory: '1Gi' },
    });
    expect(metadata.annotations).toEqual({
      'kubernetes.io/limit-ranger':
        'LimitRanger plugin set: cpu request for container app; cpu, memory limit for container app',
    });
  });

  it('refuses what is too small, too large or too far apart', () => {
    range([
      { type: 'Container', min: { cpu: '100m' }, max: { cpu: '1' }, maxLimitRequestRatio: { cpu: '2' } },
    ]);
    const create = (requests: string, limits: string): void => {
      const resources = { requests: { cpu: requests }, limits: { cpu: limits } };
      cluster.api.create(pod('a', { containers: [{ name: 'app', image: 'x', resources }] }));
    };
    expect(() => create('50m', '100m')).toThrow(
      'pods "a" is forbidden: minimum cpu usage per Container is 100m, but request is 50m',
    );
    expect(() => create('1', '2')).toThrow('maximum cpu usage per Container is 1, but limit is 2');
    expect(() => create('200m', '1')).toThrow(
      'cpu max limit to request ratio per Container is 2, but provided ratio is 5.000000',
    );
    expect(() => create('500m', '1')).not.toThrow();
  });

  it('bounds whole pods and claims', () => {
    range([
      { type: 'Pod', max: { memory: '1Gi' } },
      { type: 'PersistentVolumeClaim', min: { storage: '1Gi' } },
    ]);
    const resources = { limits: { memory: '600Mi' } };
    const two = ['a', 'b'].map((name) => ({ name, image: 'x', resources }));
    expect(() => cluster.api.create(pod('a', { containers: two }))).toThrow(
      'maximum memory usage per Pod is 1Gi, but limit is 1200Mi',
    );
    const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } };
    expect(() => create('PersistentVolumeClaim', 'c', { spec })).toThrow(
      'minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 1Mi',
    );
  });
});

describe('priorities', () => {
  const priorityClass = (name: string, value: number, more: object = {}): KubeObject =>
    cluster.api.create({
      apiVersion: 'scheduling.k8s.io/v1',
      kind: 'PriorityClass',
      metadata: { name },
      value,
      ...more,
    });

  it('come from a pod’s class, or from the default one', () => {
    priorityClass('high', 1000, { preemptionPolicy: 'Never' });
    priorityClass('usual', 10, { globalDefault: true });
    expect(cluster.api.create(pod('a', { priorityClassName: 'high' })).spec).toMatchObject({
      priority: 1000,
      preemptionPolicy: 'Never',
    });
    expect(cluster.api.create(pod('b')).spec).toMatchObject({ priority: 10, priorityClassName: 'usual' });
    expect(() => cluster.api.create(pod('c', { priorityClassName: 'high', priority: 5 }))).toThrow(
      'the integer value of priority (5) must not be provided in pod spec',
    );
    expect(() => cluster.api.create(pod('d', { priorityClassName: 'none' }))).toThrow(
      'no PriorityClass with name none was found',
    );
  });

  it('have one default class at most', () => {
    priorityClass('one', 1, { globalDefault: true });
    expect(() => priorityClass('two', 2, { globalDefault: true })).toThrow(
      'PriorityClass one is already marked as default. Only one default can exist',
    );
  });
});

describe('pod security', () => {
  const label = (labels: Record<string, string>): void => {
    const named = Object.entries(labels).map(([mode, level]) => [
      `pod-security.kubernetes.io/${mode}`,
      level,
    ]);
    const body = { metadata: { labels: Object.fromEntries(named) as object } };
    cluster.api.patch('namespaces', undefined, 'demo', 'merge', body);
  };

  it('refuses pods below a namespace’s level, and lets the others pass', () => {
    label({ enforce: 'restricted' });
    expect(() => cluster.api.create(pod('a', { hostNetwork: true }))).toThrow(
      'pods "a" is forbidden: violates PodSecurity "restricted:latest": host namespaces (hostNetwork=true), ' +
        'allowPrivilegeEscalation != false (container "app" must set securityContext.allowPrivilegeEscalation=false), ' +
        'unrestricted capabilities (container "app" must set securityContext.capabilities.drop=["ALL"]), ' +
        'runAsNonRoot != true (pod or container "app" must set securityContext.runAsNonRoot=true), ' +
        'seccompProfile (pod or container "app" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
    );
    const securityContext = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
    const careful = {
      containers: [{ name: 'app', image: 'x', securityContext }],
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    };
    expect(() => cluster.api.create(pod('b', careful))).not.toThrow();
  });

  it('only warns of workloads, as of pods where the label says so', () => {
    label({ warn: 'baseline' });
    const warnings: string[] = [];
    const template = {
      metadata: { labels: { app: 'web' } },
      spec: { ...containers(), hostPID: true },
    };
    cluster.api.create(workload('apps/v1', 'Deployment', 'web', { template }), {
      warn: (text) => warnings.push(text),
    });
    expect(warnings).toEqual(['would violate PodSecurity "baseline:latest": host namespaces (hostPID=true)']);
  });

  it('refuses labels that mean nothing', () => {
    expect(() => label({ enforce: 'strict' })).toThrow(
      'metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "strict": must be one of privileged, baseline, restricted',
    );
  });
});

describe('classes', () => {
  it('are filled in where a default one is marked', () => {
    const isDefault = 'ingressclass.kubernetes.io/is-default-class';
    cluster.api.create({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IngressClass',
      metadata: { name: 'nginx', annotations: { [isDefault]: 'true' } },
      spec: { controller: 'example.com/nginx' },
    });
    const spec = { defaultBackend: { service: { name: 's', port: { number: 80 } } } };
    const ingress = create('Ingress', 'i', { spec }, 'networking.k8s.io/v1');
    expect(ingress.spec.ingressClassName).toBe('nginx');
  });

  it('of runtimes bring their overhead and place to pods', () => {
    cluster.api.create({
      apiVersion: 'node.k8s.io/v1',
      kind: 'RuntimeClass',
      metadata: { name: 'vm' },
      handler: 'vm',
      overhead: { podFixed: { cpu: '100m' } },
      scheduling: { nodeSelector: { disk: 'ssd' } },
    });
    expect(cluster.api.create(pod('a', { runtimeClassName: 'vm' })).spec).toMatchObject({
      overhead: { cpu: '100m' },
      nodeSelector: { disk: 'ssd' },
    });
    expect(() => cluster.api.create(pod('b', { runtimeClassName: 'none' }))).toThrow(
      'pods "b" is forbidden: pod rejected: RuntimeClass "none" not found',
    );
  });
});
