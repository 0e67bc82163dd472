import type { KubeObject, ObjectMeta } from '../object.js';
import type { ClusterApi } from '../registry/api.js';
import { Registry } from '../registry/registry.js';
import { ServiceAccountTokens } from '../registry/service-account-tokens.js';
import { OverlayCatalog } from '../schema/catalog.js';
import type { ResourceCatalog } from '../schema/resource.js';
import { ClusterBase } from '../store/cluster-base.js';
import { ClusterStore } from '../store/cluster-store.js';
import { hashBits } from '../store/identity.js';
import { objectKey } from '../store/key.js';
import { ParsedTexts } from '../store/parsed-texts.js';
import { compactFieldsIn } from '../store/text.js';
import { builtinControllers } from './builtin.js';
import type { Controller } from './controller.js';
import type { OwnerIndex } from './owner-index.js';
import { timestamp } from './time.js';
import { ControllerRuntime, type Delays, type Work } from './runtime.js';
import { StageSet } from './stages/stage-set.js';

export interface ScratchClusterOptions {
  name: string;
  /** @default the built-in ones */
  controllers?: readonly Controller[];
  disabled?: readonly string[];
  /** What the cluster has before anything is done in it. @default nothing */
  base?: ClusterBase;
  /** What it serves beside its own custom resources. @default the built-in resources */
  catalog?: ResourceCatalog;
  /** Who owns what in the base. */
  baseOwners?: OwnerIndex;
  /** Where the clock starts, milliseconds since the epoch. */
  startMs: number;
  /** PEM, or what stands for it. @default empty */
  caCert?: string;
  serviceCidr: string;
  /** @default true */
  events?: boolean;
  /** Whether objects say who owns their fields. @default true */
  managedFields?: boolean;
  /** Stages beside the built-in ones. */
  stages?: StageSet;
}

/** Room for a namespace of thousands of pods, which controllers read again for each of its Services. */
const parsedChars = 16_000_000;

/**
 * One cluster with controllers whose clock moves only when told and whose random choices are the same in every run.
 * Bases are completed in it, and controllers tested.
 */
export class ScratchCluster {
  readonly api: ClusterApi;
  readonly catalog: ResourceCatalog;
  readonly runtime: ControllerRuntime;
  readonly #uid = 'scratch';
  readonly #store: ClusterStore;
  readonly #delays = new Map<string, { work: Work; dueAt: number }>();
  #now: number;
  #onDue: (work: Work) => void = () => undefined;

  constructor(options: ScratchClusterOptions) {
    this.#now = options.startMs;
    const now = (): number => this.#now;
    const random = seededRandom();
    const catalog = new OverlayCatalog(options.catalog);
    const caCert = options.caCert ?? '';
    this.catalog = catalog;
    this.runtime = new ControllerRuntime({
      controllers: options.controllers ?? builtinControllers(),
      ...(options.disabled === undefined ? {} : { disabled: options.disabled }),
      now,
      random,
      events: options.events ?? true,
      delays: (onDue) => this.#ownDelays(onDue),
    });
    const seed = hashBits(options.name);
    this.#store = new ClusterStore({
      base: options.base ?? new ClusterBase([]),
      identity: {
        name: options.name,
        uid: this.#uid,
        createdAt: timestamp(options.startMs),
        caCert,
        baseRevision: 1,
        seed,
      },
      startRevision: 1,
      now,
      onChange: (change) => {
        const { type, storage } = change;
        this.runtime.onChange(this.#uid, type, storage, change.body as KubeObject, () => change.previousBody);
      },
    });
    this.api = new Registry({
      now,
      random,
      tokens: new ServiceAccountTokens(options.name, now),
      serviceCidr: options.serviceCidr,
      managedFields: options.managedFields ?? true,
      parsed: new ParsedTexts(parsedChars),
      controllers: {
        kubelet: true,
        garbageCollector: true,
        serviceAccount: true,
        serviceAccountToken: true,
        storageProtection: true,
      },
      store: this.#store,
      catalog,
      caCert,
    });
    const { name, baseOwners, stages = new StageSet() } = options;
    const owners = baseOwners === undefined ? {} : { name, baseOwners };
    this.runtime.addCluster({ uid: this.#uid, api: this.api, catalog, caCert, stages, ...owners }, []);
  }

  /** Milliseconds since the epoch. */
  get now(): number {
    return this.#now;
  }

  /** All storages that have, or had, objects. */
  storages(): string[] {
    return [...this.#store.storages()];
  }

  /** Who owns which fields of an object, in compact form; undefined if nobody does. */
  managedFieldsOf(storage: string, { namespace, name }: ObjectMeta): string | undefined {
    return compactFieldsIn(this.#store.read(storage, objectKey(namespace, name)) ?? '');
  }

  /** Whether the objects of the storage are those of the base, as they were there. */
  isUntouched(storage: string): boolean {
    return [...this.#store.own(storage)].length === 0;
  }

  /** Does all that is due now. */
  drain(): void {
    this.runtime.drain();
  }

  /** Lets time pass, with everything done in its order that falls due. */
  advance(ms: number): void {
    const end = this.#now + ms;
    this.drain();
    for (let next = this.#next(); next !== undefined && next <= end; next = this.#next()) {
      this.#now = Math.max(this.#now, next);
      for (const [key, { work, dueAt }] of this.#delays) {
        if (dueAt > this.#now) continue;
        this.#delays.delete(key);
        this.#onDue(work);
      }
      this.drain();
    }
    this.#now = end;
  }

  close(): void {
    this.runtime.close();
  }

  #next(): number | undefined {
    let soonest: number | undefined;
    for (const { dueAt } of this.#delays.values()) soonest = Math.min(soonest ?? dueAt, dueAt);
    return soonest;
  }

  #ownDelays(onDue: (work: Work) => void): Delays {
    this.#onDue = onDue;
    return {
      add: (key, work, delayMs) => {
        const dueAt = this.#now + delayMs;
        const waiting = this.#delays.get(key);
        if (waiting === undefined || dueAt < waiting.dueAt) this.#delays.set(key, { work, dueAt });
      },
      remove: (key) => void this.#delays.delete(key),
      close: () => this.#delays.clear(),
    };
  }
}

/** The same sequence in every run (a 32-bit xorshift, good enough for names). */
function seededRandom(): () => number {
  let state = 0x9e3779b9;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
