/** One served resource, as discovery describes it. Built-in ones are rows of a table; CRDs add more at run time. */
export interface ResourceInfo {
  /** `''` for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  /** `PodList`; `''` for virtual resources that can't be listed. */
  readonly listKind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  /** Of create, delete, deletecollection, get, list, patch, update, watch. */
  readonly verbs: readonly string[];
  readonly subresources: readonly SubresourceInfo[];
  /**
   * Objects of one group and resource are stored once, whatever version they are asked in: `pods`,
   * `deployments.apps`. Equal to `qualifiedResource` unless two groups share one storage (events).
   */
  readonly storage: string;
  /** Given for resources of a CustomResourceDefinition; absent for built-in ones. */
  readonly custom?: CustomResource;
}

export interface SubresourceInfo {
  /** `status`, `scale`, `token`, `eviction`, `binding`, `finalize`, `approval`, `log`, … */
  readonly name: string;
  readonly kind: string;
  /** Group and version of the body when they differ from the resource's (`autoscaling/v1` for Scale). */
  readonly group?: string;
  readonly version?: string;
  readonly verbs: readonly string[];
}

/** What a CRD version says beyond the row itself. */
export interface CustomResource {
  /** OpenAPI v3 schema of the version, or undefined for `x-kubernetes-preserve-unknown-fields` only. */
  readonly schema?: unknown;
  readonly printerColumns: readonly PrinterColumn[];
  readonly scale?: { specReplicasPath: string; statusReplicasPath: string; labelSelectorPath?: string };
  readonly selectableFields: readonly string[];
  /** Schema of the version that objects are stored in. */
  readonly storageSchema?: unknown;
  /** Objects may have been stored by another schema than this version's: each read puts them in form. */
  readonly mayDiffer?: boolean;
  /** The warning for requests of a deprecated version. */
  readonly deprecation?: string;
  /** The definition is being deleted: there may be no new objects. */
  readonly terminating?: boolean;
}

export interface PrinterColumn {
  readonly name: string;
  readonly type: string;
  readonly format?: string;
  readonly description?: string;
  readonly priority?: number;
  readonly jsonPath: string;
}

/**
 * All resources that a cluster serves: the built-in table (shared by all clusters) with the cluster's CRDs on
 * top. Lookups answer undefined for what isn't served.
 */
export interface ResourceCatalog {
  /** Grows whenever the set changes, so prepared discovery documents can be reused between. */
  readonly revision: number;
  find(group: string, version: string, plural: string): ResourceInfo | undefined;
  findKind(group: string, version: string, kind: string): ResourceInfo | undefined;
  /** The row of the group's preferred version. */
  findStorage(storage: string): ResourceInfo | undefined;
  /** Every served row; a group's preferred version first, groups in discovery order. */
  all(): readonly ResourceInfo[];
  /** Versions of a group, preferred first; empty if the group isn't served. */
  versions(group: string): readonly string[];
  groups(): readonly string[];
}
