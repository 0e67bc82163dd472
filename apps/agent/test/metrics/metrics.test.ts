import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Registry } from 'prom-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RancherApiMetrics } from '../../src/metrics/rancher-api-metrics.js';
import { buildApp } from '../build-app.js';

describe('/metrics', () => {
  it('shows clusters by phase, tunnels, requests, memory and event loop', async () => {
    const { app, fleet } = await buildApp();
    await fleet.createMany(['a', 'b']);
    const answer = await app.inject('/metrics');
    expect(answer.headers['content-type']).toContain('text/plain; version=0.0.4');
    const lines = answer.body.split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'scale_agent_clusters{phase="active"} 2',
        'scale_agent_clusters{phase="pending"} 0',
        'scale_agent_tunnels_connected{tunnel="steve"} 1',
        'scale_agent_tunnel_reconnects_total{tunnel="cluster"} 3',
        'scale_agent_cluster_requests_total{verb="watch",code="200"} 5',
        'scale_agent_cluster_response_bytes_total 4096',
        'scale_agent_rancher_creates{state="queued"} 2',
        'scale_agent_backend_clusters{backend="memory",phase="active"} 3',
        'scale_agent_backend_ready{backend="memory"} 1',
        'scale_agent_backend_ready{backend="kwok-shared"} 0',
        'scale_agent_backend_requests_total{backend="memory"} 8',
        'scale_agent_ramp_window 5',
        'scale_agent_ramp_activating 7',
        'scale_agent_ramp_paused_seconds 1.5',
        'scale_agent_ramp_trouble_total{kind="refused"} 4',
        'scale_agent_bottleneck{reason="cpu"} 1',
        'scale_agent_bottleneck{reason="memory"} 0',
        'scale_agent_room_clusters 900',
        'scale_agent_churn_writes_total{result="failed"} 1',
        '# TYPE scale_agent_event_loop_delay_seconds histogram',
        'scale_agent_event_loop_delay_seconds_bucket{le="0.002",thread="main"} 95',
        'scale_agent_event_loop_delay_seconds_bucket{le="0.02",thread="main"} 99',
        'scale_agent_event_loop_delay_seconds_bucket{le="+Inf",thread="main"} 100',
        'scale_agent_event_loop_delay_seconds_sum{thread="main"} 0.25',
        'scale_agent_event_loop_delay_seconds_count{thread="main"} 100',
      ]),
    );
    expect(answer.body).not.toContain('nodejs_eventloop_lag_p99_seconds');
    expect(answer.body).toMatch(/^process_resident_memory_bytes \d/m);
  });

  it('shows current values at each scrape and never counts twice', async () => {
    const { app, fleet } = await buildApp();
    await app.inject('/metrics');
    await fleet.create('a');
    const body = (await app.inject('/metrics')).body;
    expect(body).toContain('scale_agent_clusters{phase="active"} 1\n');
    expect(body).toContain('scale_agent_tunnel_reconnects_total{tunnel="cluster"} 3\n');
  });

  it('measures how long clusters take to each stage', async () => {
    const { app, fleet } = await buildApp();
    await fleet.create('a');
    fleet.announce({ type: 'stage', cluster: 'a', phase: 'waiting', stage: 'tunnels' });
    const body = (await app.inject('/metrics')).body;
    expect(body).toContain('scale_agent_stage_duration_seconds_bucket{le="2.5",stage="tunnels"} 0');
    expect(body).toContain('scale_agent_stage_duration_seconds_bucket{le="5",stage="tunnels"} 1');
    expect(body).toContain('scale_agent_stage_duration_seconds_sum{stage="tunnels"} 4');
  });

  it('never names a cluster', async () => {
    const { app, fleet } = await buildApp();
    await fleet.create('very-special-name');
    await app.inject('/clusters/very-special-name');
    await app.inject('/very-special-name');
    const body = (await app.inject('/metrics')).body;
    expect(body).not.toContain('very-special-name');
    expect(body).toContain(
      'scale_agent_http_requests_total{method="GET",route="/clusters/:name",code="200"} 1',
    );
    expect(body).toContain('scale_agent_http_requests_total{method="GET",route="unknown",code="404"} 1');
  });
});

describe("metrics of Rancher's API", () => {
  it('count answers and failures of calls to Rancher only, without ids', async () => {
    const rancher = createServer((request, response) => {
      if (request.url === '/v3/settings/broken') response.destroy();
      else response.writeHead(request.url?.endsWith('missing') ? 404 : 200).end('{}');
    });
    const elsewhere = createServer((_request, response) => response.end('{}'));
    const urlOf = async (server: typeof rancher): Promise<string> => {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      onTestFinished(() => void server.close());
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    };
    const rancherUrl = await urlOf(rancher);
    const otherUrl = await urlOf(elsewhere);
    const registry = new Registry();
    const metrics = new RancherApiMetrics(registry, `${rancherUrl}/`);
    onTestFinished(() => metrics.close());

    // The built-in fetch is undici too, and reports on the same channels as the npm package.
    await fetch(`${rancherUrl}/v3/clusters/c-m-12345`);
    await fetch(`${rancherUrl}/v3/clusters/missing`);
    await fetch(`${rancherUrl}/k8s/whatever`);
    await fetch(`${rancherUrl}/v3/settings/broken`).catch(() => undefined);
    await fetch(`${otherUrl}/v3/clusters`);

    const text = await registry.metrics();
    expect(text).toContain('rancher_requests_total{method="GET",resource="v3/clusters",code="200"} 1');
    expect(text).toContain('rancher_requests_total{method="GET",resource="v3/clusters",code="404"} 1');
    expect(text).toContain('rancher_requests_total{method="GET",resource="other",code="200"} 1');
    expect(text).toContain('rancher_request_errors_total{method="GET",resource="v3/settings"} 1');
    expect(text).toContain('rancher_request_duration_seconds_count{method="GET",resource="v3/clusters"} 2');
    expect(text).not.toContain('c-m-12345');
  });
});
