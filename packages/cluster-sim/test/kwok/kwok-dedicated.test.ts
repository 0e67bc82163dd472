import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer, request as httpRequest, type Server } from 'node:http';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isPortFree, KwokctlDriver } from '@scale-cluster/kwok-driver';
import { silentLogger } from '../../src/index.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BackendCluster, ProvisionRequest, RequestInfo } from '../../src/backend/backend.js';
import { KwokDedicatedBackend } from '../../src/backend/kwok-dedicated/index.js';
import { defaultTemplate } from '../../src/template/default-template.js';
import { parseTemplate } from '../../src/template/load.js';
import { agentUser, localUser } from '../../src/agent-doings/identity.js';
import { skipWithout } from './real-binaries.js';

const skip = skipWithout(
  'kwokctl',
  'kwok',
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
);

const template = parseTemplate(defaultTemplate, 'cluster.yaml', Date.now());
const requestFor = (name: string, uid: string): ProvisionRequest => ({
  name,
  uid,
  createdAt: 0,
  tokens: { 'agent-token': agentUser, 'local-token': localUser },
});
const first = requestFor('alpha', 'aaaaaaaa-1111-4111-8111-111111111111');
const second = requestFor('beta', 'bbbbbbbb-2222-4222-8222-222222222222');

const configMap = (name: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
});

describe.skipIf(skip)('kwok-dedicated', () => {
  let home: string;
  let folder: string;
  let driver: KwokctlDriver;
  const seen: RequestInfo[] = [];
  const servers: Server[] = [];
  const backends: KwokDedicatedBackend[] = [];

  const open = (controllerManager = true): KwokDedicatedBackend => {
    const backend = new KwokDedicatedBackend({
      settings: { home, audit: false, kwokControllerManager: controllerManager, kwokConcurrentCreates: 2 },
      templates: { get: () => template },
      pki: { caCert: 'the CA of the tunnels' },
      now: () => Date.now(),
      random: () => Math.random(),
      logger: silentLogger,
      onRequest: (request) => seen.push(request),
      checkIntervalMs: 500,
    });
    backends.push(backend);
    return backend;
  };

  /** The cluster behind a port, as the local listener serves it. */
  const serve = async (cluster: BackendCluster): Promise<string> => {
    const server = createServer((request, response) => cluster.handle(request, response));
    server.on('upgrade', (request, socket, head) => cluster.handleUpgrade(request, socket, head));
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'kwok-dedicated-test-'));
    folder = join(home, 'kwok');
    driver = new KwokctlDriver({ workDir: folder });
  });

  afterAll(async () => {
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
    await Promise.all(backends.map((backend) => backend.close()));
    for (const left of await readdir(join(folder, 'clusters')).catch(() => []))
      await driver.delete(left, { ignoreNotFound: true });
    await rm(home, { recursive: true, force: true });
  });

  it('makes two clusters at once, each with the template and a working controller manager in it, on ports of their own', async () => {
    const backend = open();
    await backend.adopt([], () => undefined);
    const [alpha, beta] = await Promise.all([backend.provision(first), backend.provision(second)]);
    expect((await alpha.objects.list('nodes')).map(({ metadata }) => metadata.name)).toEqual([
      'alpha-plex1-7050m',
      'alpha-plex3-7050m',
    ]);
    expect((await beta.objects.list('nodes')).map(({ metadata }) => metadata.name)).toEqual([
      'beta-plex1-7050m',
      'beta-plex3-7050m',
    ]);
    for (const { objects } of [alpha, beta])
      expect(await objects.find('configmaps', 'default', 'kube-root-ca.crt')).toBeDefined();
    const names = await driver.list();
    expect(names).toHaveLength(2);
    const ports = (await Promise.all(names.map((name) => driver.ports(name)))).flatMap((one) =>
      Object.values(one),
    );
    expect(new Set(ports).size).toBe(ports.length);
    for (const port of ports) expect(port).toBeLessThan(32_768);
    expect(alpha.version).toMatch(/^v1\./);
    expect(backend.status().phase).toBe('ready');
  });

  it('lets KWOK run the nodes and pods with the figures of the template', async () => {
    const alpha = await backends[0]!.provision(first);
    const ready = async (): Promise<number> =>
      (await alpha.objects.list('nodes')).filter((node) =>
        (node['status'] as { conditions?: { type: string; status: string }[] }).conditions?.some(
          ({ type, status }) => type === 'Ready' && status === 'True',
        ),
      ).length;
    await expect.poll(ready, { timeout: 60_000 }).toBe(2);
    const running = async (): Promise<number> =>
      (await alpha.objects.list('pods', { fieldSelector: 'status.phase=Running' })).length;
    await expect.poll(running, { timeout: 60_000 }).toBeGreaterThanOrEqual(10);
    const node = await alpha.objects.get('nodes', undefined, 'alpha-plex1-7050m');
    expect(node['status']).toMatchObject({ capacity: { cpu: '4', memory: '8Gi', pods: '110' } });
  });

  it('asks the kube-apiserver as the user of the token, or as whom that user impersonates', async () => {
    const url = await serve(await backends[0]!.provision(first));
    const who = async (headers: Record<string, string | string[]>): Promise<unknown> => {
      const { status } = (await send(
        url,
        'POST',
        '/apis/authentication.k8s.io/v1/selfsubjectreviews',
        headers,
        {
          apiVersion: 'authentication.k8s.io/v1',
          kind: 'SelfSubjectReview',
        },
      )) as { status: { userInfo: { username: string; groups: string[] } } };
      return [status.userInfo.username, [...status.userInfo.groups].sort()];
    };
    expect(await who({ authorization: 'Bearer agent-token' })).toEqual([
      'system:serviceaccount:cattle-system:cattle',
      ['system:authenticated', 'system:serviceaccounts', 'system:serviceaccounts:cattle-system'],
    ]);
    expect(
      await who({
        authorization: 'Bearer agent-token',
        'impersonate-user': 'u-12345',
        'impersonate-group': ['one', 'two'],
      }),
    ).toEqual(['u-12345', ['one', 'system:authenticated', 'two']]);
    expect(await send(url, 'GET', '/api/v1/nodes', { authorization: 'Bearer wrong' })).toMatchObject({
      code: 401,
    });
    expect(await send(url, 'GET', '/api/v1/nodes', { authorization: 'Bearer agent-token' })).toMatchObject({
      reason: 'Forbidden',
    });
    const request = { 'user-agent': 'a-test', authorization: 'Bearer local-token' };
    expect(await send(url, 'GET', '/api/v1/nodes', request)).toMatchObject({ kind: 'NodeList' });
    await expect
      .poll(() => seen.find(({ userAgent }) => userAgent === 'a-test'))
      .toMatchObject({ verb: 'list', resource: 'nodes', code: 200 });
  });

  it('tells changes to a watch, also after the kube-apiserver was killed and came back by itself', async () => {
    const backend = backends[0]!;
    const alpha = await backend.provision(first);
    const url = await serve(alpha);
    const told: string[] = [];
    await alpha.objects.create(configMap('before'));
    const watch = alpha.objects.watch('configmaps', { namespace: 'default', since: 'now' }, (type, object) =>
      told.push(`${type} ${object.metadata.name}`),
    );
    try {
      let changes = 0;
      await expect
        .poll(async () => {
          await alpha.objects.patch('configmaps', 'default', 'before', 'merge', {
            data: { changes: String(++changes) },
          });
          return told;
        })
        .toContain('MODIFIED before');
      const name = (await driver.list()).find((one) => one.startsWith('sca-aaaa'))!;
      const apiserver = (await driver.processes(name)).find(
        ({ component }) => component === 'kube-apiserver',
      )!;
      process.kill(apiserver.pid, 'SIGKILL');
      await expect
        .poll(
          () => send(url, 'GET', '/readyz', { authorization: 'Bearer local-token' }).catch(() => undefined),
          { timeout: 60_000, interval: 500 },
        )
        .toBe('ok');
      await alpha.objects.create(configMap('after'));
      await expect.poll(() => told, { timeout: 40_000 }).toContain('ADDED after');
    } finally {
      watch.close();
    }
  });

  it('starts a component again that no request meets', async () => {
    const [alphaName = ''] = (await driver.list()).sort();
    const pidOf = async (name: string): Promise<number | undefined> =>
      (await driver.processes(alphaName)).find(({ component }) => component === name)?.pid;
    for (const component of ['kube-scheduler', 'kwok-controller']) {
      const before = await pidOf(component);
      process.kill(before!, 'SIGKILL');
      const isAnother = async (): Promise<boolean> => ![undefined, before].includes(await pidOf(component));
      await expect.poll(isAnother, { timeout: 40_000 }).toBe(true);
    }
    await expect.poll(() => backends[0]!.status().phase, { timeout: 40_000 }).toBe('ready');
  });

  it('finds running clusters after a restart, starts stopped ones and makes half-made ones anew', async () => {
    await (await backends[0]!.provision(first)).objects.create(configMap('kept'));
    await backends[0]!.close();
    const [alphaName, betaName] = (await driver.list()).sort() as [string, string];
    const before = await driver.processes(alphaName);
    await driver.stop(betaName);

    const backend = open();
    const adopted: string[] = [];
    await backend.adopt([first, second], ({ name }) => adopted.push(name));
    expect(adopted).toEqual(['alpha']);
    expect(await driver.processes(alphaName)).toEqual(before);
    const alpha = await backend.provision(first);
    expect(await alpha.objects.find('configmaps', 'default', 'kept')).toBeDefined();
    const beta = await backend.provision(second);
    expect(await beta.objects.list('nodes')).toHaveLength(2);

    await backend.close();
    await rm(join(folder, 'clusters', betaName, 'scale-cluster.json'));
    const again = open();
    await again.adopt([first, second], () => undefined);
    const anew = await again.provision(second);
    expect(await anew.objects.list('nodes')).toHaveLength(2);
  });

  it('makes a cluster anew whose creation ended with a kill of the program', async () => {
    const third = requestFor('gamma', 'cccccccc-3333-4333-8333-333333333333');
    const name = 'sca-cccccccc33334333';
    await backends.at(-1)!.close();
    const program = fork(new URL('dedicated-process.ts', import.meta.url), [home, third.name, third.uid], {
      execArgv: ['--conditions=@scale-cluster/source', '--import', 'tsx'],
    });
    const ended = once(program, 'exit');
    // Its etcd runs, its kube-apiserver doesn't answer yet.
    await expect.poll(() => driver.processes(name), { timeout: 60_000, interval: 20 }).not.toEqual([]);
    program.kill('SIGKILL');
    await ended;
    const before = await driver.processes(name);
    const backend = open();
    await backend.adopt([first, second, third], () => undefined);
    const gamma = await backend.provision(third);
    expect(await gamma.objects.list('nodes')).toHaveLength(2);
    const after = (await driver.processes(name)).map(({ pid }) => pid);
    expect(after).toHaveLength(5);
    for (const { pid } of before) {
      expect(after).not.toContain(pid);
      expect(existsSync(`/proc/${pid}/exe`)).toBe(false);
    }
    await backend.remove(third.uid);
  });

  it('removes a cluster that nobody asks for, and a wished one, with processes, ports and folder', async () => {
    const [alphaName, betaName] = (await driver.list()).sort() as [string, string];
    const processes = [...(await driver.processes(alphaName)), ...(await driver.processes(betaName))];
    const ports = Object.values(await driver.ports(alphaName)).concat(
      Object.values(await driver.ports(betaName)),
    );
    await backends.at(-1)!.close();
    const backend = open();
    await backend.adopt([first], () => undefined);
    await backend.remove(first.uid);
    await expect.poll(() => readdir(join(folder, 'clusters')), { timeout: 30_000 }).toEqual([]);
    for (const port of ports) expect(await isPortFree(port)).toBe(true);
    for (const { pid } of processes) expect(existsSync(`/proc/${pid}/exe`)).toBe(false);
  });

  it('does without a controller manager: tokens are filled and namespaces end', async () => {
    const backend = open(false);
    await backend.adopt([], () => undefined);
    const { objects } = await backend.provision(first);
    const metadata = { namespace: 'short-lived' };
    await objects.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'short-lived' } });
    await expect.poll(() => objects.find('serviceaccounts', 'short-lived', 'default')).toBeDefined();
    await objects.create({
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'kubernetes.io/service-account-token',
      metadata: {
        ...metadata,
        name: 'token',
        annotations: { 'kubernetes.io/service-account.name': 'default' },
      },
    });
    const token = async (): Promise<string | undefined> =>
      (
        (await objects.get('secrets', 'short-lived', 'token'))['data'] as Record<string, string> | undefined
      )?.['token'];
    await expect.poll(token, { timeout: 20_000 }).toBeDefined();
    const url = await serve(await backend.provision(first));
    const bearer = Buffer.from((await token())!, 'base64').toString();
    expect(await send(url, 'GET', '/api/v1/nodes', { authorization: `Bearer ${bearer}` })).toMatchObject({
      reason: 'Forbidden',
      message: expect.stringContaining('short-lived:default') as string,
    });
    await objects.delete('namespaces', undefined, 'short-lived');
    await expect
      .poll(() => objects.find('namespaces', undefined, 'short-lived'), { timeout: 30_000 })
      .toBeUndefined();
    await backend.remove(first.uid);
  });
});

function send(
  url: string,
  method: string,
  path: string,
  headers: Record<string, string | string[]>,
  body?: unknown,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    httpRequest(`${url}${path}`, { method, headers: { ...headers, ...type }, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('error', reject);
      response.on('end', () => {
        try {
          resolve(JSON.parse(text));
        } catch {
          resolve(text);
        }
      });
    })
      .on('error', reject)
      .end(body === undefined ? undefined : JSON.stringify(body));
  });
}
