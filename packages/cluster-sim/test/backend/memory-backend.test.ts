import { readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KubeObject } from '@scale-cluster/memory-apiserver';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AgentManifests } from '../../src/agent-doings/agent-manifests.js';
import { splitImportManifest } from '../../src/agent-doings/import-manifest.js';
import { MemoryBackend } from '../../src/backend/memory-backend.js';
import type { BackendCluster, ProvisionRequest } from '../../src/backend/backend.js';
import { UnknownTemplateError } from '../../src/errors.js';
import { Journal } from '../../src/journal/journal.js';
import { silentLogger } from '../../src/logger.js';
import { Pki } from '../../src/pki/pki.js';
import { loadSettings } from '../../src/settings/load.js';
import { TemplateSet } from '../../src/template/template-set.js';
import { temporaryFolder } from '../temporary.js';

const request = (uid: string, template?: string): ProvisionRequest => ({
  name: uid,
  uid,
  createdAt: 0,
  tokens: {},
  template,
});

/** One life of the backend over a home; ends with the test, or earlier. */
async function live(home: string): Promise<{ backend: MemoryBackend; end: () => Promise<void> }> {
  const journal = await Journal.open({ folder: join(home, 'journal') });
  const backend = new MemoryBackend({
    settings: loadSettings({ home, env: { RANCHER_URL: 'https://r.example', RANCHER_TOKEN: 'a:b' } }),
    templates: new TemplateSet({ defaultFile: join(home, 'cluster.yaml'), folder: join(home, 'templates') }),
    pki: await Pki.open({ folder: join(home, 'pki'), hosts: ['localhost'], now: Date.now }),
    journal,
    agentManifests: await AgentManifests.open(join(home, 'agent-manifests')),
    tokenKey: 'key',
    now: Date.now,
    random: Math.random,
    logger: silentLogger,
    onRequest: () => undefined,
  });
  let ended: Promise<void> | undefined;
  const end = (): Promise<void> => (ended ??= backend.close().then(() => journal.close()));
  onTestFinished(end);
  return { backend, end };
}

async function homeWithEdge(): Promise<string> {
  const home = await temporaryFolder();
  await mkdir(join(home, 'templates'));
  await writeFile(
    join(home, 'templates', 'edge.yaml'),
    "nodes:\n  - { name: '{{cluster-name}}-box', version: v1.31.2+k3s1 }\n",
  );
  return home;
}

/** What the journal in the home has an entry of: cluster, storage and name. */
async function journalled(home: string): Promise<string[]> {
  const folder = join(home, 'journal');
  const files = (await readdir(folder)).filter((file) => file.startsWith('shard-'));
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  return texts
    .flatMap((text) => text.split('\n').filter((line) => line !== ''))
    .map((line) => line.split('\t'))
    .map(([uid = '', storage = '', , name = '']) => `${uid} ${storage} ${name}`);
}

describe('clusters in this process', () => {
  it('have the nodes, version and pod figures of their own template', async () => {
    const { backend } = await live(await homeWithEdge());
    await backend.adopt([], () => undefined);
    const [plain, edge] = [
      await backend.provision(request('a')),
      await backend.provision(request('b', 'edge')),
    ];
    expect([plain.version, edge.version]).toEqual(['v1.28.5+k3s1', 'v1.31.2+k3s1']);
    const nodes = await edge.objects.list('nodes');
    expect(nodes.map(({ metadata }) => metadata.name)).toEqual(['b-box']);
    expect(nodes[0]?.metadata.annotations).toHaveProperty(['management.cattle.io/pod-requests']);
    expect(await plain.objects.count('nodes')).toBe(2);
  });

  it('keep what was written in them while their template is missing, and have it again with the template', async () => {
    const home = await homeWithEdge();
    const first = await live(home);
    await first.backend.adopt([], () => undefined);
    const cluster = await first.backend.provision(request('a', 'edge'));
    await cluster.objects.create({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'kept', namespace: 'default' },
    });
    await first.end();

    const file = join(home, 'templates', 'edge.yaml');
    await rename(file, `${file}.away`);
    const second = await live(home);
    const adopted: BackendCluster[] = [];
    await second.backend.adopt([request('a', 'edge')], (one) => adopted.push(one));
    expect(adopted).toEqual([]);
    await expect(second.backend.provision(request('a', 'edge'))).rejects.toThrow(UnknownTemplateError);
    await rename(`${file}.away`, file);
    const again = await second.backend.provision(request('a', 'edge'));
    expect(await again.objects.find('configmaps', 'default', 'kept')).toBeDefined();
  });

  describe('with the agent from the start', () => {
    const yaml = readFileSync(new URL('../fixtures/import-manifest.yaml', import.meta.url), 'utf8');
    const { shared, credentials } = splitImportManifest(yaml) ?? { shared: '', credentials: '' };
    const agentPod = async ({ objects }: BackendCluster): Promise<KubeObject | undefined> =>
      (await objects.list('pods', { namespace: 'cattle-system' }))[0];

    async function withAgent(uid: string, home: string): Promise<ProvisionRequest> {
      const manifests = await AgentManifests.open(join(home, 'agent-manifests'));
      const manifest = (await manifests.add(shared)) ?? '';
      return { ...request(uid), agent: { manifest, credentials } };
    }

    it('are the same after a restart, with what they have changed, and write nothing for it', async () => {
      const home = await temporaryFolder();
      const requests = [await withAgent('a', home), await withAgent('b', home)];
      const first = await live(home);
      await first.backend.adopt([], () => undefined);
      const [a, b] = await Promise.all(requests.map((each) => first.backend.provision(each)));
      const before = [a && (await agentPod(a)), b && (await agentPod(b))];
      expect(before[0]).toMatchObject({
        metadata: { name: before[1]?.metadata.name },
        status: { phase: 'Running' },
      });
      expect(before[0]?.metadata.uid).not.toBe(before[1]?.metadata.uid);
      await b?.objects.patch('pods', 'cattle-system', before[1]?.metadata.name ?? '', 'merge', {
        metadata: { labels: { changed: 'yes' } },
      });
      await first.end();
      expect(await journalled(home)).toEqual([`b pods ${before[1]?.metadata.name}`]);

      const second = await live(home);
      const adopted = new Map<string, BackendCluster>();
      await second.backend.adopt(requests, (one) => adopted.set(one.uid, one));
      const pods = await Promise.all([...adopted.values()].map(agentPod));
      const byUid = new Map(pods.map((pod) => [pod?.metadata.uid, pod]));
      expect(byUid.get(before[0]?.metadata.uid)).toEqual(before[0]);
      expect(byUid.get(before[1]?.metadata.uid)?.metadata.labels).toMatchObject({ changed: 'yes' });
    });

    it('begin without it when its manifest is missing, with all that they wrote themselves', async () => {
      const home = await temporaryFolder();
      const wanted = await withAgent('a', home);
      const first = await live(home);
      await first.backend.adopt([], () => undefined);
      const cluster = await first.backend.provision(wanted);
      await cluster.objects.create({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'kept', namespace: 'cattle-system' },
      });
      await first.end();
      await rename(join(home, 'agent-manifests'), join(home, 'away'));
      const second = await live(home);
      const adopted: BackendCluster[] = [];
      await second.backend.adopt([wanted], (one) => adopted.push(one));
      const [again] = adopted;
      expect(await again?.objects.find('configmaps', 'cattle-system', 'kept')).toBeDefined();
      expect(again && (await agentPod(again))).toBeUndefined();
      expect([cluster.sharesAgent, again?.sharesAgent]).toEqual([true, false]);
    });
  });
});
