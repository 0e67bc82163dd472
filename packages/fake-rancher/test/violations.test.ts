import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { createServerPki } from '../src/pki.js';
import { until } from './support/api-client.js';
import { allActive, cleanUpAfterEach, kinds, startCluster, startRancher } from './support/setup.js';
import type { Intercept } from './support/test-cluster.js';

cleanUpAfterEach();

const path = (request: IncomingMessage): string => (request.url ?? '').split('?')[0] ?? '';

/** Answers requests that `matches` picks; all others go to the real API. */
function answer(
  matches: (request: IncomingMessage) => boolean,
  reply: (response: ServerResponse, request: IncomingMessage) => void,
): Intercept {
  return (request, response) => {
    if (!matches(request)) return false;
    request.resume();
    reply(response, request);
    return true;
  };
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(body));
}

const isWatch = (request: IncomingMessage): boolean => (request.url ?? '').includes('watch=true');

const faults: { kind: string; does: string; intercept?: Intercept; interceptSteve?: Intercept }[] = [
  {
    kind: 'http-500',
    does: 'answers an error',
    intercept: answer(
      (request) => path(request) === '/version',
      (response) => json(response, 500, { message: 'broken' }),
    ),
  },
  {
    kind: 'bad-version',
    does: 'has a version that Rancher cannot read',
    intercept: answer(
      (request) => path(request) === '/version',
      (response) => json(response, 200, { gitVersion: '1.31', minor: '31' }),
    ),
  },
  {
    kind: 'request-failed',
    does: 'closes a connection instead of answering',
    intercept: answer(
      (request) => path(request) === '/version',
      (response) => response.socket?.destroy(),
    ),
  },
  {
    kind: 'watch-ended-early',
    does: 'ends watches at once',
    intercept: answer(isWatch, (response) =>
      json(response, 200, {
        type: 'BOOKMARK',
        object: { metadata: { resourceVersion: '1', annotations: { 'k8s.io/initial-events-end': 'true' } } },
      }),
    ),
  },
  {
    kind: 'watch-broken',
    does: 'sends something that is no event',
    intercept: answer(isWatch, (response) => response.end('nonsense\n')),
  },
  {
    kind: 'rv-invalid',
    does: 'has resourceVersions that are no numbers',
    intercept: answer(
      isWatch,
      (response) =>
        void response.write(
          '{"type":"BOOKMARK","object":{"metadata":{"annotations":{"k8s.io/initial-events-end":"true"}}}}\n',
        ),
    ),
  },
  {
    kind: 'rv-regressed',
    does: 'goes back in time within a watch',
    intercept: answer(isWatch, (response) => {
      response.write(
        '{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"9","annotations":{"k8s.io/initial-events-end":"true"}}}}\n',
      );
      response.write(
        '{"type":"ADDED","object":{"metadata":{"name":"late","uid":"u","resourceVersion":"8"}}}\n',
      );
    }),
  },
  {
    kind: 'ping-failed',
    does: 'does not answer 200 to the ping in its steve tunnel',
    interceptSteve: answer(
      () => true,
      (response) => json(response, 404, {}),
    ),
  },
  { kind: 'ping-unanswered', does: 'never answers that ping', interceptSteve: () => true },
];

describe('a cluster that', () => {
  for (const { kind, does, intercept, interceptSteve } of faults) {
    it(`${does} is reported as ${kind}`, async () => {
      const rancher = await startRancher();
      const cluster = await startCluster(rancher, {
        ...(intercept ? { intercept } : {}),
        ...(interceptSteve ? { interceptSteve } : {}),
      });
      await until(
        () => kinds(rancher),
        (list) => list.includes(kind),
      );
      expect(rancher.violations().find((violation) => violation.kind === kind)?.clusters).toEqual([
        cluster.id,
      ]);
      expect(rancher.clusters()[0]?.active).toBe(false);
    });
  }

  it('refuses WatchList is listed instead, without complaint', async () => {
    const rancher = await startRancher();
    let refused = 0;
    const intercept = answer(
      (request) => (request.url ?? '').includes('sendInitialEvents'),
      (response) => {
        refused++;
        json(response, 422, { message: 'sendInitialEvents is forbidden' });
      },
    );
    await startCluster(rancher, { intercept });
    await allActive(rancher);
    expect(refused).toBe(12);
    expect(rancher.violations()).toEqual([]);
  });

  it('never fills the token Secret does not get its agent deployed', async () => {
    const rancher = await startRancher();
    const intercept = answer(
      (request) => request.method === 'GET' && path(request).includes('-token-'),
      (response) => json(response, 200, { apiVersion: 'v1', kind: 'Secret', metadata: {} }),
    );
    await startCluster(rancher, { intercept });
    const [view] = await rancher.waitFor(([cluster]) => cluster?.state === 'provisioning');
    expect(view).toMatchObject({ transitioning: 'error', active: false });
    expect(view?.message).toMatch(/has no data\.token after 50 polls/);
    expect(kinds(rancher)).toEqual(['impersonation-slow', 'deploy-failed']);
  });

  it('has no OpenAPI does not get its agent deployed', async () => {
    const rancher = await startRancher();
    const intercept = answer(
      (request) => path(request) === '/openapi/v3',
      (response) => json(response, 404, { message: 'none' }),
    );
    await startCluster(rancher, { intercept });
    const [view] = await rancher.waitFor(([cluster]) => cluster?.state === 'provisioning');
    expect(view?.message).toContain('GET /openapi/v3: 404 none');
  });

  it('forgets what it is told is reported as apply-not-converged', async () => {
    const rancher = await startRancher();
    const intercept = answer(
      (request) => request.method === 'POST' && path(request).endsWith('/deployments'),
      (response) =>
        json(response, 201, {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: {
            name: 'cattle-cluster-agent',
            uid: 'u',
            resourceVersion: '1',
            creationTimestamp: 'now',
          },
        }),
    );
    await startCluster(rancher, { intercept });
    await until(
      () => kinds(rancher),
      (list) => list.includes('apply-not-converged'),
    );
  });

  it('has no nodes stays updating', async () => {
    const rancher = await startRancher();
    await startCluster(rancher, { nodes: 0 });
    const [view] = await rancher.waitFor(([cluster]) => cluster?.state === 'updating');
    expect(view).toMatchObject({ transitioning: 'yes', message: 'waiting for full cluster configuration' });
    expect(rancher.violations()).toEqual([]);
  });

  it('has a certificate for another name is not trusted', async () => {
    const rancher = await startRancher();
    await startCluster(rancher, { pki: await createServerPki(['elsewhere.invalid']) });
    await until(
      () => kinds(rancher),
      (list) => list.includes('tls-failure'),
    );
    const [view] = await rancher.waitFor(
      ([cluster]) => cluster?.state === 'waiting' || cluster?.state === 'unavailable',
    );
    expect(view?.active).toBe(false);
  });

  it('has a CA that is none is not trusted either', async () => {
    const rancher = await startRancher();
    await startCluster(rancher, { params: { caCert: Buffer.from('nonsense').toString('base64') } });
    await until(
      () => rancher.violations(),
      (list) =>
        list.some(({ kind, sample }) => kind === 'tls-failure' && sample.includes('caCert cannot be used')),
    );
  });

  it('shows the objects of another one is reported as shared-uid', async () => {
    const rancher = await startRancher();
    await startCluster(rancher, { name: 'one', uid: 'same' });
    await startCluster(rancher, { name: 'two', uid: 'same' });
    await until(
      () => kinds(rancher),
      (list) => list.includes('shared-uid'),
    );
  });

  it('sends other params than before is reported as params-changed, and started anew', async () => {
    const rancher = await startRancher();
    const cluster = await startCluster(rancher);
    await allActive(rancher);
    let probes = 0;
    await startCluster(rancher, {
      like: cluster,
      params: { address: '10.43.0.1:6443' },
      intercept: (request) => {
        if (path(request) === '/api/v1/namespaces/kube-system') probes++;
        return false;
      },
    });
    await until(
      () => probes,
      (count) => count > 0,
    );
    expect(rancher.violations().map(({ kind, sample }) => `${kind} ${sample}`)).toEqual([
      `params-changed ${cluster.id}: other than at the last connect: address`,
    ]);
  });

  it('loses its agent for good is reported as tunnel-lost', async () => {
    const rancher = await startRancher();
    const cluster = await startCluster(rancher);
    await allActive(rancher);
    cluster.kill();
    await rancher.waitFor(([view]) => view?.state === 'unavailable');
    // Its two tunnels end one after the other; the state follows the first.
    await until(
      () => rancher.violations()[0]?.count,
      (count) => count === 2,
    );
    expect(kinds(rancher)).toEqual(['tunnel-lost']);
  });
});
