import {
  ApiServer,
  type Cluster,
  type ClusterBase,
  type HeartbeatOptions,
  type JournalEntry,
} from '@scale-cluster/memory-apiserver';
import { FleetClosedError } from '../errors.js';
import type { Journal } from '../journal/journal.js';
import type { Logger } from '../logger.js';
import type { Template } from '../template/load.js';
import { podTotals, withPodTotals } from '../agent-doings/pod-totals.js';
import type { Backend, BackendCluster, ProvisionRequest, RequestInfo } from './backend.js';

/** The `kubernetes` service of every cluster; never a place on a network (facts: rancher-import §4.2). */
export const clusterAddress = '10.43.0.1:443';

export interface MemoryBackendOptions {
  template: Template;
  caCert: string;
  journal: Journal;
  /** Signs tokens that are asked for inside clusters; the same after every restart. */
  tokenKey: string;
  now: () => number;
  random: () => number;
  logger: Logger;
  onRequest: (request: RequestInfo) => void;
  /** How often nodes show that they live. @default never */
  heartbeats?: HeartbeatOptions;
}

interface Instance extends BackendCluster {
  readonly cluster: Cluster;
}

/** All clusters in this process: a shared base made from the template, and what each has changed of it. */
export class MemoryBackend implements Backend {
  readonly kind = 'memory';
  readonly nodeCount: number;
  readonly maxNameLength: number;
  readonly #server: ApiServer;
  readonly #base: ClusterBase;
  readonly #instances = new Map<string, Instance>();
  #closed = false;

  constructor(private readonly options: MemoryBackendOptions) {
    const { template, tokenKey, now, random, logger, journal, heartbeats = {} } = options;
    this.nodeCount = template.nodeCount;
    this.maxNameLength = template.maxNameLength;
    this.#server = new ApiServer({
      version: template.version,
      tokenKey,
      now,
      random,
      logger,
      heartbeats,
      metrics: true,
      fieldForms: journal.forms,
    });
    this.#base = this.#createBase();
  }

  async adopt(
    requests: readonly ProvisionRequest[],
    onAdopted: (cluster: BackendCluster) => void,
  ): Promise<void> {
    const waiting = new Map(requests.map((request) => [request.uid, request]));
    const make = async (request: ProvisionRequest, entries?: Iterable<JournalEntry>): Promise<void> => {
      onAdopted(this.#create(request, entries));
      await new Promise(setImmediate);
      if (this.#closed) throw new FleetClosedError();
    };
    for await (const shard of this.options.journal.load((uid) => waiting.has(uid))) {
      for (const [uid, entries] of shard) {
        const request = waiting.get(uid);
        waiting.delete(uid);
        if (request !== undefined) await make(request, entries.values());
      }
    }
    for (const request of waiting.values()) await make(request);
  }

  async provision(request: ProvisionRequest): Promise<BackendCluster> {
    return this.#instances.get(request.uid) ?? this.#create(request);
  }

  async remove(uid: string): Promise<void> {
    this.#instances.get(uid)?.cluster.close();
    this.#instances.delete(uid);
    this.options.journal.end(uid);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#server.close();
    this.#instances.clear();
  }

  #create(request: ProvisionRequest, restore?: Iterable<JournalEntry>): Instance {
    const { caCert, journal, onRequest, template } = this.options;
    const cluster = this.#server.createCluster({
      ...request,
      base: this.#base,
      caCert,
      onWrite: journal.writer(request.uid),
      ...(restore === undefined ? {} : { restore }),
    });
    cluster.onRequest = onRequest;
    const instance: Instance = {
      cluster,
      name: request.name,
      uid: request.uid,
      address: clusterAddress,
      caCert,
      version: template.version,
      api: cluster.api,
      catalog: cluster.catalog,
      handle: (incoming, response) => cluster.handle(incoming, response),
      handleUpgrade: (incoming, socket, head) => cluster.handleUpgrade(incoming, socket, head),
      objectCount: () => cluster.objectCount(),
    };
    this.#instances.set(request.uid, instance);
    return instance;
  }

  /**
   * The base has the figures that the agent writes on nodes already, so that a new cluster has nothing to write:
   * a trial cluster shows which pods the template's workloads get.
   */
  #createBase(): ClusterBase {
    const { template } = this.options;
    const plain = this.#server.createBase(template.objects);
    const trial = this.#server.createCluster({ name: '{{cluster-name}}', uid: 'trial', base: plain });
    const totals = podTotals(trial.api.list('pods'));
    trial.close();
    return this.#server.createBase(withPodTotals(template.objects, totals));
  }
}
