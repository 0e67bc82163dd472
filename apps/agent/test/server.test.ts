import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { startPingServer } from '../src/ping-server.js';
import { startAgent } from '../src/server.js';
import { call, settingsFor, startRancher, startTestAgent, temporaryHome } from './start.js';

const unreachable = { url: 'http://127.0.0.1:1', token: 'token-x:y' };

async function takenPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

describe('the daemon', () => {
  it('listens at once, also when Rancher cannot be reached, and takes clusters', async () => {
    const agent = await startTestAgent(settingsFor(unreachable));
    expect(await call(agent, 'GET', '/health')).toMatchObject({ status: 200, body: { status: 'ok' } });
    const answer = await call(agent, 'POST', '/api/v1/clusters', { names: ['a'] });
    expect(answer.status).toBe(201);
    expect(await call(agent, 'GET', '/clusters')).toMatchObject({ body: { clusters: ['a'], count: 1 } });
  });

  it('brings a cluster from POST to active, shows it, and deletes it in Rancher too', async () => {
    const rancher = await startRancher();
    const agent = await startTestAgent(settingsFor(rancher));
    const created = await call(agent, 'POST', '/clusters', { name: 'test-cluster-012' });
    expect(created).toMatchObject({
      status: 201,
      body: { success: true, message: 'Cluster test-cluster-012 created successfully' },
    });
    expect(created.body.clusterID).toBe(rancher.clusters()[0]?.id);

    await rancher.waitFor(
      (clusters) => clusters.every((cluster) => cluster.active),
      AbortSignal.timeout(15_000),
    );
    await vi.waitFor(async () => {
      const { body } = await call(agent, 'GET', '/api/v1/clusters/test-cluster-012');
      expect(body.phase).toBe('active');
      expect(Object.values(body.timings)).not.toContain(null);
    }, 10_000);

    const info = await call(agent, 'GET', '/clusters/test-cluster-012');
    expect(info.body).toMatchObject({
      name: 'test-cluster-012',
      clusterID: created.body.clusterID,
      status: 'ready',
    });
    expect(info.body.nodes).toHaveLength(2);
    expect(info.body.nodes[0].capacity).toHaveProperty('cpu');
    expect(info.body.pods.length).toBeGreaterThan(5);

    const metrics = await (await fetch(`${agent.url}/metrics`)).text();
    expect(metrics).toContain('scale_agent_clusters{phase="active"} 1\n');
    expect(metrics).toMatch(/scale_agent_stage_duration_seconds_count\{stage="active"\} 1\n/);
    expect(metrics).toMatch(
      /scale_agent_rancher_requests_total\{method="POST",resource="v1\/provisioning.cattle.io.clusters",code="201"\} 1\n/,
    );
    expect(metrics).toContain('scale_agent_tunnels_connected{tunnel="steve"} 1\n');

    expect(await call(agent, 'DELETE', '/clusters/test-cluster-012')).toEqual({
      status: 200,
      body: { success: true },
    });
    await rancher.waitFor((clusters) => clusters.length === 0, AbortSignal.timeout(10_000));
    await vi.waitFor(async () => expect((await call(agent, 'GET', '/clusters')).body.count).toBe(0), 10_000);
  }, 45_000);

  it('answers 50 parallel creations with duplicates among them by 201 or 409, and loses none', async () => {
    const rancher = await startRancher();
    const settings = settingsFor(rancher);
    const agent = await startTestAgent(settings);
    const wanted = Array.from({ length: 50 }, (_, index) => `cluster-${index % 30}`);
    const answers = await Promise.all(wanted.map((name) => call(agent, 'POST', '/clusters', { name })));

    const names = [...new Set(wanted)].sort();
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(names.length);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(wanted.length - names.length);
    expect((await call(agent, 'GET', '/clusters')).body.clusters).toEqual(names);
    const inRancher = await rancher.waitFor(
      (clusters) => clusters.length >= names.length,
      AbortSignal.timeout(15_000),
    );
    expect(inRancher.map((cluster) => cluster.name).sort()).toEqual(names);

    // Also after a restart: each was on disk before its answer.
    await agent.close();
    const again = await startTestAgent(settingsFor(unreachable, {}, settings.home));
    expect((await call(again, 'GET', '/clusters')).body.clusters).toEqual(names);
  }, 60_000);

  it('streams events of a real cluster with its stages in order', async () => {
    const rancher = await startRancher();
    const agent = await startTestAgent(settingsFor(rancher));
    const stop = new AbortController();
    const response = await fetch(`${agent.url}/api/v1/events?cluster=a`, { signal: stop.signal });
    await call(agent, 'POST', '/api/v1/clusters', { names: ['a', 'b'] });
    const stages: string[] = [];
    let text = '';
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += Buffer.from(chunk).toString();
      for (const line of text.split('\n').slice(0, -1)) {
        if (!line.startsWith('data: ')) continue;
        const event = JSON.parse(line.slice(6));
        expect(event.cluster).toBe('a');
        if (event.type === 'stage' && !stages.includes(event.stage)) stages.push(event.stage);
      }
      text = text.slice(text.lastIndexOf('\n') + 1);
      if (stages.includes('active')) break;
    }
    stop.abort();
    expect(new Set(stages)).toEqual(
      new Set(['registered', 'token', 'provisioned', 'tunnels', 'connected', 'active']),
    );
    expect(stages.at(-1)).toBe('active');
  }, 30_000);

  it('says which setting to change when its port is taken, and leaves nothing open', async () => {
    const port = await takenPort();
    const home = temporaryHome();
    const attempt = startAgent(settingsFor(unreachable, { ListenPort: port }, home), {
      logger: pino({ level: 'silent' }),
      pingPort: 0,
    });
    await expect(attempt).rejects.toMatchObject({
      code: 'ERR_AGENT_LISTEN',
      message: `can't listen on 127.0.0.1:${port} for the REST API: the port is in use, perhaps by another agent; choose another ListenPort`,
    });
    await startTestAgent(settingsFor(unreachable, {}, home));
  });

  it('serves profiles when Pprof is on, and only then', async () => {
    const plain = await startTestAgent(settingsFor(unreachable));
    expect(plain.pprofUrl).toBeUndefined();
    const agent = await startTestAgent(settingsFor(unreachable, { Pprof: true, PprofPort: 0 }));
    expect((await fetch(`${agent.pprofUrl}/debug/pprof/heap`)).status).toBe(200);
  });
});

describe('the ping server', () => {
  it('answers pong on /ping and 404 elsewhere', async () => {
    const agent = await startTestAgent(settingsFor(unreachable));
    expect(await (await fetch(`http://127.0.0.1:${agent.pingPort}/ping`)).text()).toBe('pong');
    expect((await fetch(`http://127.0.0.1:${agent.pingPort}/`)).status).toBe(404);
  });

  it('is left out with a warning when its port is taken', async () => {
    const warn = vi.fn();
    const logger = { debug: () => {}, info: () => {}, warn, error: () => {} };
    expect(await startPingServer({ port: await takenPort(), logger })).toBeUndefined();
    expect(warn).toHaveBeenCalledOnce();
  });
});
