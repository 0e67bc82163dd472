import {
  AlreadyExistsError,
  NetworkError,
  NotFoundError,
  type RancherCluster,
} from '@scale-cluster/rancher-client';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ManagedCluster } from '../../src/cluster/managed-cluster.js';
import { Delayer } from '../../src/delayer.js';
import { silentLogger } from '../../src/logger.js';
import { Executor, NameTakenError, uidAnnotation, type RancherApi } from '../../src/reconcile/executor.js';
import { loadSettings } from '../../src/settings/load.js';
import { StateStore } from '../../src/state/state-store.js';
import { temporaryFolder } from '../temporary.js';

const seen = (more: Partial<RancherCluster> = {}): RancherCluster => ({
  id: 'c-m-1',
  name: 'a',
  state: 'pending',
  transitioning: 'yes',
  transitioningMessage: '',
  conditions: [],
  annotations: {},
  labels: {},
  via: 'provisioning',
  ...more,
});

const unexpected = (): Promise<never> => Promise.reject(new Error('not expected to be called'));

async function setup(rancher: Partial<RancherApi>): Promise<{ executor: Executor; cluster: ManagedCluster }> {
  const home = await temporaryFolder();
  const delayer = new Delayer(() => Date.now());
  onTestFinished(() => delayer.close());
  const executor = new Executor({
    settings: loadSettings({ home, env: { RANCHER_URL: 'https://r.example', RANCHER_TOKEN: 'a:b' } }),
    rancher: {
      adoptCluster: unexpected,
      createCluster: unexpected,
      deleteCluster: unexpected,
      getCluster: unexpected,
      importManifest: unexpected,
      registrationToken: unexpected,
      setting: unexpected,
      trust: unexpected,
      ...rancher,
    },
    hosts: { provision: unexpected, remove: unexpected },
    agentManifests: { add: unexpected },
    state: await StateStore.open({ path: join(home, 'state.json') }),
    paces: { creation: { perSec: Infinity }, deletion: { perSec: Infinity } },
    delayer,
    now: () => Date.now(),
    random: () => 0.5,
    logger: silentLogger,
    onProgress: () => undefined,
    onStage: () => undefined,
    onRancher: () => undefined,
    onRemoved: () => undefined,
    wake: () => undefined,
  });
  const cluster = new ManagedCluster(
    { name: 'a', uid: 'uid-a', createdAt: 0, backend: 'memory', stages: {} },
    0,
    false,
  );
  return { executor, cluster };
}

describe('registering', () => {
  it('marks the cluster in Rancher as ours', async () => {
    const requests: object[] = [];
    const { executor, cluster } = await setup({
      createCluster: async (request) => (requests.push(request), seen()),
    });
    await executor.execute(cluster, 'register');
    expect(requests).toEqual([{ name: 'a', annotations: { [uidAnnotation]: 'uid-a' }, via: 'auto' }]);
    expect(cluster.record).toMatchObject({ rancherId: 'c-m-1', via: 'provisioning' });
  });

  it('adopts a cluster that exists only if it carries our mark', async () => {
    const exists = {
      createCluster: () => Promise.reject(new AlreadyExistsError('AlreadyExists', 'exists', { status: 409 })),
    };
    const ours = await setup({
      ...exists,
      adoptCluster: async (_name, annotation) =>
        annotation.value === 'uid-a' ? seen({ id: 'c-m-7' }) : undefined,
    });
    await ours.executor.execute(ours.cluster, 'register');
    expect(ours.cluster.record.rancherId).toBe('c-m-7');
    const theirs = await setup({ ...exists, adoptCluster: async () => undefined });
    await expect(theirs.executor.execute(theirs.cluster, 'register')).rejects.toThrow(NameTakenError);
    expect(theirs.cluster.record.rancherId).toBeUndefined();
  });

  it('remembers that a POST without an answer may have arrived', async () => {
    const { executor, cluster } = await setup({
      createCluster: () => Promise.reject(new NetworkError('ERR_RANCHER_NETWORK', 'reset')),
    });
    await expect(executor.execute(cluster, 'register')).rejects.toThrow('reset');
    expect(cluster.registrationUncertain).toBe(true);
  });

  it('is left out when the cluster is no longer wished by the time of its turn', async () => {
    const { executor, cluster } = await setup({});
    cluster.record.deleting = true;
    await executor.execute(cluster, 'register');
    expect(cluster.registrationUncertain).toBe(false);
  });
});

describe('looking whether Rancher still has a cluster', () => {
  async function check(
    rancher: Partial<RancherApi>,
    before: ManagedCluster['inRancher'] = 'suspected',
  ): Promise<ManagedCluster> {
    const { executor, cluster } = await setup(rancher);
    cluster.record.rancherId = 'c-m-1';
    cluster.inRancher = before;
    await executor.execute(cluster, 'check-rancher').catch(() => undefined);
    return cluster;
  }

  it('believes a 404 of Rancher itself', async () => {
    expect((await check({ getCluster: async () => undefined, setting: async () => '' })).inRancher).toBe(
      'gone',
    );
  });

  it('does not believe a 404 of something that says 404 to everything, as an ingress without Rancher does', async () => {
    const setting = (): Promise<never> =>
      Promise.reject(new NotFoundError('NotFound', 'default backend', { status: 404 }));
    expect((await check({ getCluster: async () => undefined, setting })).inRancher).toBe('suspected');
  });

  it('does not take an unreachable Rancher, or a refused token, for an answer', async () => {
    const failing = (): Promise<never> => Promise.reject(new NetworkError('ERR_RANCHER_NETWORK', 'refused'));
    expect((await check({ getCluster: failing })).inRancher).toBe('suspected');
  });

  it('is content when the cluster is there, and follows a removal that is under way', async () => {
    expect((await check({ getCluster: async () => seen() })).inRancher).toBe('present');
    expect((await check({ getCluster: async () => seen({ removed: true }) })).inRancher).toBe('removing');
  });

  it('waits for a deletion that Rancher accepted but does not show yet', async () => {
    const { executor, cluster } = await setup({
      getCluster: async () => seen(),
      deleteCluster: async () => undefined,
    });
    cluster.record.rancherId = 'c-m-1';
    await executor.execute(cluster, 'delete-in-rancher');
    expect(await executor.execute(cluster, 'check-rancher')).toBe(1000);
    expect(cluster.inRancher).toBe('removing');
  });
});
