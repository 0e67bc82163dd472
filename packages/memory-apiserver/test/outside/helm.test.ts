import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalServer } from './local-server.js';
import { startLocalServer } from './local-server.js';
import { buildGoTool, go, run } from './tools.js';

const chart = fileURLToPath(new URL('../../../../tools/helm/chart', import.meta.url));

/** Helm's own library, with waits: its statuses say that what a chart holds became ready. */
describe.skipIf(go === undefined)('helm', () => {
  let program = '';
  let server: LocalServer;

  beforeAll(async () => {
    program = await buildGoTool('helm');
    server = await startLocalServer();
  }, 1_200_000);
  afterAll(() => server.close());

  it('installs, upgrades, rolls back and uninstalls a chart with a hook', async () => {
    const { stdout, stderr } = await run(program, ['--chart', chart], {
      env: { KUBECONFIG: server.kubeconfig },
    });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual([
      { did: 'install', revision: 1, status: 'deployed' },
      { did: 'upgrade', revision: 2, status: 'deployed' },
      { did: 'rollback', revision: 3, status: 'deployed' },
      { did: 'uninstall', revision: 3, status: 'uninstalled' },
    ]);
    const { api } = server.cluster;
    for (const storage of ['deployments.apps', 'pods', 'services', 'jobs.batch', 'secrets'])
      expect(api.list(storage, { namespace: 'shop' })).toEqual([]);
    expect(server.requests).toContain('delete deployments 200');
  });
});
