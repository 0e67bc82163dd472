import { setMaxListeners } from 'node:events';
import Fastify, { LogController, type FastifyBaseLogger } from 'fastify';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FleetEvent, Settings } from '@scale-cluster/cluster-sim';
import type { AgentApp, AgentContext, FleetApi } from './context.js';
import { EventStream } from './events/event-stream.js';
import { requireApiKey } from './http/auth.js';
import { acceptUnlabelledJson } from './http/bodies.js';
import { handleErrors } from './http/errors.js';
import { refuseForeignPages } from './http/foreign-pages.js';
import { describeApi } from './http/openapi.js';
import { AgentMetrics } from './metrics/agent-metrics.js';
import { clusterRoutes } from './routes/clusters.js';
import { healthRoutes } from './routes/health.js';
import { metricsRoutes } from './routes/metrics.js';
import { v1BulkRoutes } from './routes/v1-bulk.js';
import { v1ChoiceRoutes } from './routes/v1-choices.js';
import { v1ShardRoutes } from './routes/v1-shards.js';
import { v1ClusterRoutes } from './routes/v1-clusters.js';
import { v1EventRoutes } from './routes/v1-events.js';
import { v1SummaryRoutes } from './routes/v1-summary.js';

/** How long a shutdown waits for requests that are being answered. Long waits end by themselves. */
const SHUTDOWN_GRACE_MS = 1000;

/** What {@link createAgent} builds the REST API from. */
export interface AgentOptions {
  readonly fleet: FleetApi;
  readonly settings: Pick<Settings, 'apiKey' | 'listenAddress' | 'rancherURL'>;
  /** A pino logger fits. Requests are not logged, failures are. */
  readonly logger: FastifyBaseLogger;
}

/**
 * Builds the REST API of a fleet: not listening yet, and usable with `inject()`. Closing it ends event streams
 * and waits for running requests; it does not close the fleet.
 */
export async function createAgent({ fleet, settings, logger }: AgentOptions): Promise<AgentApp> {
  const app: AgentApp = Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    // Names are up to 63 letters; longer ones should be refused as names, not as unknown paths.
    routerOptions: { maxParamLength: 1000 },
    // A misspelt property is a mistake to tell, not one to drop in silence.
    ajv: { customOptions: { removeAdditional: false } },
  }).withTypeProvider<TypeBoxTypeProvider>();

  const events = new EventStream();
  const publish = (event: FleetEvent): void => events.publish(event);
  fleet.on('event', publish);
  const metrics = new AgentMetrics(fleet, settings.rancherURL);
  const closing = new AbortController();
  // Every creation that waits for Rancher listens to it.
  setMaxListeners(0, closing.signal);
  app.addHook('preClose', async () => {
    closing.abort();
    // A client that connects ahead of its next request would hold up the end until it loses patience.
    setTimeout(() => app.server.closeAllConnections(), SHUTDOWN_GRACE_MS).unref();
    fleet.off('event', publish);
    events.close();
  });
  app.addHook('onClose', async () => metrics.close());

  metrics.http.observe(app);
  handleErrors(app);
  acceptUnlabelledJson(app);
  refuseForeignPages(app, { ownName: settings.listenAddress, anyHostName: settings.apiKey !== undefined });
  if (settings.apiKey !== undefined) requireApiKey(app, settings.apiKey);
  await describeApi(app, { apiKey: settings.apiKey !== undefined });

  const context: AgentContext = { fleet, settings, events, metrics, closing: closing.signal };
  for (const addRoutes of [
    healthRoutes,
    clusterRoutes,
    v1ClusterRoutes,
    v1BulkRoutes,
    v1ChoiceRoutes,
    v1ShardRoutes,
    v1SummaryRoutes,
    v1EventRoutes,
    metricsRoutes,
  ]) {
    addRoutes(app, context);
  }
  return app;
}
