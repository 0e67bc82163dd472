import { Counter, Histogram, type Registry } from 'prom-client';
import type { AgentApp } from '../context.js';

/** Requests to the agent's own REST API. */
export class HttpMetrics {
  private readonly requests: Counter<'method' | 'route' | 'code'>;
  private readonly seconds: Histogram<'method' | 'route'>;

  constructor(registry: Registry) {
    this.requests = new Counter({
      name: 'scale_agent_http_requests_total',
      help: 'Requests to the REST API of the agent.',
      labelNames: ['method', 'route', 'code'],
      registers: [registry],
    });
    this.seconds = new Histogram({
      name: 'scale_agent_http_request_duration_seconds',
      help: 'How long the REST API took to answer.',
      labelNames: ['method', 'route'],
      buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 1, 5, 15],
      registers: [registry],
    });
  }

  /** Counts all answers of `app`. The route is the pattern, not the path, so that names make no series. */
  observe(app: AgentApp): void {
    app.addHook('onResponse', (request, reply, done) => {
      const route = request.routeOptions.url ?? 'unknown';
      this.requests.inc({ method: request.method, route, code: String(reply.statusCode) });
      this.seconds.observe({ method: request.method, route }, reply.elapsedTime / 1000);
      done();
    });
  }
}
