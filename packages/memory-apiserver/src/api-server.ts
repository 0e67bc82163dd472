import { randomUUID } from 'node:crypto';
import type { BaseDraft, Controller, ControllerMetrics, HeartbeatOptions } from './controllers/index.js';
import {
  builtinControllers,
  completeBase,
  ControllerRuntime,
  extendBase,
  isStage,
  OwnerIndex,
  StageSet,
} from './controllers/index.js';
import type { FormRecord } from './codec/managed-fields.js';
import { newForms, restoreForm } from './codec/managed-fields.js';
import type { Cluster } from './cluster.js';
import { MemoryCluster } from './cluster.js';
import { DelayingQueue } from './delaying-queue.js';
import type { HttpEnvironment, HttpLimits } from './http/environment.js';
import { defaultHttpLimits } from './http/environment.js';
import { RequestHandler } from './http/handler.js';
import type { KubeObject } from './object.js';
import type { KeyPairPem } from './pki/certificates.js';
import { createAuthority } from './pki/certificates.js';
import type { RegistrySettings } from './registry/context.js';
import { servedResources } from './registry/custom-resources.js';
import { METRICS_GROUP, metricsApiService, metricsResources } from './pods/metrics-resources.js';
import { Registry } from './registry/registry.js';
import { ServiceAccountTokens } from './registry/service-account-tokens.js';
import { restoreDefinitions, restoredChanges } from './registry/restore.js';
import type { Authorizer, UserInfo } from './registry/user.js';
import { OverlayCatalog } from './schema/catalog.js';
import { splitApiVersion } from './schema/types.js';
import type { Change } from './store/change.js';
import { ClusterBase } from './store/cluster-base.js';
import type { JournalEntry } from './store/cluster-store.js';
import { ClusterStore } from './store/cluster-store.js';
import type { EventLogLimits } from './store/event-log.js';
import { defaultEventLogLimits } from './store/event-log.js';
import { hashBits, revisionAt, timestamp } from './store/identity.js';
import { objectKey, splitKey } from './store/key.js';
import { variableValues } from './store/placeholders.js';
import { answerText, compactFieldsIn } from './store/text.js';
import type { StoreLimits } from './store/store-limits.js';
import { defaultStoreLimits } from './store/store-limits.js';
import type { KubeVersion } from './version.js';
import { kubeVersion } from './version.js';

export interface Logger {
  /** What the API refused to a controller that will try again: conflicts, quotas, namespaces that end. */
  debug?(object: object, message: string): void;
  warn(object: object, message: string): void;
  error(object: object, message: string): void;
}

export interface ApiServerOptions {
  /** What `/version` says: all of it, or a version to make it of. @default 'v1.34.1' */
  version?: KubeVersion | string;
  /** Controllers to run in all clusters; an empty list leaves clusters as a bare kube-apiserver would. @default all built-in ones */
  controllers?: readonly Controller[];
  /** Names of controllers not to run. */
  disabledControllers?: readonly string[];
  /**
   * Who runs the pods: `builtin` is the controller of this package, `external` somebody else, who writes their status
   * and deletes, without grace, those whose end has been asked for. @default 'builtin'
   */
  kubelet?: 'builtin' | 'external';
  /** How often nodes show that they live. @default never */
  heartbeats?: HeartbeatOptions;
  /** Stages (`kwok.x-k8s.io/v1alpha1`) of all clusters, beside those that are among the objects of a base. */
  stages?: readonly KubeObject[];
  /** Decides what users may do. @default RBAC, by the roles and bindings in each cluster */
  authorizer?: Authorizer;
  /** Serves `metrics.k8s.io` as metrics-server does, so that `kubectl top` works. @default false */
  metrics?: boolean;
  /** IPv4 range that Services get addresses of. @default '10.43.0.0/16' */
  serviceCidr?: string;
  /** Signs the certificates of clusters that listen by themselves. @default one of {@link createAuthority}, made at need */
  authority?: KeyPairPem;
  /** Signs the tokens of TokenRequests; without it they end with the process. */
  tokenKey?: string;
  /** Keeps what journal entries have in common; without it each holds all its managedFields, which are long. */
  fieldForms?: FieldForms;
  /** What one cluster may take; what isn't given is high or without end. */
  limits?: Partial<HttpLimits & EventLogLimits & StoreLimits>;
  /** Milliseconds since the epoch. @default Date.now */
  now?: () => number;
  /** 0 ≤ x < 1. @default Math.random */
  random?: () => number;
  logger?: Logger;
}

/** Where forms of managedFields are kept, to which entries of a journal refer. */
export interface FieldForms {
  /** All that {@link onNew} was called with in earlier lives. */
  readonly known: Iterable<FormRecord>;
  /** Called before `onWrite` with the first entry that needs the form; it must reach the disk no later than that. */
  onNew(form: FormRecord): void;
}

export interface CreateClusterOptions {
  /** Put in place of `{{cluster-name}}` in the base's objects. @default 'kubernetes' */
  name?: string;
  /** Seed of the UIDs of base objects: the same for the same cluster after a restart. @default a random one */
  uid?: string;
  /** What it begins with. @default {@link ApiServer.emptyBase} */
  base?: PreparedBase;
  /** Values of the base's variables, each fit to be part of a name. */
  variables?: Readonly<Record<string, string>>;
  /** Bearer tokens that are accepted from the start. */
  tokens?: Readonly<Record<string, UserInfo>>;
  /** PEM; goes into `kube-root-ca.crt` and the Secrets of service account tokens. @default that of {@link ApiServer.authority} */
  caCert?: string;
  /** Milliseconds since the epoch; the age of base objects. @default now */
  createdAt?: number;
  /** What {@link onWrite} was called with in an earlier life, in that order. */
  restore?: Iterable<JournalEntry>;
  /** Called for each write of an object, after it. */
  onWrite?: (entry: JournalEntry) => void;
}

/** Objects that clusters have in common, from {@link ApiServer.createBase} and {@link ApiServer.extendBase}. */
export interface PreparedBase {
  readonly objects: ClusterBase;
  readonly catalog: OverlayCatalog;
  readonly owners: OwnerIndex;
  readonly stages: StageSet;
  /** Names of what clusters of it must be given values of. */
  readonly variables: readonly string[];
}

/** How often old entries of an event log are dropped. */
const TRIM_INTERVAL_MS = 60_000;

/**
 * Kubernetes APIs in memory: one of these per process serves any number of clusters, which share its schema,
 * timers, controllers and bases. It opens no port: give each cluster's `handle` to a server of your own.
 */
export class ApiServer {
  readonly #settings: RegistrySettings;
  readonly #environment: HttpEnvironment;
  readonly #runtime: ControllerRuntime;
  readonly #controllers: readonly Controller[];
  readonly #disabled: readonly string[];
  readonly #stages: readonly KubeObject[];
  readonly #metrics: boolean;
  readonly #eventLog: EventLogLimits;
  readonly #storeLimits: StoreLimits;
  readonly #fieldForms: FieldForms | undefined;
  /** Ids of forms that are kept. */
  readonly #knownForms = new Set<string>();
  readonly #clusters = new Map<string, MemoryCluster>();
  /** Clusters whose event log has entries, to drop them when they are old. */
  readonly #trims: DelayingQueue<ClusterStore>;
  #emptyBase: PreparedBase | undefined;
  #authority: KeyPairPem | undefined;

  constructor(options: ApiServerOptions = {}) {
    const now = options.now ?? (() => Date.now());
    const random = options.random ?? (() => Math.random());
    const version =
      typeof options.version === 'object' ? options.version : kubeVersion(options.version ?? 'v1.34.1');
    this.#controllers =
      options.controllers ??
      builtinControllers({
        node: { kubeletVersion: version.gitVersion },
        ...(options.heartbeats === undefined ? {} : { heartbeat: options.heartbeats }),
      });
    const hasOwnKubelet = options.kubelet !== 'external';
    this.#disabled = [...(options.disabledControllers ?? []), ...(hasOwnKubelet ? [] : ['kubelet'])];
    this.#stages = options.stages ?? [];
    this.#metrics = options.metrics ?? false;
    const runs = (name: string): boolean =>
      !this.#disabled.includes(name) && this.#controllers.some((controller) => controller.name === name);
    this.#settings = {
      now,
      random,
      tokens: new ServiceAccountTokens(options.tokenKey, now),
      ...(options.authorizer === undefined ? {} : { authorizer: options.authorizer }),
      serviceCidr: options.serviceCidr ?? '10.43.0.0/16',
      controllers: {
        kubelet: !hasOwnKubelet || runs('kubelet'),
        garbageCollector: runs('garbage-collector'),
        serviceAccount: runs('service-account'),
        serviceAccountToken: runs('service-account-token'),
        storageProtection: runs('storage-protection'),
      },
    };
    this.#authority = options.authority;
    this.#fieldForms = options.fieldForms;
    for (const form of options.fieldForms?.known ?? []) {
      restoreForm(form);
      this.#knownForms.add(form.id);
    }
    this.#eventLog = { ...defaultEventLogLimits, ...options.limits };
    this.#storeLimits = { ...defaultStoreLimits, ...options.limits };
    this.#environment = {
      now,
      random,
      versionText: JSON.stringify(version),
      minorVersion: Number.parseInt(version.minor, 10),
      watchTimers: new DelayingQueue({ onDue: (item) => item.onTimer(), now }),
      limits: { ...defaultHttpLimits, ...options.limits },
      ...(options.logger === undefined ? {} : { logger: options.logger }),
    };
    this.#runtime = new ControllerRuntime({
      controllers: this.#controllers,
      disabled: this.#disabled,
      now,
      random,
      ...(options.logger === undefined ? {} : { logger: options.logger }),
    });
    this.#trims = new DelayingQueue<ClusterStore>({ onDue: (store) => this.#trim(store), now });
  }

  /**
   * Prepares objects that clusters begin with, and what controllers make of them. `{{cluster-name}}` in any string
   * stands for the cluster's name. Namespaces, roles and such that every cluster has are added. Objects keep the
   * status and creationTimestamp they are given. Objects of kind `Stage` are no objects of the clusters but say what
   * becomes of these. Throws ApiError if an object is refused, StageError if a Stage can't be used.
   */
  createBase(given: readonly KubeObject[] = []): PreparedBase {
    const stages = new StageSet([...this.#stages, ...given.filter(isStage)]);
    const objects = given.filter((object) => !isStage(object));
    if (this.#metrics) objects.push(metricsApiService());
    const completed = completeBase(objects, {
      controllers: this.#controllers,
      disabled: this.#disabled,
      serviceCidr: this.#settings.serviceCidr,
    });
    const births = new Map<string, string>();
    const identify = ({ apiVersion, kind, metadata }: KubeObject): string =>
      `${splitApiVersion(apiVersion).group}/${kind}/${objectKey(metadata.namespace, metadata.name)}`;
    for (const object of objects) {
      const { creationTimestamp } = object.metadata;
      if (creationTimestamp) births.set(identify(object), creationTimestamp);
    }
    const born = completed.map((object) => {
      const creationTimestamp = births.get(identify(object));
      return creationTimestamp === undefined
        ? object
        : { ...object, metadata: { ...object.metadata, creationTimestamp } };
    });
    return this.#prepare(born, stages, []);
  }

  /**
   * A base of what clusters of another base would be after the writes of `write` and all that controllers make of them;
   * clusters that are made of it have nothing of that to do or to keep. Where clusters differ, `write` uses the draft's
   * `variables`, whose values {@link createCluster} is given. The same base, `write` and version of this package give
   * the same in every process, so that journals fit. Throws what `write` throws.
   */
  extendBase(
    base: PreparedBase,
    write: (draft: BaseDraft) => void,
    options: { variables?: readonly string[] } = {},
  ): PreparedBase {
    const variables = [...new Set([...base.variables, ...(options.variables ?? [])])];
    const extended = extendBase(write, {
      base,
      variables,
      controllers: this.#controllers,
      disabled: this.#disabled,
      serviceCidr: this.#settings.serviceCidr,
    });
    return this.#prepare(extended, base.stages, variables);
  }

  #prepare(objects: readonly KubeObject[], stages: StageSet, variables: readonly string[]): PreparedBase {
    const catalog = new OverlayCatalog();
    if (this.#metrics) catalog.setCustom(METRICS_GROUP, metricsResources);
    for (const object of objects) {
      if (object.kind === 'CustomResourceDefinition')
        catalog.setCustom(object.metadata.name, servedResources(object));
    }
    const storageOf = ({ apiVersion, kind }: KubeObject): string | undefined => {
      const { group, version } = splitApiVersion(apiVersion);
      return catalog.findKind(group, version, kind)?.storage;
    };
    const stored = objects.map((object) => ({ storage: storageOf(object) ?? '', object }));
    const owners = OwnerIndex.of(objects, storageOf);
    return { objects: new ClusterBase(stored), catalog, owners, stages, variables };
  }

  /** The base of a cluster in which nothing has been created yet. */
  get emptyBase(): PreparedBase {
    this.#emptyBase ??= this.createBase();
    return this.#emptyBase;
  }

  /** The CA whose certificates clusters listen with; its key is as secret as theirs. */
  get authority(): KeyPairPem {
    this.#authority ??= createAuthority(this.#settings.now());
    return this.#authority;
  }

  /** Throws RangeError if there is a cluster of the UID, or if variables of the base lack valid values. */
  createCluster(options: CreateClusterOptions = {}): Cluster {
    const {
      name = 'kubernetes',
      uid = randomUUID(),
      base = this.emptyBase,
      caCert = this.authority.cert,
    } = options;
    if (this.#clusters.has(uid)) throw new RangeError(`there is a cluster with the UID ${uid}`);
    const variables = variableValues(base.variables, options.variables);
    const now = this.#settings.now();
    const createdAt = options.createdAt ?? now;
    const store: ClusterStore = new ClusterStore({
      base: base.objects,
      identity: {
        name,
        uid,
        createdAt: timestamp(createdAt),
        caCert,
        baseRevision: revisionAt(createdAt),
        seed: hashBits(uid),
        variables,
      },
      startRevision: revisionAt(now),
      now: this.#settings.now,
      eventLog: this.#eventLog,
      limits: this.#storeLimits,
      ...(options.restore === undefined ? {} : { restore: options.restore }),
      onChange: (change) => this.#onChange(uid, store, change, options.onWrite),
    });
    const catalog = new OverlayCatalog(base.catalog);
    const registry = new Registry({ ...this.#settings, store, catalog, caCert }, options.tokens);
    if (options.restore !== undefined) restoreDefinitions(registry.context);
    const restored = options.restore === undefined ? [] : restoredChanges(store);
    const handler = new RequestHandler(registry, this.#environment);
    const cluster = new MemoryCluster(
      name,
      uid,
      registry,
      handler,
      () => this.authority,
      () => this.#forget(uid),
    );
    this.#clusters.set(uid, cluster);
    this.#runtime.addCluster(
      { uid, name, variables, api: registry, catalog, caCert, baseOwners: base.owners, stages: base.stages },
      restored,
    );
    return cluster;
  }

  /** Resolves when controllers have nothing to do at this moment; what they do after a delay doesn't count. */
  idle(): Promise<void> {
    return this.#runtime.idle();
  }

  controllerMetrics(): ControllerMetrics {
    return this.#runtime.metrics();
  }

  /** Ends all clusters and timers. */
  close(): Promise<void> {
    for (const cluster of [...this.#clusters.values()]) cluster.close();
    this.#runtime.close();
    this.#environment.watchTimers.close();
    this.#trims.close();
    return Promise.resolve();
  }

  #onChange(
    uid: string,
    store: ClusterStore,
    change: Change,
    onWrite: CreateClusterOptions['onWrite'],
  ): void {
    const { storage, key, revision, type, text } = change;
    const json = type === 'DELETED' || onWrite === undefined ? null : this.#journalText(text);
    onWrite?.({ storage, ...splitKey(key), revision, json });
    this.#trims.add(uid, store, TRIM_INTERVAL_MS);
    this.#runtime.onChange(uid, type, storage, change.body as KubeObject, () => change.previousBody);
  }

  /** An object's text for a journal: with managedFields in full, unless their forms are kept beside it. */
  #journalText(text: string): string {
    if (this.#fieldForms === undefined) return answerText(text);
    const compact = compactFieldsIn(text);
    if (compact !== undefined)
      for (const form of newForms(compact, this.#knownForms)) this.#fieldForms.onNew(form);
    return text;
  }

  #trim(store: ClusterStore): void {
    const { uid } = store.identity;
    if (store.trimLog() && this.#clusters.has(uid)) this.#trims.add(uid, store, TRIM_INTERVAL_MS);
  }

  #forget(uid: string): void {
    this.#clusters.delete(uid);
    this.#trims.remove(uid);
    this.#runtime.removeCluster(uid);
  }
}
