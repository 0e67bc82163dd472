import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalServer } from './local-server.js';
import { startLocalServer } from './local-server.js';
import { buildClientGo, go, run } from './tools.js';

/** What programs built on client-go, such as Rancher's controllers, get to see. */
describe.skipIf(go === undefined)('client-go', () => {
  let program = '';
  let server: LocalServer;

  beforeAll(async () => {
    program = await buildClientGo();
    server = await startLocalServer();
  }, 600_000);

  afterAll(async () => {
    await server.close();
  });

  async function scenario(
    name: string,
    env: Record<string, string> = {},
    target: LocalServer = server,
  ): Promise<Record<string, unknown>> {
    const { code, stdout, stderr } = await run(program, ['--kubeconfig', target.kubeconfig, name], { env });
    expect(stderr).toBe('');
    expect(code).toBe(0);
    return JSON.parse(stdout) as Record<string, unknown>;
  }

  it('creates, reads, changes and deletes with the typed client and its protobuf bodies', async () => {
    await scenario('typed');
    expect(server.requests).toContain('create deployments 201');
  });

  it('keeps informers complete by WatchList', async () => {
    const fresh = await startLocalServer();
    try {
      const env = { KUBE_FEATURE_WatchListClient: 'true' };
      expect(await scenario('informers', env, fresh)).toMatchObject({ watchList: true, cached: 499 });
      // The one list is the scenario's own comparison: informers made none.
      expect(fresh.requests.filter((line) => line.startsWith('list configmaps'))).toHaveLength(1);
    } finally {
      await fresh.close();
    }
  });

  it('keeps informers complete by list and watch', async () => {
    const fresh = await startLocalServer();
    try {
      const env = { KUBE_FEATURE_WatchListClient: 'false' };
      expect(await scenario('informers', env, fresh)).toMatchObject({ watchList: false, cached: 499 });
      expect(fresh.requests.filter((line) => line.startsWith('list configmaps'))).toHaveLength(3);
    } finally {
      await fresh.close();
    }
  });

  it('keeps informers of 10,000 objects complete through churn and cut connections, without a second list', async () => {
    const fresh = await startLocalServer();
    try {
      const told = await scenario('churn', { KUBE_FEATURE_WatchListClient: 'true' }, fresh);
      // Three informers whose connections are cut five times, and who need no object to be told twice.
      expect(told).toMatchObject({ objects: 10_000, lists: 0, initial: 3, resumed: 15, repeated: 0 });
      expect(fresh.requests.filter((line) => line.startsWith('list configmaps'))).toHaveLength(1);
    } finally {
      await fresh.close();
    }
  }, 60_000);

  it('reads pages that all show one moment', async () => {
    expect(await scenario('paging')).toMatchObject({ pages: 5, objects: 231 });
  });

  it('is told when a version is too old, and how to go on', async () => {
    const small = await startLocalServer({ limits: { maxEvents: 40 } });
    try {
      const { oldWatch } = await scenario('expired', {}, small);
      expect(oldWatch).toContain('too old resource version');
    } finally {
      await small.close();
    }
  });

  it('finds the same resources by both forms of discovery, and their schemas', async () => {
    const { version, groups, resources, openapi } = await scenario('discovery');
    expect(version).toBe('v1.34.1');
    expect(groups).toBeGreaterThan(15);
    expect(resources).toBeGreaterThan(100);
    expect(openapi).toBeGreaterThan(20);
  });

  it('applies on the server, with owners of fields and conflicts', async () => {
    await scenario('apply');
  });

  it('uses a custom resource at once after its definition', async () => {
    await scenario('custom');
  });

  it('gets tokens of service accounts that work until the account is gone', async () => {
    await scenario('tokens');
  });
});
