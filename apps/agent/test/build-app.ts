import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { createAgent } from '../src/app.js';
import type { AgentApp } from '../src/context.js';
import { FakeFleet } from './fake-fleet.js';

/** An agent over a fake fleet; closed when the test ends. */
export async function buildApp(
  settings: { apiKey?: string } = {},
): Promise<{ app: AgentApp; fleet: FakeFleet }> {
  const fleet = new FakeFleet();
  const app = await createAgent({
    fleet,
    settings: { listenAddress: '127.0.0.1', rancherURL: 'https://rancher.example', ...settings },
    logger: pino({ level: 'silent' }),
  });
  onTestFinished(() => app.close().then(() => undefined));
  return { app, fleet };
}
