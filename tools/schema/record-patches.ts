/**
 * Records what a real kube-apiserver answers to the patches in `test/fixtures/patches.json` of memory-apiserver, one
 * after another: writes `patched-1.34.json` beside it.
 *
 * Usage: `node --import tsx tools/schema/record-patches.ts http://127.0.0.1:8001`, the address of a `kubectl proxy`
 * to a scratch cluster without controllers.
 */
import { readFileSync, writeFileSync } from 'node:fs';

interface Scenario {
  /** Absent: the first patch creates it. */
  object: { apiVersion: string; kind: string; metadata: { name: string; namespace: string } } | null;
  steps: { type: string; patch: unknown; manager?: string; force?: boolean }[];
}

const server = process.argv[2] ?? 'http://127.0.0.1:8001';
const fixtures = new URL('../../packages/memory-apiserver/test/fixtures/', import.meta.url);
const scenarios = JSON.parse(readFileSync(new URL('patches.json', fixtures), 'utf8')) as Scenario[];

const contentTypes: Record<string, string> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
};

async function call(
  method: string,
  path: string,
  body?: unknown,
  contentType = 'application/json',
): Promise<Record<string, unknown>> {
  const response = await fetch(`${server}${path}`, {
    method,
    headers: { 'content-type': contentType, 'user-agent': 'recorder' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return (await response.json()) as Record<string, unknown>;
}

const collections: Record<string, string> = {
  Deployment: '/apis/apps/v1/namespaces/default/deployments',
  Service: '/api/v1/namespaces/default/services',
};

const recorded: unknown[] = [];
for (const { object, steps } of scenarios) {
  const first = object ?? (steps[0]?.patch as NonNullable<Scenario['object']>);
  const collection = collections[first.kind] ?? '';
  const path = `${collection}/${first.metadata.name}`;
  const initial = object === null ? null : await call('POST', collection, object);
  const answers: unknown[] = [];
  for (const { type, patch, manager = 'recorder', force } of steps) {
    const query = `?fieldManager=${manager}${force === true ? '&force=true' : ''}`;
    const answer = await call('PATCH', `${path}${query}`, patch, contentTypes[type]);
    const { code, reason, message, details } = answer;
    answers.push(
      answer['kind'] === 'Status'
        ? { code, reason, message, causes: (details as { causes?: unknown } | undefined)?.causes }
        : answer,
    );
  }
  await call('PATCH', path, { metadata: { finalizers: null } }, contentTypes['merge']);
  await call('DELETE', path);
  recorded.push({ initial, answers });
}
writeFileSync(new URL('patched-1.34.json', fixtures), `${JSON.stringify(recorded, null, 1)}\n`);
