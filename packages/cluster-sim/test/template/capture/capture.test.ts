import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { ApiServer, type Cluster, type KubeObject } from '@scale-cluster/memory-apiserver';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { captureTemplate, openKubeconfig, type Capture } from '../../../src/template/capture/index.js';
import { parseTemplate, type Template } from '../../../src/template/load.js';
import { tryTemplate } from '../../../src/template/trial.js';
import { mustNotLeave, sourceObjects } from './source-objects.js';

let server: ApiServer;
let cluster: Cluster;
let folder: string;
let kubeconfig: string;
let captured: Capture;
let template: Template;

async function capture(seed?: number): Promise<Capture> {
  const source = await openKubeconfig({ kubeconfig });
  try {
    return await captureTemplate(source, seed === undefined ? {} : { seed });
  } finally {
    source.close();
  }
}

beforeAll(async () => {
  // Another range of Services than simulated clusters have.
  server = new ApiServer({ version: 'v1.31.4', serviceCidr: '10.96.0.0/12' });
  cluster = server.createCluster({ name: 'real', base: server.createBase(sourceObjects) });
  folder = await mkdtemp(join(tmpdir(), 'capture-'));
  kubeconfig = join(folder, 'kubeconfig');
  await cluster.listen({ kubeconfigFile: kubeconfig });
  await server.idle();
  captured = await capture();
  template = parseTemplate(captured.text, 'captured.yaml', 0);
});

afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

function find(kind: string, name: string | RegExp): KubeObject {
  const found = template.objects.find(
    (one) =>
      one.kind === kind &&
      (typeof name === 'string' ? one.metadata.name === name : name.test(one.metadata.name)),
  );
  if (found === undefined) throw new Error(`the template has no ${kind} ${name}`);
  return found;
}

const secretData = (name: string, key: string): Buffer =>
  Buffer.from((find('Secret', name)['data'] as Record<string, string>)[key] ?? '', 'base64');

describe('a captured template', () => {
  it('makes a cluster with the same counts of every kind that was captured', () => {
    const { counts, podPhases } = tryTemplate(template);
    expect(captured.counts.map(({ resource }) => resource)).toEqual(
      expect.arrayContaining([
        'nodes',
        'pods',
        'services',
        'secrets',
        'deployments.apps',
        'replicasets.apps',
        'daemonsets.apps',
        'statefulsets.apps',
        'jobs.batch',
        'cronjobs.batch',
        'ingresses.networking.k8s.io',
        'persistentvolumeclaims',
        'customresourcedefinitions.apiextensions.k8s.io',
        'widgets.acme.com',
        'rolebindings.rbac.authorization.k8s.io',
      ]),
    );
    const there = captured.counts.map(({ resource }) => [resource, cluster.api.count(resource)]);
    expect(captured.counts.map(({ resource, source }) => [resource, source])).toEqual(there);
    expect(captured.counts.map(({ resource }) => [resource, counts.get(resource)])).toEqual(there);
    const phaseOf = (pod: KubeObject): string => (pod['status'] as { phase: string }).phase;
    const running = cluster.api.list('pods').filter((pod) => phaseOf(pod) === 'Running');
    expect(podPhases.get('Running')).toBe(running.length);
    expect(podPhases.get('Succeeded')).toBe(1);
  });

  it('has nothing in it that identifies people or hosts, and no secret', () => {
    const secrets = template.objects.filter(({ kind }) => kind === 'Secret');
    const values = secrets.flatMap((secret) =>
      Object.values((secret['data'] ?? {}) as Record<string, string>),
    );
    const all = [captured.text, ...values.map((value) => Buffer.from(value, 'base64').toString('latin1'))];
    const leaked = mustNotLeave.filter((word) => all.some((text) => text.toLowerCase().includes(word)));
    expect(leaked).toEqual([]);
  });

  it('is the same for the same seed, and another one for another', async () => {
    expect((await capture()).text).toBe(captured.text);
    expect((await capture(7)).text).not.toBe(captured.text);
  });

  it('keeps size and version of nodes, under names of the simulated cluster', () => {
    expect(template).toMatchObject({ version: 'v1.31.4+k3s1', nodeCount: 3 });
    const node = find('Node', /^\{\{cluster-name\}\}-node-/u);
    expect(node).toMatchObject({
      metadata: {
        labels: { 'kubernetes.io/hostname': node.metadata.name, 'topology.kubernetes.io/zone': 'a' },
      },
      status: {
        capacity: { cpu: '16', memory: '64Gi', pods: '250' },
        allocatable: { cpu: '15500m' },
        addresses: expect.arrayContaining([{ type: 'Hostname', address: node.metadata.name }]),
      },
    });
  });

  it('replaces a name in all places by the same other one', () => {
    const nodeOf = (from: string): string => captured.replaced.find((one) => one.from === from)?.to ?? '';
    const [first, second] = [1, 2].map((number) => nodeOf(`berlin-rack7-0${number}.acme-internal.net`));
    expect(find('Pod', `etcd-${first}`)).toMatchObject({ spec: { nodeName: first } });
    expect(find('Pod', 'pinned')).toMatchObject({ spec: { nodeName: nodeOf('master') } });
    const { data } = find('ConfigMap', 'web') as unknown as { data: Record<string, string> };
    const lines = (data['app.yaml'] ?? '').split('\n');
    expect(lines).toContain(`node: ${second}`);
    expect(lines).toContain(`peers: ${nodeOf('10.7.0.1')},${nodeOf('10.7.0.2')}`);
    const mail = lines.find((line) => line.startsWith('mail: '))?.slice('mail: '.length);
    expect(find('RoleBinding', 'people')).toMatchObject({
      subjects: [
        { name: mail },
        { name: nodeOf('bobby') },
        { kind: 'Group' },
        { name: 'system:authenticated' },
      ],
    });
    expect(find('ServiceAccount', `${nodeOf('bobby')}-bot`)).toBeDefined();
    const ingress = find('Ingress', 'web')['spec'] as {
      rules: { host: string }[];
      tls: { hosts: string[] }[];
    };
    expect(ingress.tls[0]?.hosts[0]).toBe(ingress.rules[0]?.host);
    expect(lines).toContain(`home: https://${ingress.rules[0]?.host}/start?x=1`);
  });

  it('leaves alone what only looks like a host or a secret', () => {
    const { data } = find('ConfigMap', 'web') as unknown as { data: Record<string, string> };
    const lines = (data['app.yaml'] ?? '').split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'replicas: 3',
        'docs: https://kubernetes.io/docs',
        'widgets: widgets.acme.com',
      ]),
    );
    const { spec } = find('Deployment', 'web') as unknown as {
      spec: { template: { spec: { containers: { args: string[]; env: object[] }[] } } };
    };
    const [container] = spec.template.spec.containers;
    expect(container?.args).toContain('--secret=shop-db');
    expect(container?.env).toContainEqual({
      name: 'DB_PASSWORD_REF',
      valueFrom: { secretKeyRef: { name: 'shop-db', key: 'password' } },
    });
    expect(find('Widget', 'one')).toMatchObject({ apiVersion: 'acme.com/v1', spec: { size: 3 } });
  });

  it('keeps what makes Secrets of a type valid', () => {
    expect(secretData('registry', '.dockerconfigjson').toString()).toBe('{"auths":{}}');
    expect(secretData('shop-db', 'password').length).toBe(16);
    const packed = Buffer.from(secretData('sh.helm.release.v1.shop.v3', 'release').toString(), 'base64');
    expect(JSON.parse(gunzipSync(packed).toString())).toMatchObject({
      name: 'shop',
      namespace: 'shop',
      version: 3,
      info: { status: 'deployed' },
      chart: { metadata: { name: 'shop', version: '4.5.6' } },
      config: {},
    });
  });

  it('says what it has left out, and why', () => {
    expect(captured.leftOut).toEqual(
      expect.arrayContaining([
        // 3 web, 2 db, 3 logs
        { what: 'pods', reason: 'the controllers of each cluster make them', count: 8, always: false },
        {
          what: 'replicasets.apps',
          reason: 'the controllers of each cluster make them',
          count: 1,
          always: false,
        },
        { what: 'services', reason: 'every cluster has its own', count: 1, always: false },
        {
          what: 'leases.coordination.k8s.io',
          reason: 'whoever holds them renews them',
          count: 0,
          always: true,
        },
      ]),
    );
    expect(captured.secretCount).toBe(10);
  });
});

describe('a kubeconfig', () => {
  it('that is not there, or has no such context, is refused in words', async () => {
    await expect(openKubeconfig({ kubeconfig: join(folder, 'none') })).rejects.toMatchObject({
      code: 'ERR_CAPTURE',
      message: expect.stringContaining('is no kubeconfig'),
    });
    await expect(openKubeconfig({ kubeconfig, context: 'moon' })).rejects.toMatchObject({
      message: expect.stringMatching(/has no context "moon"; it has real/u),
    });
  });
});
