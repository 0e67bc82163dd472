import type { KubeObject } from '../object.js';
import type { ClusterApi } from '../registry/api.js';
import type { ResourceCatalog } from '../schema/resource.js';
import { CA_CERT_PLACEHOLDER } from '../store/base-object.js';
import type { ClusterBase } from '../store/cluster-base.js';
import { BASE_EPOCH_MS } from '../store/identity.js';
import { variablePlaceholder } from '../store/placeholders.js';
import { detach, nameStandIn, runMs, withoutTime } from './complete-base.js';
import type { Controller } from './controller.js';
import type { OwnerIndex } from './owner-index.js';
import { ScratchCluster } from './scratch-cluster.js';
import type { StageSet } from './stages/stage-set.js';

/** A cluster in which a base gets more objects. */
export interface BaseDraft {
  readonly api: ClusterApi;
  /** By name of a variable what to write where clusters will have its value; it is valid in names. */
  readonly variables: Readonly<Record<string, string>>;
  /** Lets controllers do all that they do within two minutes. It is called once more when the draft is done. */
  readonly settle: () => void;
}

export interface ExtendBaseOptions {
  readonly base: {
    readonly objects: ClusterBase;
    readonly catalog: ResourceCatalog;
    readonly owners: OwnerIndex;
    readonly stages: StageSet;
  };
  readonly variables: readonly string[];
  readonly controllers: readonly Controller[];
  readonly disabled: readonly string[];
  readonly serviceCidr: string;
}

/**
 * The objects of a base with what the writes of `write` change of them, and what controllers make of that: a cluster
 * made of the result is what one made of the base would be after these writes, managedFields included, Events not. The
 * same in every run but for uids, as with `completeBase`.
 */
export function extendBase(
  write: (draft: BaseDraft) => void,
  { base, variables, disabled, ...options }: ExtendBaseOptions,
): KubeObject[] {
  const cluster = new ScratchCluster({
    ...options,
    name: nameStandIn,
    base: base.objects,
    catalog: base.catalog,
    baseOwners: base.owners,
    stages: base.stages,
    disabled: [...disabled, ...withoutTime],
    startMs: BASE_EPOCH_MS,
    caCert: CA_CERT_PLACEHOLDER,
    events: false,
  });
  const settle = (): void => cluster.advance(runMs);
  try {
    write({
      api: cluster.api,
      variables: Object.fromEntries(variables.map((name) => [name, variablePlaceholder(name)])),
      settle,
    });
    settle();
    return detach(cluster, cluster.storages());
  } finally {
    cluster.close();
  }
}
