import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { cli, startCli } from './spawn-cli.js';

// Whole programs are started from their sources, which takes seconds on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

function temporaryHome(settings?: string): string {
  const home = mkdtempSync(join(tmpdir(), 'cli-run-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  mkdirSync(join(home, 'config'));
  if (settings !== undefined) writeFileSync(join(home, 'config', 'config'), settings, { mode: 0o600 });
  return home;
}

describe('run', () => {
  it('runs the agent in the foreground until it is told to stop', async () => {
    const home = temporaryHome('RancherURL: http://127.0.0.1:1\nBearerToken: a:b\nLocalAPIPort: 0\n');
    const running = startCli(['run', '--home', home, '--port', '0']);
    await running.printed('agent is listening');
    const { url } = JSON.parse(
      running.output.out.split('\n').find((line) => line.includes('is listening')) ?? '',
    ) as { url: string };
    expect((await cli(['create', 'a', '--server', url])).code).toBe(0);
    running.child.kill('SIGINT');
    expect((await running.ended).code).toBe(0);
  }, 60_000);

  it('ends with 2 and one sentence, JSON if asked, when settings are missing', async () => {
    const plain = await cli(['run', '--home', temporaryHome()]);
    expect([plain.code, plain.out]).toEqual([2, '']);
    expect(plain.err).toMatch(/^scale-cluster: RancherURL is not set: [^\n]+\n$/);
    const json = await cli(['run', '--home', temporaryHome(), '--json']);
    expect(JSON.parse(json.err)).toMatchObject({ code: 'ERR_SETTINGS' });
  });
});

describe('demo', () => {
  it('brings clusters to active, says so with figures, and leaves nothing behind', async () => {
    const { code, out } = await cli(['demo', '--count', '3', '--json']);
    expect(code).toBe(0);
    const result = JSON.parse(out);
    expect(result).toMatchObject({
      clusters: 3,
      rancher: { total: 3, active: 3, violations: [] },
      stageTimings: { active: { count: 3 } },
    });
    expect(result.stageTimings.active.p95).toBeGreaterThan(0);
    expect(result.memory.after.rssBytes).toBeGreaterThan(0);
    expect(existsSync(result.home)).toBe(false);
    for (const url of Object.values<string>(result.urls)) await expect(fetch(url)).rejects.toThrow();
  }, 90_000);

  it('ends with 1 and the reason when clusters are not active in time', async () => {
    const { code, err } = await cli(['demo', '--count', '2', '--timeout', '1']);
    expect(code).toBe(1);
    expect(err).toMatch(/2 of 2 clusters are not active after 1 s: demo-000\d is /);
  }, 60_000);
});
