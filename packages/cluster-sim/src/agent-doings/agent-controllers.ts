import type { ClusterObjects } from '../backend/cluster-objects.js';
import { podTotals, podTotalsPatch } from './pod-totals.js';

/** Places work for later; equal keys that wait are one. Thousands of clusters share its one timer. */
export interface Delayer {
  delay(key: string, delayMs: number, run: () => void): void;
}

export interface AgentControllersOptions {
  objects: ClusterObjects;
  /** The nodes have the figures of their pods already: nothing is to do before something changes. */
  hasPodTotals: boolean;
  /** Prefix of the keys given to the delayer. */
  uid: string;
  delayer: Delayer;
  /** Told about failures; they are tried again at the next change. */
  onError: (error: unknown) => void;
  /** How long changes of pods are gathered; the agent looks each 15 s. @default 15000 */
  podDelayMs?: number;
  /** The same for namespaces. @default 2000 */
  namespaceDelayMs?: number;
}

const projectField = 'field.cattle.io/projectId';

/**
 * The two controllers of Rancher's agent whose work shows outside of it (facts: rancher-import §3.5): `podresources`
 * writes what pods ask for on their nodes, `nslabels` copies a namespace's project from annotation to label. They sleep
 * while nothing changes, and write only differences: each change of a Node is a write inside Rancher.
 */
export class AgentControllers {
  readonly #watches: { close(): void }[];

  constructor(private readonly options: AgentControllersOptions) {
    const { objects, podDelayMs = 15_000, namespaceDelayMs = 2_000 } = options;
    const annotateLater = (): void => this.#later('pods', podDelayMs, () => this.#annotateNodes());
    this.#watches = [
      objects.watch('pods', { since: 'now' }, annotateLater),
      objects.watch('nodes', { since: 'now' }, (type) => {
        if (type === 'ADDED') annotateLater();
      }),
      objects.watch('namespaces', { since: 'now' }, (type, namespace) => {
        if (
          type === 'DELETED' ||
          projectOf(namespace.metadata.annotations) === namespace.metadata.labels?.[projectField]
        )
          return;
        this.#later('namespaces', namespaceDelayMs, () => this.#labelNamespaces());
      }),
    ];
    if (!options.hasPodTotals) annotateLater();
  }

  close(): void {
    for (const watch of this.#watches) watch.close();
    this.#watches.length = 0;
  }

  #later(what: string, delayMs: number, run: () => Promise<void>): void {
    this.options.delayer.delay(`${this.options.uid}/${what}`, delayMs, () => {
      if (this.#watches.length === 0) return;
      run().catch((error: unknown) => {
        if (this.#watches.length > 0) this.options.onError(error);
      });
    });
  }

  async #annotateNodes(): Promise<void> {
    const { objects } = this.options;
    const totals = podTotals(await objects.list('pods'));
    for (const node of await objects.list('nodes')) {
      const patch = podTotalsPatch(node, totals);
      if (patch !== undefined) await objects.patch('nodes', undefined, node.metadata.name, 'merge', patch);
    }
  }

  async #labelNamespaces(): Promise<void> {
    const { objects } = this.options;
    for (const { metadata } of await objects.list('namespaces')) {
      const project = projectOf(metadata.annotations);
      if (
        project === undefined ||
        metadata.labels?.[projectField] === project ||
        metadata.deletionTimestamp !== undefined
      )
        continue;
      await objects.patch('namespaces', undefined, metadata.name, 'merge', {
        metadata: { labels: { [projectField]: project } },
      });
    }
  }
}

/** `p-abcde` of `c-xyz:p-abcde`. */
function projectOf(annotations: Record<string, string> | undefined): string | undefined {
  const project = annotations?.[projectField]?.split(':')[1];
  return project === '' ? undefined : project;
}
