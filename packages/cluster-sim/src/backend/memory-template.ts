import {
  ApiServer,
  type ApiServerOptions,
  type Cluster,
  type ClusterBase,
  type CreateClusterOptions,
} from '@scale-cluster/memory-apiserver';
import { podTotals, withPodTotals } from '../agent-doings/pod-totals.js';
import type { Template } from '../template/load.js';

/**
 * How long a watch that was cut off can go on where it was: as long as kube-apiserver's watch cache surely reaches back
 * (k8s.io/apiserver `eventFreshDuration`). A new cluster has written ten times what it holds, so it counts.
 */
const RESUMABLE_MS = 75_000;

/** A template as clusters in this process share it: an API server of its Kubernetes version, and a base of its objects. */
export class MemoryTemplate {
  readonly version: string;
  readonly #server: ApiServer;
  readonly #base: ClusterBase;

  constructor(template: Template, options: Omit<ApiServerOptions, 'version'>) {
    this.version = template.version;
    this.#server = new ApiServer({
      ...options,
      version: template.version,
      limits: { maxAgeMs: RESUMABLE_MS },
    });
    this.#base = this.#createBase(template);
  }

  createCluster(options: Omit<CreateClusterOptions, 'base'>): Cluster {
    return this.#server.createCluster({ ...options, base: this.#base });
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
}
