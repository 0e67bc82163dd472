import { backendKinds, type BackendKind } from './backend/backend-kinds.js';
import type { ClusterSet } from './cluster/cluster-set.js';
import { errorText } from './errors.js';
import type { FleetEngine } from './fleet-engine.js';
import type { FleetParts } from './fleet-parts.js';
import type { FleetMetrics } from './metrics.js';
import type { CapacityGate } from './preflight/capacity-gate.js';
import { sumRequests } from './request-counts.js';
import type { Settings } from './settings/schema.js';
import { defaultTemplateName } from './template/template-set.js';
import type { BackendView, FleetSummary, TemplateView } from './views.js';

export interface FleetFiguresOptions {
  settings: Settings;
  parts: FleetParts;
  clusters: ClusterSet;
  engine: FleetEngine;
  capacity: CapacityGate;
  metrics: FleetMetrics;
}

/** The fleet in numbers, gathered from all its parts. */
export class FleetFigures {
  constructor(private readonly options: FleetFiguresOptions) {}

  /** Each template, checked. */
  templates(): TemplateView[] {
    const { parts, clusters } = this.options;
    return parts.templates.names().map((name) => {
      const count = clusters.countWith((record) => (record.template ?? defaultTemplateName) === name);
      try {
        const { version, nodeCount, objects, maxNameLength } = parts.templates.get(name);
        return { name, clusters: count, version, nodes: nodeCount, objects: objects.length, maxNameLength };
      } catch (error) {
        return { name, clusters: count, error: errorText(error) };
      }
    });
  }

  backends(): BackendView[] {
    const { settings, parts, clusters, metrics } = this.options;
    const counts = clusters.phaseCountsByBackend();
    return Object.entries(parts.shards.statuses()).map(([key, status]) => {
      const kind = key as BackendKind;
      const phases = counts[kind];
      return {
        kind,
        default: kind === settings.backend,
        phase: status.phase,
        message: status.message,
        since: new Date(status.since).toISOString(),
        clusters: Object.values(phases).reduce((sum, count) => sum + count, 0),
        phases,
        requests: metrics.requestsOf(kind).total + (kind === 'memory' ? parts.shards.requests.total : 0),
      };
    });
  }

  summary(): FleetSummary {
    const { settings, parts, clusters, engine, capacity, metrics } = this.options;
    const { state, shards } = parts;
    const requests = backendKinds.map((kind) => metrics.requestsOf(kind));
    const { rss, heapUsed, heapTotal } = process.memoryUsage();
    const { usedBytes, totalBytes } = shards.heap;
    return {
      total: clusters.size,
      phases: clusters.phaseCounts(),
      backends: this.backends(),
      shards: shards.views(),
      stageTimings: metrics.stageTimings,
      tunnels: clusters.tunnelTotals(),
      requests: sumRequests([...requests, shards.requests]),
      rancher: engine.rancherStatus,
      ramp: engine.ramp,
      bottleneck: engine.bottleneck,
      churn: engine.churn,
      capacity: capacity.view(settings.backend),
      state: { ...state.stats },
      journal: shards.journal,
      errors: metrics.errors,
      uptimeSec: metrics.uptimeSec,
      eventLoop: shards.worstEventLoop(metrics.eventLoop.figures),
      eventLoopDelays: shards.delays(metrics.eventLoop.counts),
      memory: { rssBytes: rss, heapUsedBytes: heapUsed + usedBytes, heapTotalBytes: heapTotal + totalBytes },
    };
  }
}
