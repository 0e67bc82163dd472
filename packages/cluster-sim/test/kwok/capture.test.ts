import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kubectl, KwokctlDriver, type KubernetesObject } from '@scale-cluster/kwok-driver';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { captureTemplate, openKubeconfig, type Capture } from '../../src/template/capture/index.js';
import { parseTemplate } from '../../src/template/load.js';
import { mustNotLeave, sourceObjects } from '../template/capture/source-objects.js';
import { skipWithout } from './real-binaries.js';

const skip = skipWithout(
  'kwokctl',
  'kubectl',
  'kwok',
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
);
const name = 'capture';

type Pod = KubernetesObject & { status?: { phase?: string } };

/** KWOK runs the nodes that are marked so. */
const objects = sourceObjects.map((object) =>
  object.kind !== 'Node'
    ? object
    : {
        ...object,
        metadata: {
          ...object.metadata,
          annotations: { ...object.metadata.annotations, 'kwok.x-k8s.io/node': 'fake' },
        },
      },
);

describe.skipIf(skip)('a template of a real cluster', () => {
  let folder: string;
  let driver: KwokctlDriver;
  let kubectl: Kubectl;
  let captured: Capture;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'capture-outside-'));
    driver = new KwokctlDriver({ workDir: folder });
    await driver.create({ name });
    const kubeconfig = driver.kubeconfigPath(name);
    kubectl = new Kubectl({ kubeconfig });
    const apply = async (kinds: (kind: string) => boolean): Promise<void> => {
      const items = objects.filter(({ kind }) => kinds(kind));
      await kubectl.apply(JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
    };
    const early = ['Namespace', 'CustomResourceDefinition', 'Node'];
    await apply((kind) => early.includes(kind));
    await kubectl.wait('crd/widgets.acme.com', { for: 'condition=Established' });
    // Pods are refused until their namespace has its account, kube-system's too.
    for (const namespace of new Set(objects.flatMap(({ metadata }) => metadata?.namespace ?? [])))
      await vi.waitFor(() => kubectl.get('serviceaccount', 'default', { namespace }), 30_000);
    await apply((kind) => !early.includes(kind));
    // 3 web, 2 db, 3 logs, etcd and pinned run, the Job's has ended.
    await vi.waitFor(
      async () => {
        const pods = await kubectl.list<Pod>('pods', { allNamespaces: true });
        expect(pods.map(({ status }) => status?.phase).sort()).toEqual([
          ...Array.from({ length: 10 }, () => 'Running'),
          'Succeeded',
        ]);
      },
      { timeout: 90_000, interval: 1000 },
    );
    const source = await openKubeconfig({ kubeconfig });
    captured = await captureTemplate(source);
    source.close();
  });

  afterAll(async () => {
    await driver.delete(name, { ignoreNotFound: true });
    await rm(folder, { recursive: true, force: true });
  });

  it('makes a cluster in memory with the same counts', () => {
    const different = captured.counts.filter(({ source, simulated }) => source !== simulated);
    // The real controller manager has accounts for its controllers, with roles of another release.
    expect(
      different.filter(({ resource }) => !/^(serviceaccounts|configmaps|.*rbac\..*)$/u.test(resource)),
    ).toEqual([]);
    expect(captured.counts).toEqual(
      expect.arrayContaining([
        { resource: 'nodes', source: 3, simulated: 3 },
        { resource: 'pods', source: 11, simulated: 11 },
        { resource: 'widgets.acme.com', source: 1, simulated: 1 },
      ]),
    );
    expect(captured.leftOut.filter(({ reason }) => reason.startsWith('refused'))).toEqual([]);
    expect(parseTemplate(captured.text, 'captured.yaml', 0).nodeCount).toBe(3);
  });

  it('has nothing in it that identifies people or hosts, and no secret', () => {
    expect(mustNotLeave.filter((word) => captured.text.toLowerCase().includes(word))).toEqual([]);
  });
});
