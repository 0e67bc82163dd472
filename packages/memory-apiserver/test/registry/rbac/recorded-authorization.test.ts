import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestCluster } from '../../http/test-cluster.js';
import { idleController } from '../idle-controller.js';

/** A request and what a kube-apiserver 1.34 answered to it: `tools/schema/record-authorization.ts`. */
interface Recorded {
  name: string;
  method: string;
  path: string;
  headers?: Record<string, string | string[]>;
  body?: Record<string, unknown>;
  contentType?: string;
  code: number;
  answer: unknown;
  reasons?: string[];
}

const fixture = new URL('../../fixtures/authorization-1.34.json', import.meta.url);
const recorded = JSON.parse(readFileSync(fixture, 'utf8')) as Record<string, Recorded[]>;
const section = (name: string): (readonly [string, Recorded])[] =>
  (recorded[name] ?? []).map((one) => [one.name, one]);

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await TestCluster.start(
    { controllers: [idleController('clusterrole-aggregation')] },
    {
      tokens: {
        admin: { username: 'admin', uid: 'u-admin', groups: ['system:masters'] },
        ivy: { username: 'ivy', uid: 'u-ivy', groups: ['imps'] },
      },
    },
  );
  for (const one of recorded['setup'] ?? []) {
    const { code, answer } = await play(one);
    if (code !== 201) throw new Error(`${one.path}: ${JSON.stringify(answer)}`);
  }
});
afterAll(() => cluster.close());

interface Answer {
  code: number;
  answer: unknown;
}

/** By node:http: fetch would join headers of the same name. */
function play({ method, path, headers = {}, body, contentType }: Recorded, token = 'admin'): Promise<Answer> {
  const lines = ['Host', 'localhost', 'Authorization', `Bearer ${token}`];
  for (const [name, values] of Object.entries(headers)) {
    for (const value of [values].flat()) lines.push(name, value);
  }
  if (body !== undefined) lines.push('Content-Type', contentType ?? 'application/json');
  return new Promise((resolve, reject) => {
    const outgoing = request(cluster.url + path, { method, headers: lines }, (incoming) => {
      let text = '';
      incoming.setEncoding('utf8');
      incoming.on('data', (chunk: string) => (text += chunk));
      incoming.on('end', () => {
        const json = incoming.headers['content-type'] === 'application/json';
        resolve({ code: incoming.statusCode ?? 0, answer: json ? (JSON.parse(text) as unknown) : text });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

const JWT = /ey[\w-]+\.ey[\w-]+\.[\w-]+/g;

/** Without what no two servers have in common; rules in a fixed order, as upstream's differs each time. */
function comparable(answer: unknown): unknown {
  const text = JSON.stringify(answer, (key, value: unknown) => {
    if (key === 'managedFields' || key === 'resourceVersion') return undefined;
    if (key !== 'resourceRules' && key !== 'nonResourceRules') return value;
    return (value as unknown[]).map((rule) => JSON.stringify(rule)).sort();
  });
  return JSON.parse(
    text
      .replaceAll(JWT, 'TOKEN')
      .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UID')
      .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, 'TIME')
      .replaceAll(/,\\"managedFields\\":\[.*?\}\}\]/g, ''),
  );
}

const expectSame = (ours: Answer, { code, answer }: Recorded): void => {
  expect({ code: ours.code, answer: comparable(ours.answer) }).toEqual({ code, answer: comparable(answer) });
};

describe('a SubjectAccessReview', () => {
  it.each(section('questions'))('%s', async (_name, one) => {
    const { answer } = await play(one);
    const { status } = answer as { status: { allowed: boolean; reason?: string } };
    const theirs = one.answer as { status: { allowed: boolean } };
    expect(status.allowed).toBe(theirs.status.allowed);
    expect(one.reasons).toContain(status.reason ?? '');
  });
});

describe('as by kube-apiserver is answered', () => {
  it.each(section('reviews'))('%s', async (_name, one) => {
    expectSame(await play(one), one);
  });

  it.each(section('requests'))('%s', async (_name, one) => {
    const ours = await play(one);
    // What the pod looks like is another matter.
    if (one.code === 200) expect(ours.code).toBe(200);
    else expectSame(ours, one);
  });

  it.each(section('impersonations'))('%s', async (_name, one) => {
    expectSame(await play(one, 'ivy'), one);
  });

  it.each(section('escalations'))('%s', async (_name, one) => {
    expectSame(await play(one), one);
  });

  it.each(section('signing'))('%s', async (_name, one) => {
    expectSame(await play(one), one);
  });
});

describe('a TokenRequest', () => {
  let token = '';

  const claims = (answer: unknown): Record<string, unknown> => {
    const { token: jwt } = (answer as { status: { token: string } }).status;
    const [, payload = ''] = jwt.split('.');
    const { exp, iat, nbf, jti, ...rest } = JSON.parse(
      Buffer.from(payload, 'base64url').toString(),
    ) as Record<string, number>;
    const since = (time: number | undefined): number => (time ?? 0) - (iat ?? 0);
    const kubernetes = rest['kubernetes.io'] as unknown as { warnafter?: number };
    if (kubernetes.warnafter !== undefined) kubernetes.warnafter = since(kubernetes.warnafter);
    return { ...rest, exp: since(exp), nbf: since(nbf), jti: typeof jti };
  };

  it.each(section('tokens'))('for %s', async (_name, one) => {
    const isReview = one.path.endsWith('tokenreviews');
    const body = isReview
      ? { ...one.body, spec: { ...(one.body as { spec: object }).spec, token } }
      : one.body;
    const ours = await play({ ...one, body: body ?? {} });
    expectSame(ours, one);
    if (isReview || one.code !== 201) return;
    token = (ours.answer as { status: { token: string } }).status.token;
    expect(comparable(claims(ours.answer))).toEqual(comparable(claims(one.answer)));
  });
});
