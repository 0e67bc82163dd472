/**
 * Records what a real kube-apiserver answers to the requests in authorization-cases: who may do what and why,
 * reviews, refusals of roles and bindings, tokens, impersonation. Writes `authorization-1.34.json` among the fixtures
 * of memory-apiserver.
 *
 * Usage: `node --import tsx tools/schema/record-authorization.ts https://127.0.0.1:6443 TOKEN IVY`: a scratch cluster
 * (`--authorization-mode=RBAC`, its ClusterRoles aggregated once by a controller manager), a token of
 * `system:masters` and one of a user `ivy`. Set NODE_TLS_REJECT_UNAUTHORIZED=0 for its own certificate.
 */
import { writeFileSync } from 'node:fs';
import { request } from 'node:https';

import type { Case } from './authorization-cases/index.js';
import * as cases from './authorization-cases/index.js';

const [server = '', token = '', ivy = ''] = process.argv.slice(2);
const target = new URL(
  '../../packages/memory-apiserver/test/fixtures/authorization-1.34.json',
  import.meta.url,
);

interface Recorded extends Case {
  code: number;
  /** The body; text if it isn't JSON. */
  answer: unknown;
  /** More than one reason to allow it may be given. */
  reasons?: string[];
}

/** By node:https: fetch would join headers of the same name, which Go tells from one. */
function play(one: Case, bearer = token): Promise<Recorded> {
  const headers = ['Host', new URL(server).host, 'Authorization', `Bearer ${bearer}`];
  for (const [name, values] of Object.entries(one.headers ?? {})) {
    for (const value of [values].flat()) headers.push(name, value);
  }
  if (one.body !== undefined) headers.push('Content-Type', one.contentType ?? 'application/json');
  return new Promise((resolve, reject) => {
    const outgoing = request(`${server}${one.path}`, { method: one.method, headers }, (incoming) => {
      let text = '';
      incoming.setEncoding('utf8');
      incoming.on('data', (chunk: string) => (text += chunk));
      incoming.on('end', () => {
        const json = incoming.headers['content-type']?.startsWith('application/json') === true;
        const answer: unknown = json ? JSON.parse(text) : text;
        resolve({ ...one, code: incoming.statusCode ?? 0, answer });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(one.body === undefined ? undefined : JSON.stringify(one.body));
  });
}

async function playAll(list: readonly Case[], bearer = token): Promise<Recorded[]> {
  const answers: Recorded[] = [];
  for (const one of list) answers.push(await play(one, bearer));
  return answers;
}

/** Bindings are looked at in no fixed order, so that the reason may be one or another. */
async function playQuestion(one: Case): Promise<Recorded> {
  const first = await play(one);
  const reasons = new Set<string>();
  for (let round = 0; round < 8; round += 1) {
    const { answer } = await play(one);
    reasons.add((answer as { status: { reason?: string } }).status.reason ?? '');
  }
  return { ...first, reasons: [...reasons].sort() };
}

async function playToken(one: Case): Promise<Recorded[]> {
  const given = await play(one);
  const { status, spec } = given.answer as { status?: { token?: string }; spec?: { audiences?: string[] } };
  if (status?.token === undefined) return [given];
  const review = {
    name: `${one.name}, reviewed`,
    method: 'POST',
    path: '/apis/authentication.k8s.io/v1/tokenreviews',
  };
  const body = (more: object): object => ({
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenReview',
    spec: { token: status.token, ...more },
  });
  return [
    given,
    await play({ ...review, body: body({}) }),
    await play({
      ...review,
      name: `${one.name}, reviewed for itself`,
      body: body({ audiences: spec?.audiences }),
    }),
    await play({ ...review, name: `${one.name}, reviewed for others`, body: body({ audiences: ['other'] }) }),
  ];
}

const setup = await playAll(cases.setup);
const failed = setup.find(({ code }) => code !== 201);
if (failed !== undefined) throw new Error(`${failed.name}: ${JSON.stringify(failed.answer)}`);
// Its listers are behind by a moment.
await new Promise((resolve) => setTimeout(resolve, 1000));
const questions: Recorded[] = [];
for (const one of cases.accessQuestions) questions.push(await playQuestion(one));
const tokens: Recorded[] = [];
for (const one of cases.tokens) tokens.push(...(await playToken(one)));
const recorded = {
  setup: cases.setup,
  questions,
  reviews: await playAll(cases.reviews),
  requests: await playAll(cases.requests),
  impersonations: await playAll(cases.impersonations, ivy),
  tokens,
  escalations: await playAll(cases.escalations),
  signing: await playAll(cases.signing),
};
/** A line for each case; who owns which fields is recorded elsewhere. */
const lines = Object.entries(recorded).map(([section, list]) => {
  const items = (list as readonly object[]).map((item) =>
    JSON.stringify(item, (key, value: unknown) => (key === 'managedFields' ? undefined : value)),
  );
  return `${JSON.stringify(section)}: [\n${items.join(',\n')}\n]`;
});
writeFileSync(target, `{\n${lines.join(',\n')}\n}\n`);
