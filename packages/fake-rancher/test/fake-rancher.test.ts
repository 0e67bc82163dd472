import { describe, expect, it } from 'vitest';
import { ask, until } from './support/api-client.js';
import { allActive, cleanUpAfterEach, kinds, startCluster, startRancher } from './support/setup.js';

cleanUpAfterEach();

describe('a cluster behind a correct agent', () => {
  it('becomes active through all stages, without a violation', async () => {
    const rancher = await startRancher();
    await startCluster(rancher, { via: 'provisioning', nodes: 2 });
    const [view] = await rancher.waitFor(([cluster]) => cluster?.active === true);
    expect(rancher.violations()).toEqual([]);
    expect(view).toMatchObject({
      name: 'one',
      state: 'active',
      transitioning: 'no',
      nodeCount: 2,
      tunnels: { cluster: true, steve: true },
    });
    const { created, token, tunnel, apiUp, synced, updated, impersonated, deployed, active } =
      view?.stages ?? {};
    const inOrder = [created, token, tunnel, apiUp, synced, updated, impersonated, deployed, active];
    expect(inOrder).toEqual([...inOrder].sort());
    expect(view?.conditions.every(({ status }) => status === 'True')).toBe(true);
  });

  it('holds what Rancher puts into every cluster', async () => {
    const rancher = await startRancher();
    const cluster = await startCluster(rancher);
    await allActive(rancher);
    const { api } = cluster.api;
    const names = (storage: string, namespace?: string): string[] =>
      api
        .list(storage, namespace === undefined ? {} : { namespace })
        .map(({ metadata }) => metadata.name ?? '');
    expect(names('clusterroles.rbac.authorization.k8s.io')).toEqual(
      expect.arrayContaining([
        'cattle-admin',
        'cluster-owner',
        'create-ns',
        'proxy-clusterrole-kubeapiserver',
      ]),
    );
    expect(names('deployments.apps', 'cattle-system')).toEqual(['cattle-cluster-agent']);
    const [secret] = api.list('secrets', { namespace: 'cattle-impersonation-system' });
    expect(secret?.['type']).toBe('kubernetes.io/service-account-token');
    const project = (namespace: string): string | undefined =>
      api.get('namespaces', undefined, namespace).metadata.annotations?.['field.cattle.io/projectId'];
    await until(
      () => project('cattle-system'),
      (value) => value !== undefined,
    );
    expect(project('default')).toMatch(new RegExp(`^${cluster.id}:p-`));
    expect(project('kube-system')).toBe(project('cattle-system'));
    expect(project('kube-system')).not.toBe(project('default'));
  });

  it('shows its version, nodes and provider', async () => {
    const rancher = await startRancher();
    const cluster = await startCluster(rancher, { version: 'v1.31.2+k3s1', nodes: 3 });
    const { json } = await until(
      () => ask(rancher, 'GET', `/v3/clusters/${cluster.id}`),
      ({ json }) => json.provider !== undefined && json.capacity !== undefined,
    );
    expect(json).toMatchObject({
      provider: 'k3s',
      driver: 'k3s',
      nodeCount: 3,
      capacity: { cpu: '12', pods: '330' },
      version: { gitVersion: 'v1.31.2+k3s1' },
      apiEndpoint: 'https://10.43.0.1:443',
    });
  });

  it('gets rid of a namespace that is deleted, finalizer included', async () => {
    const rancher = await startRancher();
    const cluster = await startCluster(rancher);
    await allActive(rancher);
    const { api } = cluster.api;
    api.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'mine' } });
    await until(
      () => api.get('namespaces', undefined, 'mine').metadata.finalizers ?? [],
      (list) => list.length > 0,
    );
    api.delete('namespaces', undefined, 'mine');
    await until(
      () => api.find('namespaces', undefined, 'mine'),
      (found) => found === undefined,
    );
    expect(rancher.violations()).toEqual([]);
  });

  it('is unavailable when its tunnels are lost, and active again when they are back', async () => {
    const rancher = await startRancher();
    await startCluster(rancher);
    await allActive(rancher);
    // The agents come back within milliseconds: to be seen as lost, they must be kept out meanwhile.
    void rancher.pause(60_000);
    expect(rancher.dropTunnels(1)).toBe(2);
    expect(rancher.clusters()[0]?.tunnels).toEqual({ cluster: false, steve: false });
    await rancher.waitFor(([cluster]) => cluster?.state === 'unavailable' && cluster.transitioning === 'yes');
    rancher.resume();
    await allActive(rancher);
    expect(rancher.violations()).toEqual([]);
  });

  it('loses only Connected and Ready with its steve tunnel', async () => {
    const rancher = await startRancher();
    await startCluster(rancher);
    await allActive(rancher);
    void rancher.pause(60_000);
    expect(rancher.dropTunnels(1, 'steve')).toBe(1);
    const [lost] = await rancher.waitFor(([cluster]) => cluster?.state === 'unavailable');
    expect(lost?.conditions.filter(({ status }) => status !== 'True').map(({ type }) => type)).toEqual([
      'Connected',
      'Ready',
    ]);
    expect(lost?.tunnels).toEqual({ cluster: true, steve: false });
    rancher.resume();
    await allActive(rancher);
  });

  it('comes back with a new registration token after rotation, as the old one ends', async () => {
    const rancher = await startRancher();
    const cluster = await startCluster(rancher);
    await allActive(rancher);
    expect(rancher.rotateTokens(0)).toBe(2); // default-token and system
    expect(rancher.clusters()[0]?.tunnels.cluster).toBe(true);
    const { json } = await ask(rancher, 'GET', `/v3/clusterregistrationtokens?clusterId=${cluster.id}`);
    const fresh = json.data.find(({ name }: { name: string }) => name === 'default-token').token as string;
    expect(fresh).not.toBe(cluster.registrationToken);
    rancher.dropTunnels(1);
    await rancher.waitFor(([view]) => view?.state === 'unavailable');
    cluster.registrationToken = fresh;
    await allActive(rancher);
    expect(rancher.violations()).toEqual([]);
  });

  it('is deleted with a cleanup Job, then unknown, its token refused', async () => {
    const rancher = await startRancher();
    const cluster = await startCluster(rancher, { via: 'provisioning' });
    await allActive(rancher);
    const path = `/v1/provisioning.cattle.io.clusters/fleet-default/one`;
    expect((await ask(rancher, 'DELETE', path)).status).toBe(200);
    expect(rancher.clusters()[0]).toMatchObject({ state: 'removing', transitioning: 'yes', active: false });
    await until(
      () => ask(rancher, 'GET', `/v3/clusters/${cluster.id}`),
      ({ status }) => status === 404,
    );
    expect((await ask(rancher, 'GET', path)).status).toBe(404);
    const { api } = cluster.api;
    const [job] = api.list('jobs.batch', { namespace: 'default' });
    expect(job?.metadata.name).toMatch(/^cattle-cleanup-/);
    const owned = api
      .list('serviceaccounts', { namespace: 'default' })
      .filter(({ metadata }) => metadata.name?.startsWith('cattle-cleanup-'));
    expect(owned.map(({ metadata }) => metadata.ownerReferences?.[0]?.uid)).toEqual([job?.metadata.uid]);
    const refused = await ask(rancher, 'GET', '/v3/connect', {
      token: null,
      headers: { 'X-API-Tunnel-Token': cluster.registrationToken },
    });
    expect(refused).toMatchObject({ status: 400, text: 'cluster not found' });
    expect(rancher.violations()).toEqual([]);
  });

  it('is deleted although its agent never came', async () => {
    const rancher = await startRancher();
    const { json } = await ask(rancher, 'POST', '/v3/clusters', { body: { name: 'never' } });
    await ask(rancher, 'DELETE', `/v3/clusters/${json.id}`);
    await rancher.waitFor((clusters) => clusters.length === 0);
    expect(kinds(rancher)).toEqual([]);
  });

  it('shares nothing with another cluster', async () => {
    const rancher = await startRancher();
    await startCluster(rancher, { name: 'one' });
    await startCluster(rancher, { name: 'two' });
    await allActive(rancher);
    expect(rancher.clusters()).toHaveLength(2);
    expect(rancher.violations()).toEqual([]);
  });
});
