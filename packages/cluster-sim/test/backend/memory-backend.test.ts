import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
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
});
