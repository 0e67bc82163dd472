import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSettings, type Settings, type SettingsFile } from '@scale-cluster/cluster-sim';
import { startFakeRancher, type FakeRancher } from '@scale-cluster/fake-rancher';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { startAgent, type RunningAgent } from '../src/server.js';

/** A folder that is removed when the test ends. */
export function temporaryHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'agent-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  return home;
}

/** A Rancher that is quick, without TLS. */
export async function startRancher(): Promise<FakeRancher> {
  const rancher = await startFakeRancher({
    tls: false,
    checkIntervalMs: 200,
    provisioningDelayMs: 10,
    tokenDelayMs: 10,
    retryDelayMs: 100,
    deleteDelayMs: 10,
  });
  onTestFinished(() => rancher.close());
  return rancher;
}

export function settingsFor(
  rancher: Pick<FakeRancher, 'url' | 'token'>,
  overrides: Partial<SettingsFile> = {},
  home = temporaryHome(),
): Settings {
  return loadSettings({
    home,
    env: {},
    overrides: {
      RancherURL: rancher.url,
      BearerToken: rancher.token,
      ListenPort: 0,
      LocalAPIPort: 0,
      Shards: 0,
      ...overrides,
    },
  });
}

/** A whole agent on free ports; closed when the test ends. */
export async function startTestAgent(settings: Settings): Promise<RunningAgent> {
  const agent = await startAgent(settings, { logger: pino({ level: 'silent' }), pingPort: 0 });
  onTestFinished(() => agent.close());
  return agent;
}

/** A request with a JSON body and a JSON answer. */
export async function call(
  agent: Pick<RunningAgent, 'url'>,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: ReturnType<typeof JSON.parse> }> {
  const response = await fetch(agent.url + path, {
    method,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  return { status: response.status, body: await response.json() };
}
