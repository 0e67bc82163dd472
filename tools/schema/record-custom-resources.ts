/**
 * Records what a real kube-apiserver answers to the requests in `test/fixtures/custom-resources.ts` and
 * `admission-policies.ts` of memory-apiserver: writes `custom-resources-1.34.json` and `admission-policies-1.34.json`
 * beside them.
 *
 * Usage: `node --import tsx tools/schema/record-custom-resources.ts http://127.0.0.1:8001`, the address of a
 * `kubectl proxy` to a scratch cluster without controllers, just started: kube-apiserver doesn't see parameters of
 * policies that existed before, once an informer of their kind has been stopped.
 */
import { writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import * as admissionPolicies from '../../packages/memory-apiserver/test/fixtures/admission-policies.js';
import { scenarios } from '../../packages/memory-apiserver/test/fixtures/custom-resources.js';
import {
  comparableBody,
  urlPath,
  type RecordedAnswer,
  type Scenario,
  type Step,
} from '../../packages/memory-apiserver/test/fixtures/definitions.js';

const server = process.argv[2] ?? 'http://127.0.0.1:8001';
const fixtures = new URL('../../packages/memory-apiserver/test/fixtures/', import.meta.url);
const definitions = 'apiextensions.k8s.io/v1/customresourcedefinitions';

interface Definition {
  kind: string;
  metadata: { name: string };
  status: { conditions: { type: string; status: string }[] | null };
}

async function call(step: Step): Promise<RecordedAnswer> {
  const { method, body, contentType = 'application/json' } = step;
  const response = await fetch(server + urlPath(step), {
    method,
    headers: { 'content-type': contentType },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const warning = response.headers.get('warning');
  const warnings = warning === null ? [] : warning.split(/, (?=299 )/);
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
  return { code: response.status, warnings, body: isJson ? (JSON.parse(text) as unknown) : text };
}

/** Changes of what is served and of policies take effect a moment later; nothing tells when. */
const SETTLE_MS = 3_000;

async function untilServed(name: string): Promise<void> {
  for (;;) {
    const { body } = await call({ method: 'GET', path: `${definitions}/${name}` });
    const conditions = (body as Definition).status.conditions ?? [];
    if (conditions.some(({ type, status }) => type === 'Established' && status === 'True')) return;
    await setTimeout(100);
  }
}

/** What scenarios leave behind, by collection and name. */
const leftovers: readonly (readonly [collection: string, name: RegExp])[] = [
  ['admissionregistration.k8s.io/v1/validatingadmissionpolicybindings', /example\.com$/],
  ['admissionregistration.k8s.io/v1/validatingadmissionpolicies', /example\.com$/],
  [definitions, /\.example\.com$/],
  ['/api/v1/namespaces/default/configmaps', /^(?!kube-)/],
  ['/api/v1/namespaces/default/secrets', /./],
  ['apps/v1/namespaces/default/deployments', /./],
];

async function cleanUp(): Promise<void> {
  let found = 0;
  for (const [path, pattern] of leftovers) {
    const { body } = await call({ method: 'GET', path });
    const { items } = body as { items: Definition[] };
    for (const { metadata } of items)
      if (pattern.test(metadata.name)) {
        found += 1;
        await call({ method: 'DELETE', path: `${path}/${metadata.name}` });
      }
  }
  if (found === 0) return;
  await setTimeout(SETTLE_MS);
  await cleanUp();
}

async function record(all: readonly Scenario[], file: string): Promise<void> {
  const recorded: Record<string, RecordedAnswer[]> = {};
  for (const { name, steps } of all) {
    await cleanUp();
    const answers: RecordedAnswer[] = [];
    for (const step of steps) {
      const answer = await call(step);
      answers.push({ ...answer, body: comparableBody(answer.body) });
      const { kind, metadata } = answer.body as Definition;
      if (kind === 'CustomResourceDefinition' && step.method !== 'GET') await untilServed(metadata.name);
      if (/Definition$|Policy$|PolicyBinding$/.test(kind)) await setTimeout(SETTLE_MS);
    }
    recorded[name] = answers;
    process.stdout.write(`${name}: ${answers.map(({ code }) => code).join(' ')}\n`);
  }
  await cleanUp();
  writeFileSync(new URL(file, fixtures), `${JSON.stringify(recorded, null, 1)}\n`);
}

if (process.argv[3] !== 'policies') await record(scenarios, 'custom-resources-1.34.json');
await record(admissionPolicies.scenarios, 'admission-policies-1.34.json');
