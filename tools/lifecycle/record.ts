/**
 * Plays the scenarios of `packages/memory-apiserver/test/controllers/lifecycle` on a real cluster with controller
 * manager, scheduler and KWOK, and writes what came of them to `test/fixtures/lifecycle-1.34.json`.
 *
 *   KUBECONFIG=… [KUBECTL=kubectl] node --conditions=@scale-cluster/source --import tsx tools/lifecycle/record.ts
 *
 * The cluster must have no other nodes.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeObject } from '../../packages/memory-apiserver/src/object.js';
import {
  outcomeOf,
  type Outcome,
} from '../../packages/memory-apiserver/test/controllers/lifecycle/outcome.js';
import {
  nodes,
  scenarios,
  type Scenario,
} from '../../packages/memory-apiserver/test/controllers/lifecycle/scenarios.js';

const fixture = new URL('../../packages/memory-apiserver/test/fixtures/lifecycle-1.34.json', import.meta.url);

function kubectl(args: readonly string[], input?: unknown): string {
  return execFileSync(process.env['KUBECTL'] ?? 'kubectl', args, {
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'inherit'],
    ...(input === undefined ? {} : { input: JSON.stringify(input) }),
  });
}

const apply = (objects: readonly unknown[]): string =>
  kubectl(['create', '-f', '-'], { apiVersion: 'v1', kind: 'List', items: objects });

const listOf = (resource: string): KubeObject[] =>
  (JSON.parse(kubectl(['get', resource, '-n', 'life', '-o', 'json'])) as { items: KubeObject[] }).items;

/** Waits until nothing has changed for some seconds. */
async function settle(resources: readonly string[]): Promise<void> {
  const versions = (): string =>
    resources
      .map((resource) =>
        listOf(resource)
          .map(({ metadata }) => metadata.resourceVersion)
          .join(),
      )
      .join();
  for (let before = '', same = 0; same < 4;) {
    await sleep(1500);
    const now = versions();
    same = now === before ? same + 1 : 0;
    before = now;
  }
}

async function play(scenario: Scenario): Promise<Record<string, Record<string, Outcome>>> {
  apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'life' } }]);
  await sleep(2000);
  apply(scenario.create);
  await settle(scenario.look);
  for (const { resource, name, body } of scenario.patch ?? [])
    kubectl(['patch', resource, name, '-n', 'life', '--type=merge', '-p', JSON.stringify(body)]);
  if (scenario.patch !== undefined) {
    await sleep(30_000);
    await settle(scenario.look);
  }
  const result = Object.fromEntries(
    scenario.look.map((resource) => [resource, outcomeOf(resource, listOf(resource))]),
  );
  kubectl(['delete', 'namespace', 'life']);
  const clusterScoped = scenario.create.filter(({ metadata }) => metadata.namespace === undefined);
  for (const { kind, metadata } of clusterScoped)
    kubectl(['delete', kind, metadata.name, '--ignore-not-found', '--wait=false']);
  return result;
}

apply(nodes);
await sleep(8000);
const results: Record<string, unknown> = {};
for (const scenario of scenarios) {
  process.stderr.write(`${scenario.name}\n`);
  results[scenario.name] = await play(scenario);
}
for (const { metadata } of nodes) kubectl(['delete', 'node', metadata.name]);
writeFileSync(fixture, `${JSON.stringify(results, undefined, 1)}\n`);
