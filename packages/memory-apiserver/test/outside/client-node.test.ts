import type { V1ConfigMap, V1Pod } from '@kubernetes/client-node';
import {
  AppsV1Api,
  CoreV1Api,
  KubeConfig,
  Log,
  makeInformer,
  PatchStrategy,
  setHeaderOptions,
} from '@kubernetes/client-node';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubeObject } from '../../src/index.js';
import type { LocalServer } from './local-server.js';
import { startLocalServer } from './local-server.js';
import { run } from './tools.js';

const execScript = fileURLToPath(new URL('./client-node-exec.mjs', import.meta.url));

/** What programs in Node built on the official client get to see. */
describe('@kubernetes/client-node', () => {
  let server: LocalServer;
  let config: KubeConfig;
  let core: CoreV1Api;

  beforeAll(async () => {
    server = await startLocalServer();
    config = new KubeConfig();
    config.loadFromFile(server.kubeconfig);
    core = config.makeApiClient(CoreV1Api);
  });
  afterAll(() => server.close());

  const namespace = 'default';
  const configMap = (name: string, value = '1'): V1ConfigMap => ({ metadata: { name }, data: { value } });

  it('creates, reads, lists by label, replaces, patches and deletes', async () => {
    await core.createNamespacedConfigMap({
      namespace,
      body: { ...configMap('one'), metadata: { name: 'one', labels: { app: 'x' } } },
    });
    const read = await core.readNamespacedConfigMap({ namespace, name: 'one' });
    expect(read.metadata?.creationTimestamp).toBeInstanceOf(Date);
    const list = await core.listNamespacedConfigMap({ namespace, labelSelector: 'app=x' });
    expect(list.items.map(({ metadata }) => metadata?.name)).toEqual(['one']);
    await core.replaceNamespacedConfigMap({
      namespace,
      name: 'one',
      body: { ...read, data: { value: '2' } },
    });
    await expect(
      core.replaceNamespacedConfigMap({ namespace, name: 'one', body: { ...read, data: {} } }),
    ).rejects.toMatchObject({ code: 409 });
    const patched = await core.patchNamespacedConfigMap(
      { namespace, name: 'one', body: [{ op: 'replace', path: '/data/value', value: '3' }] },
      setHeaderOptions('Content-Type', PatchStrategy.JsonPatch),
    );
    expect(patched.data).toEqual({ value: '3' });
    const applied = await core.patchNamespacedConfigMap(
      {
        namespace,
        name: 'one',
        fieldManager: 'test',
        body: { apiVersion: 'v1', kind: 'ConfigMap', data: { more: 'y' } },
      },
      setHeaderOptions('Content-Type', PatchStrategy.ServerSideApply),
    );
    expect(applied.data).toEqual({ value: '3', more: 'y' });
    await core.deleteNamespacedConfigMap({ namespace, name: 'one' });
    await expect(core.readNamespacedConfigMap({ namespace, name: 'one' })).rejects.toMatchObject({
      code: 404,
    });
  });

  it('keeps an informer up to date', async () => {
    const other = 'informed';
    await core.createNamespace({ body: { metadata: { name: other } } });
    await core.createNamespacedConfigMap({ namespace: other, body: configMap('before') });
    const informer = makeInformer(config, `/api/v1/namespaces/${other}/configmaps`, () =>
      core.listNamespacedConfigMap({ namespace: other }),
    );
    const seen: string[] = [];
    let onDeleted = (): void => undefined;
    const deleted = new Promise<void>((resolve) => (onDeleted = resolve));
    for (const verb of ['add', 'update', 'delete'] as const) {
      informer.on(verb, ({ metadata, data }: V1ConfigMap) => {
        if (metadata?.name === 'kube-root-ca.crt') return;
        seen.push(`${verb} ${metadata?.name} ${data?.['value']}`);
        if (verb === 'delete') onDeleted();
      });
    }
    await informer.start();
    await core.createNamespacedConfigMap({ namespace: other, body: configMap('after') });
    await core.replaceNamespacedConfigMap({ namespace: other, name: 'after', body: configMap('after', '2') });
    await core.deleteNamespacedConfigMap({ namespace: other, name: 'before' });
    await deleted;
    expect(seen).toEqual(['add before 1', 'add after 1', 'update after 2', 'delete before 1']);
    expect(informer.get('after', other)?.data).toEqual({ value: '2' });
    await informer.stop();
  });

  it('runs a Deployment, reads logs and executes commands in its pods', async () => {
    const labels = { app: 'web' };
    await config.makeApiClient(AppsV1Api).createNamespacedDeployment({
      namespace,
      body: {
        metadata: { name: 'web' },
        spec: {
          replicas: 1,
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'nginx' }] } },
        },
      },
    });
    const running = await firstRunning(() => core.listNamespacedPod({ namespace, labelSelector: 'app=web' }));
    const name = running.metadata?.name ?? '';
    const { stdout, stderr } = await run(process.execPath, [execScript, server.kubeconfig, namespace, name]);
    expect(stderr).toBe('Success');
    expect(stdout).toBe('hello\n');
    const log = new PassThrough();
    const written = text(log);
    await new Log(config).log(namespace, name, 'main', log);
    expect(await written).toBe(await core.readNamespacedPodLog({ namespace, name }));
  });

  /** Resolves with the pod that the in-process API says is running. */
  async function firstRunning(list: () => Promise<{ items: V1Pod[] }>): Promise<V1Pod> {
    await new Promise<void>((resolve) => {
      const isRunning = ({ status }: KubeObject): boolean => status?.phase === 'Running';
      const watch = server.cluster.api.watch('pods', { labelSelector: 'app=web' }, (_type, pod) => {
        if (!isRunning(pod)) return;
        watch.close();
        resolve();
      });
      if (server.cluster.api.list('pods', { labelSelector: 'app=web' }).some(isRunning)) resolve();
    });
    const [pod] = (await list()).items;
    if (pod === undefined) throw new Error('no pod');
    return pod;
  }
});
