import {
  ApiServer,
  type ApiServerOptions,
  type Cluster,
  type ClusterBase,
  type CreateClusterOptions,
} from '@scale-cluster/memory-apiserver';
import { createManifestObjects, sharedObjects } from '../agent-doings/import-manifest.js';
import { podTotals, podTotalsPatch, withPodTotals } from '../agent-doings/pod-totals.js';
import { errorText } from '../errors.js';
import type { Template } from '../template/load.js';
import type { AgentShare } from './backend.js';

/**
 * How long a watch that was cut off can go on where it was: as long as kube-apiserver's watch cache surely reaches back
 * (k8s.io/apiserver `eventFreshDuration`). A new cluster has written ten times what it holds, so it counts.
 */
const RESUMABLE_MS = 75_000;

/** A cluster's share of the agent, with the text that its manifest is the hash of. */
export interface AgentPart extends AgentShare {
  text: string;
}

/**
 * A template as clusters in this process share it: an API server of its Kubernetes version, a base of its objects, and
 * for each version of Rancher's agent a base that has the agent as well.
 */
export class MemoryTemplate {
  readonly version: string;
  readonly #server: ApiServer;
  readonly #base: ClusterBase;
  /** By manifest; undefined where the template's clusters refuse something of it. */
  readonly #withAgent = new Map<string, ClusterBase | undefined>();

  constructor(
    template: Template,
    private readonly options: Omit<ApiServerOptions, 'version'>,
  ) {
    this.version = template.version;
    this.#server = new ApiServer({
      ...options,
      version: template.version,
      limits: { maxAgeMs: RESUMABLE_MS },
    });
    this.#base = this.#createBase(template);
  }

  /** Without an agent that {@link canShare} says no to. */
  createCluster(options: Omit<CreateClusterOptions, 'base' | 'variables'>, agent?: AgentPart): Cluster {
    const base = agent && this.#baseWith(agent);
    return base === undefined || agent === undefined
      ? this.#server.createCluster({ ...options, base: this.#base })
      : this.#server.createCluster({ ...options, base, variables: { credentials: agent.credentials } });
  }

  /** Whether clusters can have it from the start; where they refuse something of it, the log says what. */
  canShare(agent: AgentPart): boolean {
    return this.#baseWith(agent) !== undefined;
  }

  close(): Promise<void> {
    return this.#server.close();
  }

  /**
   * The base has the figures that the agent writes on nodes already, so that a new cluster has nothing to write:
   * a trial cluster shows which pods the template's workloads get.
   */
  #createBase({ objects }: Template): ClusterBase {
    const plain = this.#server.createBase(objects);
    const trial = this.#server.createCluster({ name: '{{cluster-name}}', uid: 'trial', base: plain });
    const totals = podTotals(trial.api.list('pods'));
    trial.close();
    return this.#server.createBase(withPodTotals(objects, totals));
  }

  #baseWith({ manifest, text }: AgentPart): ClusterBase | undefined {
    if (this.#withAgent.has(manifest)) return this.#withAgent.get(manifest);
    let base: ClusterBase | undefined;
    try {
      base = this.#addAgent(text);
    } catch (error) {
      this.options.logger?.error({ manifest, error: errorText(error) }, 'clusters get the agent one by one');
    }
    this.#withAgent.set(manifest, base);
    return base;
  }

  /** The base after `kubectl apply` of the manifest, with the agent running and counted on its node. */
  #addAgent(manifest: string): ClusterBase {
    return this.#server.extendBase(
      this.#base,
      ({ api, variables: { credentials = '' }, settle }) => {
        createManifestObjects(api, sharedObjects(manifest, credentials));
        settle();
        const totals = podTotals(api.list('pods'));
        for (const node of api.list('nodes')) {
          const patch = podTotalsPatch(node, totals);
          if (patch !== undefined) api.patch('nodes', undefined, node.metadata.name, 'merge', patch);
        }
      },
      { variables: ['credentials'] },
    );
  }
}
