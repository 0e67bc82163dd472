import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, startAgent, type RunningAgent } from '@scale-cluster/agent';
import { loadSettings } from '@scale-cluster/cluster-sim';
import { startFakeRancher, type FakeRancher } from '@scale-cluster/fake-rancher';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { AgentClient } from '../src/api/client.js';
import { clusterNames, createClusters, deleteClusters } from '../src/api/clusters.js';
import { waitForClusters } from '../src/api/wait.js';
import { freePort } from '../src/demo/free-port.js';
import { cli, startCli } from './spawn-cli.js';

// Whole programs are started from their sources, which takes seconds on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const API_KEY = 'a-key-for-tests';

let folder: string;
let rancher: FakeRancher;
let agent: RunningAgent;
let client: AgentClient;
let env: Record<string, string>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cli-'));
  rancher = await startFakeRancher({
    tls: false,
    checkIntervalMs: 200,
    provisioningDelayMs: 10,
    tokenDelayMs: 10,
    retryDelayMs: 100,
    deleteDelayMs: 10,
  });
  const overrides = {
    RancherURL: rancher.url,
    BearerToken: rancher.token,
    ListenPort: 0,
    LocalAPIPort: await freePort(),
    APIKey: API_KEY,
    Shards: 0,
  };
  const settings = loadSettings({ home: folder, env: {}, overrides });
  agent = await startAgent(settings, { logger: createLogger('silent'), pingPort: 0 });
  client = new AgentClient({ server: agent.url, apiKey: API_KEY });
  env = { SCALE_AGENT_URL: agent.url, SCALE_AGENT_APIKEY: API_KEY };
});

afterAll(async () => {
  await agent?.close();
  await rancher?.close();
  rmSync(folder, { recursive: true, force: true });
});

afterEach(async () => {
  const names = await clusterNames(client);
  if (names.length === 0) return;
  await deleteClusters(client, { names });
  await waitForClusters(client, { names, until: 'gone', timeoutMs: 20_000 });
}, 30_000);

describe('create', () => {
  it('makes named clusters, and with --wait ends when Rancher calls them active', async () => {
    const { code, out, err } = await cli(['create', 'a', 'b', '--wait'], env);
    expect([code, out]).toEqual([0, 'created a\ncreated b\n']);
    expect(err).toMatch(/2\/2 active after .*\n$/);
    expect(rancher.clusters().filter((cluster) => cluster.active)).toHaveLength(2);
  });

  it('makes numbered clusters and tells the outcome as JSON', async () => {
    const { code, out, err } = await cli(
      ['create', '--prefix', 'edge', '--count', '2', '--start', '7', '--json'],
      env,
    );
    expect([code, err]).toEqual([0, '']);
    expect(JSON.parse(out)).toMatchObject({
      created: 2,
      failed: 0,
      results: [{ name: 'edge-0007', status: 201 }, {}],
    });
  });

  it('ends with 1 when some names are refused, and says which and why', async () => {
    await createClusters(client, { names: ['a'] });
    const { code, out, err } = await cli(['create', 'a', 'b', 'C!'], env);
    expect([code, out]).toEqual([1, 'created b\n']);
    expect(err).toContain('2 of 3 clusters could not be created');
    expect(err).toContain("a: Cluster with name 'a' already exists");
    expect(err).toContain('C!: ');
  });

  it('ends with 1 after --timeout and says what the clusters are doing', async () => {
    const { code, err } = await cli(['create', 'slow', '--wait', '--timeout', '0.05', '--json'], env);
    expect(code).toBe(1);
    expect(JSON.parse(err)).toMatchObject({
      code: 'ERR_CLI_TIMEOUT',
      error: expect.stringMatching(/^1 of 1 clusters are not active after 0.05 s: slow is /),
    });
  });

  it.each([
    [[], 'no cluster named'],
    [['--count', '3'], '--count needs --prefix'],
    [['--prefix', 'x'], '--prefix needs --count'],
    [['a', '--prefix', 'x', '--count', '1'], "names can't be given together"],
    [['--prefix', 'x', '--count', '0'], 'whole number'],
    [['--cuont', '1'], "unknown option '--cuont'"],
    [['a', '--backend', 'docker'], 'Allowed choices are memory, kwok-shared, kwok-dedicated'],
  ])('with %j ends with 2', async (args, message) => {
    const { code, err } = await cli(['create', ...args], env);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });
});

describe('a template', () => {
  it('is chosen at creation, shown by get, and a list can be narrowed to it', async () => {
    const templates = join(folder, 'config', 'templates');
    mkdirSync(templates, { recursive: true });
    writeFileSync(join(templates, 'edge.yaml'), "nodes: [{ name: '{{cluster-name}}-box' }]\n");
    const args = ['create', 'a', '--template', 'edge', '--backend', 'memory'];
    expect((await cli(args, env)).out).toBe('created a\n');
    await createClusters(client, { names: ['b'] });
    expect((await cli(['get', 'a'], env)).out).toMatch(/Backend: +memory\nTemplate: +edge, 1 nodes\n/);
    const narrowed = ['list', '--quiet', '--template', 'edge', '--backend', 'memory'];
    expect((await cli(narrowed, env)).out).toBe('a\n');
    const listed = (await cli(['template', 'list'], env)).out;
    expect(listed).toMatch(/^NAME +CLUSTERS +VERSION +NODES/);
    expect(listed).toMatch(/^edge +1 +v1\.\S+ +1 /m);
    expect(listed).toMatch(/^default +1 +v1\.\S+ +2 /m);
    const refused = await cli(['create', 'c', '--template', 'egde'], env);
    expect(refused.code).toBe(1);
    expect(refused.err).toContain('there is no template "egde"; known are default, edge');
  });
});

describe('status', () => {
  it('shows the fleet, its backends and what holds it up', async () => {
    await createClusters(client, { names: ['a', 'b'] });
    const { code, out } = await cli(['status'], env);
    expect(code).toBe(0);
    expect(out).toContain(`${agent.url}, up `);
    expect(out).toMatch(/^Clusters: +2: /m);
    expect(out).toMatch(/^Rancher: +connected; /m);
    expect(out).toMatch(/^Bottleneck: +(not this agent|this agent is: )/m);
    expect(out).toMatch(/^BACKEND +STATE +CLUSTERS/m);
    expect(out).toMatch(/^memory \(default\) +ready +2 /m);
    expect(JSON.parse((await cli(['status', '--json'], env)).out)).toMatchObject({ total: 2, shards: [] });
  });
});

describe('list and get', () => {
  it('show clusters as a table, as names, and as JSON', async () => {
    await createClusters(client, { names: ['a', 'b'] });
    const table = (await cli(['list'], env)).out.split('\n');
    expect(table[0]).toMatch(/^NAME +PHASE +RANCHER ID +TUNNELS +BACKEND +NODES/);
    expect(table[1]).toMatch(/^a +\w+/);
    expect((await cli(['ls', '--quiet', '--prefix', 'b'], env)).out).toBe('b\n');
    const json = JSON.parse((await cli(['list', '--json'], env)).out) as { name: string }[];
    expect(json.map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it('get shows stages with their times', async () => {
    await createClusters(client, { names: ['a'] });
    await waitForClusters(client, { names: ['a'], until: 'active', timeoutMs: 20_000 });
    const { out } = await cli(['get', 'a'], env);
    expect(out).toMatch(/^Name: +a\nPhase: +active\n/);
    expect(out).toMatch(/registered +\d{4}-.* +\d+(\.\d+)? m?s/);
    expect(JSON.parse((await cli(['get', 'a', '--json'], env)).out)).toMatchObject({
      name: 'a',
      phase: 'active',
    });
  });

  it('suggest the name that was probably meant', async () => {
    await createClusters(client, { names: ['edge-0001'] });
    const { code, err } = await cli(['get', 'edge-001'], env);
    expect(code).toBe(1);
    expect(err).toContain('did you mean edge-0001?');
  });
});

describe('kubeconfig', () => {
  it('prints a kubeconfig, or writes it so that only its owner can read it', async () => {
    await createClusters(client, { names: ['a'] });
    const printed = (await cli(['kubeconfig', 'a'], env)).out;
    expect(printed).toContain('kind: Config');
    const file = join(folder, 'a.kubeconfig');
    writeFileSync(file, 'old', { mode: 0o644 });
    const { code } = await cli(['kubeconfig', 'a', '-o', file], env);
    expect(code).toBe(0);
    expect(readFileSync(file, 'utf8').trim()).toBe(printed.trim());
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });
});

describe('delete', () => {
  it('deletes named clusters without asking in a script, and waits until they are gone', async () => {
    await createClusters(client, { names: ['a', 'b'] });
    const { code, out } = await cli(['delete', 'a', '--wait'], env);
    expect([code, out]).toEqual([0, 'deleted a\n']);
    expect(await clusterNames(client)).toEqual(['b']);
  });

  it('refuses --all and --prefix in a script without --yes', async () => {
    await createClusters(client, { names: ['a', 'b'] });
    const { code, err } = await cli(['delete', '--all'], env);
    expect(code).toBe(2);
    expect(err).toContain('add --yes');
    expect(await clusterNames(client)).toEqual(['a', 'b']);
    expect((await cli(['delete', '--prefix', 'a', '--yes', '--json'], env)).out).toContain('"deleted": 1');
  });

  it('ends with 1 for a cluster that is not there, and 2 when nothing or too much is said', async () => {
    expect((await cli(['delete', 'x'], env)).code).toBe(1);
    expect((await cli(['delete'], env)).code).toBe(2);
    expect((await cli(['delete', 'x', '--all'], env)).code).toBe(2);
  });
});

describe('watch', () => {
  it('prints an event per line, as JSON if asked, until it is stopped', async () => {
    const watching = startCli(['watch', '--json'], env);
    // Events come only after it has connected: make clusters until the first is seen.
    for (let number = 0; watching.output.out === ''; number++) {
      await createClusters(client, { names: [`w-${number}`] });
      await Promise.race([watching.printed('"created"'), new Promise((resolve) => setTimeout(resolve, 500))]);
    }
    watching.child.kill('SIGINT');
    const { code, out } = await watching.ended;
    expect(code).toBe(0);
    for (const line of out.trim().split('\n')) expect(JSON.parse(line)).toHaveProperty('seq');
  });
});

describe('a daemon that refuses or is not there', () => {
  it('with a wrong key: says which variable to set, and does not print the key', async () => {
    const { code, err } = await cli(['list', '--api-key', 'wrong-key-123'], {
      ...env,
      SCALE_AGENT_APIKEY: '',
    });
    expect(code).toBe(1);
    expect(err).toContain('SCALE_AGENT_APIKEY');
    expect(err).not.toContain('wrong-key-123');
  });

  it('not there: says how to start one, as JSON if asked', async () => {
    const { code, out, err } = await cli([
      'list',
      '--json',
      '--server',
      `http://127.0.0.1:${await freePort()}`,
    ]);
    expect([code, out]).toEqual([1, '']);
    expect(JSON.parse(err)).toMatchObject({
      code: 'ERR_CLI_UNREACHABLE',
      error: expect.stringContaining('connection refused'),
      hint: expect.stringContaining('scale-cluster run'),
    });
  });

  it('an address that is none is a mistake in the command line', async () => {
    expect((await cli(['list', '--server', 'localhost:9090'])).code).toBe(2);
  });
});

describe('the command line', () => {
  it('suggests a command for a misspelt one and ends with 2', async () => {
    const { code, err } = await cli(['wacth']);
    expect(code).toBe(2);
    expect(err).toContain('Did you mean watch?');
  });

  it('shows its versions', async () => {
    const versions = JSON.parse((await cli(['version', '--json'], env)).out) as Record<string, string>;
    expect(versions['agent']).toBe(versions['cli']);
  });
});
