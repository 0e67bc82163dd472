import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApiServer } from '@scale-cluster/memory-apiserver';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { cli } from './spawn-cli.js';

// Whole programs are started from their sources, which takes seconds on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'cli-template-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

describe('template', () => {
  it('captures a cluster into a private file that passes the check', async () => {
    const folder = temporaryFolder();
    const server = createApiServer();
    onTestFinished(() => server.close());
    const cluster = server.createCluster();
    cluster.api.create({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'rack-7' },
      status: { capacity: { cpu: '2', memory: '4Gi', pods: '10' } },
    });
    cluster.api.create({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'db', namespace: 'default' },
      data: { password: Buffer.from('hunter22').toString('base64') },
    });
    const kubeconfig = join(folder, 'kubeconfig');
    await cluster.listen({ kubeconfigFile: kubeconfig });
    await server.idle();
    const file = join(folder, 'captured.yaml');

    const captured = await cli(['template', 'capture', '--kubeconfig', kubeconfig, '-o', file, '--json']);
    expect([captured.code, captured.err]).toEqual([0, '']);
    expect(JSON.parse(captured.out)).toMatchObject({
      file,
      counts: expect.arrayContaining([{ resource: 'secrets', source: 1, simulated: 1 }]),
      replaced: expect.arrayContaining([expect.objectContaining({ kind: 'node', from: 'rack-7' })]),
      secretCount: 1,
    });
    expect(statSync(file).mode & 0o777).toBe(0o600);

    const checked = await cli(['template', 'check', file]);
    expect(checked.code).toBe(0);
    expect(checked.out).toMatch(/1 nodes/);
    expect(checked.out).toMatch(/^secrets +1$/m);
  });

  it('says where a template is wrong', async () => {
    const file = join(temporaryFolder(), 'wrong.yaml');
    writeFileSync(file, 'nodes:\n  - name: a\n    capacity: { cpu: lots }\n');
    const { code, err } = await cli(['template', 'check', file]);
    expect(code).toBe(2);
    expect(err).toContain(`${file}:3: nodes[0].capacity.cpu: "lots" is not a quantity`);
  });

  it('says which object of a template no cluster would take', async () => {
    const file = join(temporaryFolder(), 'refused.yaml');
    const objects = [
      { apiVersion: 'v1', kind: 'Node', metadata: { name: 'a' } },
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'p', namespace: 'default' },
        spec: { containers: [] },
      },
    ];
    writeFileSync(file, objects.map((object) => JSON.stringify(object)).join('\n---\n'));
    const { code, err } = await cli(['template', 'check', file]);
    expect(code).toBe(2);
    expect(err).toMatch(/Pod "p" is invalid: spec\.containers/);
  });
});
