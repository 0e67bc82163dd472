import { subscribe, unsubscribe, type ChannelListener } from 'node:diagnostics_channel';
import { Counter, Histogram, type Registry } from 'prom-client';

/** The parts of undici's diagnostics messages that are read here (undici docs, DiagnosticsChannel.md). */
interface UndiciRequest {
  readonly origin: string | URL;
  readonly method: string;
  readonly path: string;
}

type Labels = 'method' | 'resource';

/**
 * Calls to Rancher's API as they go over the wire, each try of a retried call for itself: counted by undici's
 * diagnostics channels, so whoever calls Rancher in this process is seen.
 */
export class RancherApiMetrics {
  private readonly calls: Counter<Labels | 'code'>;
  private readonly seconds: Histogram<Labels>;
  private readonly errors: Counter<Labels>;
  private readonly startedAt = new WeakMap<object, number>();
  private readonly origin: string;
  private readonly listeners: readonly (readonly [channel: string, listener: ChannelListener])[];

  constructor(registry: Registry, rancherURL: string) {
    this.origin = new URL(rancherURL).origin;
    const registers = [registry];
    const labelNames: Labels[] = ['method', 'resource'];
    this.calls = new Counter({
      name: 'scale_agent_rancher_requests_total',
      help: "Calls to Rancher's API that were answered, by status code.",
      labelNames: [...labelNames, 'code'],
      registers,
    });
    this.seconds = new Histogram({
      name: 'scale_agent_rancher_request_duration_seconds',
      help: "Time until the header of Rancher's answer.",
      labelNames,
      buckets: [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers,
    });
    this.errors = new Counter({
      name: 'scale_agent_rancher_request_errors_total',
      help: "Calls to Rancher's API without an answer: not reached, cut off, timed out.",
      labelNames,
      registers,
    });
    this.listeners = [
      ['undici:request:create', (message) => this.started(message as { request: UndiciRequest })],
      ['undici:request:headers', (message) => this.answered(message as AnsweredMessage)],
      ['undici:request:error', (message) => this.failed(message as { request: UndiciRequest })],
    ];
    for (const [channel, listener] of this.listeners) subscribe(channel, listener);
  }

  close(): void {
    for (const [channel, listener] of this.listeners) unsubscribe(channel, listener);
  }

  private started({ request }: { request: UndiciRequest }): void {
    if (originOf(request.origin) === this.origin) this.startedAt.set(request, performance.now());
  }

  private answered({ request, response }: AnsweredMessage): void {
    const startedAt = this.startedAt.get(request);
    if (startedAt === undefined) return;
    this.startedAt.delete(request);
    const labels = labelsOf(request);
    this.calls.inc({ ...labels, code: String(response.statusCode) });
    this.seconds.observe(labels, (performance.now() - startedAt) / 1000);
  }

  private failed({ request }: { request: UndiciRequest }): void {
    if (this.startedAt.delete(request)) this.errors.inc(labelsOf(request));
  }
}

interface AnsweredMessage {
  readonly request: UndiciRequest;
  readonly response: { readonly statusCode: number };
}

function originOf(origin: string | URL): string {
  if (typeof origin !== 'string') return origin.origin;
  return URL.canParse(origin) ? new URL(origin).origin : '';
}

/** What can be in `resource`: anything else is `other`, so paths with ids and tokens make no series. */
const resources = [
  '/v1/provisioning.cattle.io.clusters',
  '/v3/clusters',
  '/v3/clusterregistrationtokens',
  '/v3/import',
  '/v3/settings',
  '/v3/subscribe',
  '/v3/connect',
] as const;

function labelsOf({ method, path }: UndiciRequest): Record<Labels, string> {
  const known = resources.find((resource) => path.includes(resource));
  return { method, resource: known?.slice(1) ?? 'other' };
}
