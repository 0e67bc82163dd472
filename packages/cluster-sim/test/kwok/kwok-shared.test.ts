import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Binaries, Kubectl, KwokctlDriver, type KubernetesObject } from '@scale-cluster/kwok-driver';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BackendContext } from '../../src/backend/backend-context.js';
import type { BackendCluster, ProvisionRequest } from '../../src/backend/backend.js';
import { PortPool } from '../../src/backend/kwok/port-pool.js';
import { KwokSharedBackend } from '../../src/backend/kwok-shared/index.js';
import { Journal } from '../../src/journal/journal.js';
import { silentLogger } from '../../src/logger.js';
import { Pki } from '../../src/pki/pki.js';
import { loadSettings } from '../../src/settings/load.js';
import { TemplateSet } from '../../src/template/template-set.js';

const binaries = new Binaries();
const missing = binaries.missing(['kwokctl', 'kubectl', 'kwok', 'etcd', 'kube-apiserver']);
const skip = missing.length > 0 && process.env['CI'] !== 'true';
if (skip) {
  process.stderr.write(
    `skipped: no ${missing.join(', ')} on the PATH, in KUBE_BINARIES or in tools/kube-binaries/bin; ` +
      `tools/kube-binaries/build.sh builds them with Go\n`,
  );
}

const mainName = 'main-cluster';
const clusterCount = 20;
const podCount = 20;

/** Three nodes, a Deployment and pods of the template's own: twenty pods. */
const template = [
  ...['a', 'b', 'c'].map(
    (letter, index) => `apiVersion: v1
kind: Node
metadata: { name: "{{cluster-name}}-node-${letter}" }
status:
  capacity: { cpu: "4", memory: 8Gi, pods: "110" }
  allocatable: { cpu: 3800m, memory: 7Gi, pods: "110" }
  addresses: [{ type: InternalIP, address: 10.1.0.${index + 1} }]
  nodeInfo: { kubeletVersion: v1.28.5+k3s1, osImage: Linux }
  conditions: [{ type: Ready, status: "True", reason: KubeletReady, message: ready }]`,
  ),
  `apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: default }
spec:
  replicas: ${podCount - 1}
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: "nginx:1", resources: { requests: { cpu: 10m } } }] }`,
  `apiVersion: v1
kind: Pod
metadata: { name: done, namespace: kube-system }
spec: { nodeName: "{{cluster-name}}-node-a", restartPolicy: Never, containers: [{ name: job, image: "job:1" }] }
status:
  phase: Succeeded
  startTime: "2026-01-01T00:00:00Z"
  conditions: [{ type: Ready, status: "False", reason: PodCompleted }]
  containerStatuses:
    - { name: job, image: "job:1", imageID: "", ready: false, restartCount: 2, state: { terminated: { exitCode: 0, reason: Completed } } }`,
].join('\n---\n');

const requests: ProvisionRequest[] = Array.from({ length: clusterCount }, (_, index) => ({
  name: `shop-${index}`,
  uid: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
  createdAt: Date.parse('2026-01-01T00:00:00Z'),
  tokens: {},
}));

interface Pod extends KubernetesObject {
  spec: { nodeName?: string };
  status: { phase?: string; podIP?: string };
}

/** Resolves when it holds; these are other processes, which tell nothing. */
async function until(
  holds: () => Promise<boolean> | boolean,
  what: string,
  withinMs = 90_000,
): Promise<number> {
  const start = Date.now();
  while (!(await holds())) {
    if (Date.now() - start > withinMs) throw new Error(`not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return Date.now() - start;
}

describe.skipIf(skip)('kwok-shared', () => {
  let home: string;
  let driver: KwokctlDriver;
  let kubectl: Kubectl;
  let context: BackendContext;
  let apiPort: number;
  let backend: KwokSharedBackend;
  const clusters = new Map<string, BackendCluster>();
  const foreign: Server[] = [];

  const get = (name: string): BackendCluster => clusters.get(name)!;
  const podsOf = async (cluster: BackendCluster): Promise<Pod[]> =>
    (await cluster.objects.list('pods')) as unknown as Pod[];
  const isUp = async (cluster: BackendCluster, count = podCount): Promise<boolean> => {
    const phases = (await podsOf(cluster)).map(({ status }) => status.phase);
    return phases.length === count && phases.filter((phase) => phase === 'Running').length === count - 1;
  };
  const open = (): KwokSharedBackend =>
    (backend = new KwokSharedBackend(context, {
      checkIntervalMs: 500,
      kubeconfig: join(home, 'kubeconfig'),
    }));
  const isReady = (): boolean => backend.status().phase === 'ready';
  const pidOf = async (component: string): Promise<number> =>
    (await driver.processes(mainName)).find((one) => one.component === component)!.pid;

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'kwok-shared-test-'));
    await mkdir(join(home, 'config'));
    await writeFile(join(home, 'config', 'cluster.yaml'), template);
    driver = new KwokctlDriver({ workDir: join(home, 'kwok') });
    [apiPort] = (await new PortPool({ random: Math.random }).take(1)) as [number];
    context = {
      settings: loadSettings({
        home,
        env: {
          RANCHER_URL: 'https://unused',
          RANCHER_TOKEN: 'a:b',
          SCALE_AGENT_MAIN_API_PORT: String(apiPort),
        },
      }),
      templates: new TemplateSet({
        defaultFile: join(home, 'config', 'cluster.yaml'),
        folder: join(home, 'none'),
      }),
      pki: await Pki.open({ folder: join(home, 'pki'), hosts: ['localhost'], now: () => Date.now() }),
      journal: await Journal.open({ folder: join(home, 'journal') }),
      tokenKey: 'key',
      now: () => Date.now(),
      random: () => Math.random(),
      logger: silentLogger,
      onRequest: () => undefined,
    };
    kubectl = new Kubectl({ binaries, kubeconfig: join(home, 'kubeconfig') });
  });

  afterAll(async () => {
    for (const server of foreign) server.close();
    await backend.close();
    await context.journal.close();
    for (const left of await readdir(join(home, 'kwok', 'clusters')).catch(() => []))
      await driver.delete(left, { ignoreNotFound: true });
    await rm(home, { recursive: true, force: true });
  });

  it('waits for a port that a foreign process has, and says whose it is', async () => {
    const server = createServer().listen(apiPort, '127.0.0.1');
    foreign.push(server);
    await open().adopt([], (cluster) => clusters.set(cluster.name, cluster));
    await until(() => backend.status().phase === 'failed', 'the port is taken');
    expect(backend.status().message).toContain(
      `port ${apiPort}, wanted by kube-apiserver, is taken by pid ${process.pid}`,
    );
    await new Promise((resolve) => server.close(resolve));
    await until(isReady, 'the main cluster is made', 180_000);
  });

  it(`brings up ${clusterCount} clusters of 3 nodes and ${podCount} pods that KWOK runs`, async () => {
    const start = Date.now();
    const made = await Promise.all(requests.map((request) => backend.provision(request)));
    for (const cluster of made) clusters.set(cluster.name, cluster);
    const mirroredMs = Date.now() - start;
    await until(async () => (await Promise.all(made.map((one) => isUp(one)))).every(Boolean), 'all pods run');
    process.stdout.write(
      `${clusterCount} clusters: in the main cluster after ${mirroredMs} ms, up after ${Date.now() - start} ms\n`,
    );
    const nodes = await kubectl.list('nodes');
    expect(nodes).toHaveLength(3 * clusterCount);
    expect(nodes[0]).toMatchObject({
      metadata: {
        name: 'shop-0-node-a',
        labels: { 'logical-cluster': 'shop-0', 'cluster-id': requests[0]!.uid, type: 'kwok' },
        annotations: { 'kwok.x-k8s.io/node': 'fake' },
      },
      status: { capacity: { cpu: '4', pods: '110' }, allocatable: { cpu: '3800m' } },
    });
    const pods = await kubectl.list<Pod>('pods', { namespace: 'cluster-shop-7' });
    expect(pods).toHaveLength(podCount);
    expect(pods.every(({ spec }) => spec.nodeName?.startsWith('shop-7-node-'))).toBe(true);
    const all = await kubectl.list<Pod>('pods', { allNamespaces: true });
    const addresses = all.flatMap(({ status }) => status.podIP ?? []);
    expect(new Set(addresses).size).toBe(addresses.length);
  });

  it('keeps what the template says of pods that have ended', async () => {
    const own = await get('shop-3').objects.get('pods', 'kube-system', 'done');
    const mirror = (await kubectl.get('pod', 'kube-system.done', { namespace: 'cluster-shop-3' })) as Pod;
    for (const pod of [own, mirror])
      expect(pod).toMatchObject({
        status: {
          phase: 'Succeeded',
          startTime: '2026-01-01T00:00:00Z',
          containerStatuses: [{ restartCount: 2 }],
        },
      });
  });

  it('shows each cluster its own objects only, under their own names', async () => {
    const uids = new Set<string>();
    for (const cluster of clusters.values()) {
      const nodes = await cluster.objects.list('nodes');
      expect(nodes.map(({ metadata }) => metadata.name)).toEqual(
        ['a', 'b', 'c'].map((letter) => `${cluster.name}-node-${letter}`),
      );
      for (const { metadata } of [...nodes, ...(await cluster.objects.list('pods'))])
        uids.add(metadata.uid ?? '');
    }
    expect(uids.size).toBe(clusterCount * (3 + podCount));
  });

  it('scales a Deployment of a cluster in the main cluster', async () => {
    const cluster = get('shop-1');
    const scale = (replicas: number) =>
      cluster.objects.patch('deployments.apps', 'default', 'web', 'merge', { spec: { replicas } });
    await scale(podCount + 4);
    await until(() => isUp(cluster, podCount + 5), 'more pods run');
    expect(await kubectl.list('pods', { namespace: 'cluster-shop-1' })).toHaveLength(podCount + 5);
    await scale(podCount - 1);
    await until(() => isUp(cluster), 'the pods have gone');
    await until(
      async () => (await kubectl.list('pods', { namespace: 'cluster-shop-1' })).length === podCount,
      'the pods have gone in the main cluster',
    );
  });

  it('ends a pod that was deleted by force in the main cluster, and its Deployment makes another', async () => {
    const cluster = get('shop-8');
    const isWeb = ({ metadata }: KubernetesObject): boolean => metadata?.name?.startsWith('web-') === true;
    const { metadata } = (await podsOf(cluster)).find(isWeb)!;
    const force = ['--force', '--grace-period=0', '--namespace', 'cluster-shop-8'];
    await kubectl.run(['delete', 'pod', `default.${metadata!.name}`, ...force]);
    const isGone = async (): Promise<boolean> =>
      (await cluster.objects.find('pods', 'default', metadata!.name!)) === undefined;
    await until(async () => (await isGone()) && (await isUp(cluster)), 'another pod runs');
  });

  it('shows a node that failed in the main cluster in its cluster, and in no other', async () => {
    // So that KWOK doesn't heal it.
    await kubectl.run(['annotate', 'node', 'shop-2-node-b', 'kwok.x-k8s.io/status=custom']);
    const conditions = [
      { type: 'Ready', status: 'False', reason: 'KubeletNotReady', message: 'power is out' },
    ];
    await kubectl.patchStatus('node', 'shop-2-node-b', { status: { conditions } });
    const readyOf = async (cluster: string): Promise<string[]> =>
      (
        (await get(cluster).objects.list('nodes')) as unknown as {
          status: { conditions: { type: string; status: string }[] };
        }[]
      ).map(({ status }) => status.conditions.find(({ type }) => type === 'Ready')?.status ?? '');
    await until(
      async () => (await readyOf('shop-2')).join() === 'True,False,True',
      'the node shows as failed',
    );
    expect(await readyOf('shop-1')).toEqual(['True', 'True', 'True']);
  });

  it('repairs the main cluster within a minute after its kube-apiserver was killed, and nothing is lost', async () => {
    const before = (await kubectl.list('pods', { allNamespaces: true }))
      .map(({ metadata }) => metadata?.uid)
      .sort();
    process.kill(await pidOf('kube-apiserver'), 'SIGKILL');
    await until(() => !isReady(), 'the loss is noticed');
    await get('shop-4').objects.patch('deployments.apps', 'default', 'web', 'merge', {
      spec: { replicas: podCount },
    });
    const repairMs = await until(isReady, 'the main cluster is repaired', 60_000);
    await until(() => isUp(get('shop-4'), podCount + 1), 'what was asked for meanwhile is there');
    process.stdout.write(`main cluster repaired after ${repairMs} ms\n`);
    const after = (await kubectl.list('pods', { allNamespaces: true })).map(({ metadata }) => metadata?.uid);
    expect(after).toEqual(expect.arrayContaining(before));
    expect(after).toHaveLength(before.length + 1);
  });

  it('takes over the running main cluster and all clusters after a restart', async () => {
    const etcd = await pidOf('etcd');
    const uids = (await get('shop-5').objects.list('pods')).map(({ metadata }) => metadata.uid);
    await backend.close();
    clusters.clear();
    await open().adopt(requests, (cluster) => clusters.set(cluster.name, cluster));
    expect(clusters.size).toBe(clusterCount);
    await until(isReady, 'the main cluster is taken over');
    await Promise.all(requests.map((request) => backend.provision(request)));
    expect(await pidOf('etcd')).toBe(etcd);
    expect((await get('shop-5').objects.list('pods')).map(({ metadata }) => metadata.uid)).toEqual(uids);
    expect(await isUp(get('shop-5'))).toBe(true);
    expect(await kubectl.list('nodes')).toHaveLength(3 * clusterCount);
  });

  it('makes the main cluster anew when it is one of HTTP, and fills it', async () => {
    await backend.close();
    const etcd = await pidOf('etcd');
    // As of one that was made without a secure port, which a kube-apiserver of today refuses.
    const kubeconfig = driver.kubeconfigPath(mainName);
    await writeFile(kubeconfig, (await readFile(kubeconfig, 'utf8')).replace('https://', 'http://'));
    expect(await driver.server(mainName)).toMatch(/^http:/);
    clusters.clear();
    await open().adopt(requests, (cluster) => clusters.set(cluster.name, cluster));
    await until(isReady, 'the main cluster is made anew', 180_000);
    expect(await driver.server(mainName)).toMatch(/^https:/);
    expect(await pidOf('etcd')).not.toBe(etcd);
    await Promise.all(requests.map((request) => backend.provision(request)));
    await until(
      async () =>
        (await kubectl.list('pods', { allNamespaces: true })).length === clusterCount * podCount + 1,
      'all pods are back',
    );
    expect(await isUp(get('shop-6'))).toBe(true);
  });

  it('leaves nothing in the main cluster of clusters that are removed', async () => {
    await Promise.all(requests.map(({ uid }) => backend.remove(uid)));
    expect(await kubectl.list('nodes')).toEqual([]);
    expect(await kubectl.list('pods', { allNamespaces: true })).toEqual([]);
    expect(
      (await kubectl.list('namespaces')).filter(({ metadata }) => metadata?.name?.startsWith('cluster-')),
    ).toEqual([]);
    expect(await kubectl.list('leases', { namespace: 'kube-node-lease' })).toEqual([]);
  });
});
