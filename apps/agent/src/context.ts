import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Fleet, FleetEvent, Settings } from '@scale-cluster/cluster-sim';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import type { EventStream } from './events/event-stream.js';
import type { AgentMetrics } from './metrics/agent-metrics.js';

/** The Fastify application, with types of requests and answers taken from their schemas. */
export type AgentApp = FastifyInstance<
  Server,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

/** The part of the fleet that the REST API uses. */
export type FleetApi = Pick<
  Fleet,
  | 'create'
  | 'createMany'
  | 'delete'
  | 'deleteMany'
  | 'get'
  | 'list'
  | 'names'
  | 'clusterInfo'
  | 'waitForRancherId'
  | 'kubeconfig'
  | 'summary'
  | 'backends'
  | 'templates'
  | 'shards'
  | 'crashShard'
> & {
  on(name: 'event', listener: (event: FleetEvent) => void): unknown;
  off(name: 'event', listener: (event: FleetEvent) => void): unknown;
};

/** What every route can reach. */
export interface AgentContext {
  readonly fleet: FleetApi;
  readonly settings: Pick<Settings, 'apiKey' | 'listenAddress' | 'rancherURL'>;
  readonly events: EventStream;
  readonly metrics: AgentMetrics;
  /** Aborted when the agent begins to shut down: long waits end then. */
  readonly closing: AbortSignal;
}
