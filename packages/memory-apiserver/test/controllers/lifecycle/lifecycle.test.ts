import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ScratchCluster } from '../../../src/controllers/scratch-cluster.js';
import { startMs } from '../cluster.js';
import { outcomeOf, type Outcome } from './outcome.js';
import { nodes, scenarios, type Scenario } from './scenarios.js';

/** Recorded by tools/lifecycle/record.ts on Kubernetes 1.34.4 with KWOK 0.8.0. */
const recorded = JSON.parse(
  readFileSync(new URL('../../fixtures/lifecycle-1.34.json', import.meta.url), 'utf8'),
) as Record<string, Record<string, Record<string, Outcome>>>;

function play(scenario: Scenario): Record<string, Record<string, Outcome>> {
  const cluster = new ScratchCluster({ name: 'life', startMs, serviceCidr: '10.43.0.0/16' });
  const { api } = cluster;
  for (const name of ['default', 'life'])
    api.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  for (const object of nodes) api.create(object);
  cluster.advance(5000);
  for (const object of scenario.create) api.create(object);
  cluster.advance(30_000);
  for (const { resource, name, body } of scenario.patch ?? [])
    api.patch(resource, resource === 'nodes' ? undefined : 'life', name, 'merge', body);
  cluster.advance(60_000);
  return Object.fromEntries(
    scenario.look.map((resource) => [
      resource,
      outcomeOf(resource, api.list(resource, { namespace: 'life' })),
    ]),
  );
}

describe('a life as on a real cluster', () => {
  it.each(scenarios.map((scenario) => [scenario.name, scenario] as const))('%s', (name, scenario) => {
    expect(play(scenario)).toEqual(recorded[name]);
  });
});
