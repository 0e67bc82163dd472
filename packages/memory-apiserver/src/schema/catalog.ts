import { builtinResources } from './builtin-resources.js';
import type { ResourceCatalog, ResourceInfo } from './resource.js';

/** Counts every change of every catalog, so that equal revisions mean the very same rows. */
let lastRevision = 0;

/** An unchanging set of rows with its lookup tables. */
class FixedCatalog implements ResourceCatalog {
  readonly revision = ++lastRevision;
  readonly #rows: readonly ResourceInfo[];
  readonly #byPlural = new Map<string, ResourceInfo>();
  readonly #byKind = new Map<string, ResourceInfo>();
  readonly #byStorage = new Map<string, ResourceInfo>();
  readonly #versions = new Map<string, string[]>();

  constructor(rows: readonly ResourceInfo[]) {
    this.#rows = rows;
    for (const row of rows) {
      this.#byPlural.set(`${row.group}/${row.version}/${row.plural}`, row);
      const kind = `${row.group}/${row.version}/${row.kind}`;
      if (!this.#byKind.has(kind)) this.#byKind.set(kind, row);
      if (!this.#byStorage.has(row.storage)) this.#byStorage.set(row.storage, row);
      const versions = this.#versions.get(row.group);
      if (versions === undefined) this.#versions.set(row.group, [row.version]);
      else if (!versions.includes(row.version)) versions.push(row.version);
    }
  }

  find(group: string, version: string, plural: string): ResourceInfo | undefined {
    return this.#byPlural.get(`${group}/${version}/${plural}`);
  }

  findKind(group: string, version: string, kind: string): ResourceInfo | undefined {
    return this.#byKind.get(`${group}/${version}/${kind}`);
  }

  findStorage(storage: string): ResourceInfo | undefined {
    return this.#byStorage.get(storage);
  }

  all(): readonly ResourceInfo[] {
    return this.#rows;
  }

  versions(group: string): readonly string[] {
    return this.#versions.get(group) ?? [];
  }

  groups(): readonly string[] {
    return [...this.#versions.keys()];
  }
}

let builtin: FixedCatalog | undefined;

/** The resources of a cluster without CRDs: one object for the whole process. */
export function builtinCatalog(): ResourceCatalog {
  return (builtin ??= new FixedCatalog(builtinResources()));
}

/**
 * A cluster's catalog: a base that is shared (the built-in resources, or these with a template's CRDs) and the
 * rows of its own CRDs. While there are none, every answer, {@link revision} and the identity of
 * {@link all}'s array included, is the base's, so documents prepared for the base serve it too.
 */
export class OverlayCatalog implements ResourceCatalog {
  readonly #base: ResourceCatalog;
  #custom: Map<string, readonly ResourceInfo[]> | undefined;
  #merged: ResourceCatalog;

  constructor(base: ResourceCatalog = builtinCatalog()) {
    this.#base = base;
    this.#merged = base;
  }

  /**
   * Serves the rows of the CRD `name` from now on, in place of what it served before.
   *
   * @param rows one per served version, in the order of {@link compareVersions}
   */
  setCustom(name: string, rows: readonly ResourceInfo[]): void {
    (this.#custom ??= new Map()).set(name, rows);
    this.#merge();
  }

  /** Serves the CRD `name` no longer. */
  removeCustom(name: string): void {
    if (this.#custom?.delete(name) !== true) return;
    if (this.#custom.size === 0) this.#custom = undefined;
    this.#merge();
  }

  #merge(): void {
    if (this.#custom === undefined) {
      this.#merged = this.#base;
      return;
    }
    const own = [...this.#custom.values()].flat();
    // A CRD's name is its storage; one without rows hides the base's.
    const baseRows = this.#base.all().filter((row) => this.#custom?.has(row.storage) !== true);
    this.#merged = new FixedCatalog([
      ...baseRows.filter((row) => row.custom === undefined),
      ...sortCustom(baseRows, own),
    ]);
  }

  get revision(): number {
    return this.#merged.revision;
  }

  find(group: string, version: string, plural: string): ResourceInfo | undefined {
    return this.#merged.find(group, version, plural);
  }

  findKind(group: string, version: string, kind: string): ResourceInfo | undefined {
    return this.#merged.findKind(group, version, kind);
  }

  findStorage(storage: string): ResourceInfo | undefined {
    return this.#merged.findStorage(storage);
  }

  all(): readonly ResourceInfo[] {
    return this.#merged.all();
  }

  versions(group: string): readonly string[] {
    return this.#merged.versions(group);
  }

  groups(): readonly string[] {
    return this.#merged.groups();
  }
}

/** Custom groups follow the built-in ones by name, their versions by {@link compareVersions}. */
function sortCustom(base: readonly ResourceInfo[], own: readonly ResourceInfo[]): ResourceInfo[] {
  return [...base.filter((row) => row.custom !== undefined), ...own].sort(
    (a, b) =>
      compareText(a.group, b.group) ||
      compareVersions(a.version, b.version) ||
      compareText(a.plural, b.plural),
  );
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * Order of API versions, the one to prefer first: `v2`, `v1`, `v1beta2`, `v1beta1`, `v1alpha1`, then all others by
 * name. As k8s.io/apimachinery `pkg/version` `CompareKubeAwareVersionStrings`.
 */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [versionRank(a), versionRank(b)];
  if (left === undefined && right === undefined) return compareText(a, b);
  if (left === undefined) return 1;
  if (right === undefined) return -1;
  return right.stage - left.stage || right.major - left.major || right.minor - left.minor;
}

function versionRank(version: string): { stage: number; major: number; minor: number } | undefined {
  const match = /^v([1-9]\d*)(?:(alpha|beta)([1-9]\d*))?$/.exec(version);
  if (match === null) return undefined;
  const stage = match[2] === undefined ? 2 : match[2] === 'beta' ? 1 : 0;
  return { stage, major: Number(match[1]), minor: Number(match[3] ?? 0) };
}
