import type { KubeObject, ResourceCatalog } from '@scale-cluster/memory-apiserver';
import { builtinCatalog } from '@scale-cluster/memory-apiserver';
import { CaptureError } from '../../errors.js';
import { parseTemplate } from '../load.js';
import { refusedObjects, tryTemplate } from '../trial.js';
import { cleanObject } from './clean.js';
import { nameOf, type ClusterSource, type SourceResource } from './cluster-source.js';
import { Identities } from './identities.js';
import { Pseudonyms, type Replacement } from './pseudonyms.js';
import { renderTemplate } from './render.js';
import { Scrubber } from './scrub.js';
import { SeededRandom } from './seeded-random.js';
import { kindsLeftOut, Selection } from './select.js';

export interface CaptureOptions {
  /** The same seed and the same cluster give the same template. @default 1 */
  seed?: number;
  /** Told while it goes on: what is being done. */
  onProgress?: (text: string) => void;
}

/** Objects of a kind that are not in the template. */
export interface LeftOut {
  readonly what: string;
  /** 0 when they weren't read, so that nobody knows. */
  readonly count: number;
  readonly reason: string;
  /** It is so with every cluster: the kind is never captured. */
  readonly always: boolean;
}

/** Objects of a kind in the cluster, and in a simulated cluster with the template. */
export interface CapturedCount {
  readonly resource: string;
  readonly source: number;
  readonly simulated: number;
}

export interface Capture {
  /** The template: manifests in YAML. */
  readonly text: string;
  /** Kinds with a difference come with what explains it in {@link leftOut}. */
  readonly counts: readonly CapturedCount[];
  readonly leftOut: readonly LeftOut[];
  /** Names that were replaced, with the originals: as confidential as these. */
  readonly replaced: readonly Replacement[];
  /** Values of Secrets, and secrets found in other places. */
  readonly secretCount: number;
}

const concurrency = 6;

/**
 * Makes a template of a cluster: its objects without those that controllers make anew, without secrets, and with other
 * names for people and hosts. The template has been tried: it makes a cluster in memory, whose counts are in the result.
 * Rejects with {@link CaptureError} when the cluster can't be read.
 */
export async function captureTemplate(source: ClusterSource, options: CaptureOptions = {}): Promise<Capture> {
  const { seed = 1, onProgress = () => undefined } = options;
  const catalog = builtinCatalog();
  const leftOut = new Tally();
  onProgress('asking what the cluster serves');
  const { resources, unreachable } = await source.resources(
    (group, version, plural) => catalog.find(group, version, plural) !== undefined,
  );
  for (const { what, reason } of unreachable) leftOut.add(what, reason, 0);
  const wanted = resources.filter((one) => one.capturable && isWanted(one, catalog, leftOut));
  onProgress(`reading ${wanted.length} kinds of objects`);
  const read = await readAll(source, wanted, leftOut);
  const all = [...read.values()].flat();
  if (!all.some((object) => object.kind === 'Node' && object.apiVersion === 'v1')) {
    throw new CaptureError(
      'the cluster has no nodes, or they may not be read: a template needs at least one',
    );
  }

  onProgress(`cleaning ${all.length} objects`);
  const selection = new Selection(all);
  const kinds = new Set(
    all.filter((one) => one.kind === 'CustomResourceDefinition').map((one) => one.metadata.name),
  );
  const kept: KubeObject[] = [];
  for (const [resource, objects] of read) {
    for (const object of objects) {
      const reason = selection.reasonToLeaveOut(object);
      if (reason === undefined) kept.push(cleanObject(object, kinds.has(resource)));
      else leftOut.add(resource, reason, 1);
    }
  }
  const random = new SeededRandom(seed);
  const identities = new Identities(kept, new Pseudonyms(random));
  const scrubber = new Scrubber(identities, random);
  const scrubbed = kept.map((object) => scrubber.object(object));

  onProgress('trying the template');
  const refused = refusedObjects(scrubbed);
  for (const [object, reason] of refused) leftOut.add(describe(object), `refused: ${reason}`, 1);
  const text = renderTemplate(scrubbed.filter((object) => !refused.has(object)));
  const trial = tryTemplate(parseTemplate(text, 'the captured template', Date.parse('2000-01-01')));
  return {
    text,
    counts: [...read]
      .map(([resource, objects]) => ({
        resource,
        source: objects.length,
        simulated: trial.counts.get(resource) ?? 0,
      }))
      .filter((one) => one.source > 0),
    leftOut: leftOut.all(),
    replaced: identities.pseudonyms.all(),
    secretCount: scrubber.secretCount,
  };
}

/** Whether objects of the kind can be in a template at all. */
function isWanted(resource: SourceResource, catalog: ResourceCatalog, leftOut: Tally): boolean {
  const name = nameOf(resource);
  const reason = kindsLeftOut[name];
  if (reason !== undefined) {
    leftOut.add(name, reason, 0, true);
    return false;
  }
  const builtin = catalog.groups().includes(resource.group);
  if (!builtin || catalog.find(resource.group, resource.version, resource.plural) !== undefined) return true;
  leftOut.add(name, `simulated clusters don't serve it in ${resource.version}`, 0);
  return false;
}

/** All objects by the names of their kinds, in the order of `resources`. */
async function readAll(
  source: ClusterSource,
  resources: readonly SourceResource[],
  leftOut: Tally,
): Promise<Map<string, KubeObject[]>> {
  const lists = new Map<string, KubeObject[]>(resources.map((one) => [nameOf(one), []]));
  const waiting = [...resources];
  const work = async (): Promise<void> => {
    for (let resource = waiting.shift(); resource !== undefined; resource = waiting.shift()) {
      try {
        lists.set(nameOf(resource), await source.list(resource));
      } catch (error) {
        // What may not be read, or whose server is down, isn't there; if the cluster itself is gone there is no use.
        if (!(error instanceof CaptureError) || error.status < 400 || error.cause !== undefined) throw error;
        leftOut.add(nameOf(resource), error.message, 0);
      }
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  const definitions = lists.get('customresourcedefinitions.apiextensions.k8s.io') ?? [];
  const defined = new Set(definitions.map(({ metadata }) => metadata.name));
  for (const resource of resources) {
    const name = nameOf(resource);
    if (builtinCatalog().groups().includes(resource.group) || defined.has(name)) continue;
    leftOut.add(
      name,
      'an extension server has them, and none runs in simulated clusters',
      lists.get(name)?.length ?? 0,
    );
    lists.delete(name);
  }
  return lists;
}

const describe = ({ kind, metadata: { namespace, name } }: KubeObject): string =>
  `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;

/** Counts what is left out by kind and reason. */
class Tally {
  readonly #items = new Map<string, LeftOut>();

  add(what: string, reason: string, count: number, always = false): void {
    const key = `${what}\n${reason}`;
    this.#items.set(key, { what, reason, always, count: (this.#items.get(key)?.count ?? 0) + count });
  }

  all(): LeftOut[] {
    return [...this.#items.values()].sort((a, b) => b.count - a.count || (a.what < b.what ? -1 : 1));
  }
}
