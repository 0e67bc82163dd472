import type { ApiServerOptions, Cluster, JournalEntry } from '@scale-cluster/memory-apiserver';
import { errorText, FleetClosedError } from '../errors.js';
import type { Template } from '../template/load.js';
import type { BackendContext } from './backend-context.js';
import type { Backend, BackendCluster, BackendStatus, ProvisionRequest } from './backend.js';
import { MemoryObjects } from './memory-objects.js';
import { MemoryTemplate, type AgentPart } from './memory-template.js';

/** The `kubernetes` service of every cluster; never a place on a network (facts: rancher-import §4.2). */
export const clusterAddress = '10.43.0.1:443';

interface Instance extends BackendCluster {
  close(): void;
}

/** What differs where another backend stands on this one. */
export interface MemoryVariant {
  /** Who runs the pods. @default 'builtin' */
  kubelet?: ApiServerOptions['kubelet'];
  /** Called with each cluster that is made or brought back, before anybody else gets it. */
  onCluster?: (cluster: Cluster) => void;
}

/** All clusters in this process: shared bases made from the templates, and what each cluster has changed of its own. */
export class MemoryBackend implements Backend {
  readonly kind = 'memory';
  readonly #templates = new Map<Template, MemoryTemplate>();
  readonly #instances = new Map<string, Instance>();
  /** What clusters had written that can't be brought back as long as their template is missing. */
  readonly #unrestored = new Map<string, JournalEntry[]>();
  readonly #status: BackendStatus;
  #closed = false;

  constructor(
    private readonly context: BackendContext,
    private readonly variant: MemoryVariant = {},
  ) {
    this.#status = { phase: 'ready', message: '', since: context.now() };
  }

  status(): BackendStatus {
    return this.#status;
  }

  async adopt(
    requests: readonly ProvisionRequest[],
    onAdopted: (cluster: BackendCluster) => void,
  ): Promise<void> {
    const waiting = new Map(requests.map((request) => [request.uid, request]));
    const make = async (request: ProvisionRequest, entries?: Iterable<JournalEntry>): Promise<void> => {
      const cluster = this.#restore(request, entries);
      if (cluster !== undefined) onAdopted(cluster);
      await new Promise(setImmediate);
      if (this.#closed) throw new FleetClosedError();
    };
    for await (const shard of this.context.journal.load((uid) => waiting.has(uid))) {
      for (const [uid, entries] of shard) {
        const request = waiting.get(uid);
        waiting.delete(uid);
        if (request !== undefined) await make(request, entries.values());
      }
    }
    for (const request of waiting.values()) await make(request);
  }

  async provision(request: ProvisionRequest): Promise<BackendCluster> {
    const instance = this.#instances.get(request.uid);
    if (instance !== undefined) return instance;
    const created = this.#create(request, this.#unrestored.get(request.uid));
    this.#unrestored.delete(request.uid);
    return created;
  }

  async remove(uid: string): Promise<void> {
    this.#instances.get(uid)?.close();
    this.#instances.delete(uid);
    this.#unrestored.delete(uid);
    this.context.journal.end(uid);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#templates.values()].map((template) => template.close()));
    this.#instances.clear();
  }

  #restore(request: ProvisionRequest, entries: Iterable<JournalEntry> = []): Instance | undefined {
    const { logger, templates } = this.context;
    try {
      templates.get(request.template);
    } catch (error) {
      logger.error({ cluster: request.name, error: errorText(error) }, 'cluster lacks its template');
      this.#unrestored.set(request.uid, [...entries]);
      return undefined;
    }
    return this.#create(request, entries);
  }

  #create(request: ProvisionRequest, restore?: Iterable<JournalEntry>): Instance {
    const { pki, journal, onRequest } = this.context;
    const { caCert } = pki;
    const template = this.#template(request.template);
    const { name, uid, createdAt, tokens } = request;
    const agent = this.#agentOf(request, template);
    const onWrite = journal.writer(uid);
    const cluster = template.createCluster(
      { name, uid, createdAt, tokens, caCert, onWrite, ...(restore === undefined ? {} : { restore }) },
      agent,
    );
    cluster.onRequest = onRequest;
    this.variant.onCluster?.(cluster);
    const instance: Instance = {
      name: request.name,
      uid: request.uid,
      address: clusterAddress,
      caCert,
      version: template.version,
      objects: new MemoryObjects(cluster.api),
      catalog: cluster.catalog,
      sharesAgent: agent !== undefined,
      hasPodTotals: true,
      handle: (incoming, response) => cluster.handle(incoming, response),
      handleUpgrade: (incoming, socket, head) => cluster.handleUpgrade(incoming, socket, head),
      objectCount: () => cluster.objectCount(),
      close: () => cluster.close(),
    };
    this.#instances.set(request.uid, instance);
    return instance;
  }

  #agentOf({ name, agent }: ProvisionRequest, template: MemoryTemplate): AgentPart | undefined {
    if (agent === undefined) return undefined;
    const text = this.context.agentManifests?.get(agent.manifest);
    if (text === undefined) {
      this.context.logger.warn(
        { cluster: name, manifest: agent.manifest },
        'cluster lacks its agent’s manifest',
      );
      return undefined;
    }
    const part = { ...agent, text };
    return template.canShare(part) ? part : undefined;
  }

  #template(name: string | undefined): MemoryTemplate {
    const template = this.context.templates.get(name);
    let prepared = this.#templates.get(template);
    if (prepared === undefined) {
      const { tokenKey, now, random, logger, journal, settings } = this.context;
      prepared = new MemoryTemplate(template, {
        tokenKey,
        now,
        random,
        logger,
        heartbeats: {
          leaseMs: settings.nodeLeaseIntervalSec * 1000,
          statusMs: settings.nodeStatusIntervalSec * 1000,
        },
        metrics: true,
        ...(this.variant.kubelet === undefined ? {} : { kubelet: this.variant.kubelet }),
        fieldForms: journal.forms,
      });
      this.#templates.set(template, prepared);
    }
    return prepared;
  }
}
