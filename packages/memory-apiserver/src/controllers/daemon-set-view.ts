import type { ControllerContext } from './controller.js';
import { isUpdated, nodeOf, suitabilityFor, type Suitability } from './daemon-set-pods.js';
import { scaled } from './int-or-percent.js';
import type { DaemonSet, Node, Pod } from './kinds.js';
import { isAvailable, isFinished, isTerminating } from './pods.js';

/** A node that has, or should have, pods of a set. */
export interface DaemonNode extends Suitability {
  readonly name: string;
  /** False if only pods tell of it. */
  readonly isThere: boolean;
  /** But for those that have ended and are being deleted: nothing is left to do about them. */
  readonly pods: readonly Pod[];
}

/** A set and its nodes, as they are when it is reconciled. */
export class DaemonSetView {
  readonly nodes: readonly DaemonNode[];
  /** How many nodes should have a pod. */
  readonly desired: number;

  constructor(
    readonly set: DaemonSet,
    /** Of the present template. */
    readonly hash: string,
    nodes: readonly Node[],
    pods: readonly Pod[],
    readonly context: ControllerContext,
  ) {
    const byNode = new Map<string, Pod[]>();
    for (const pod of pods) {
      if (isFinished(pod) && isTerminating(pod)) continue;
      const name = nodeOf(pod);
      const here = byNode.get(name);
      if (here === undefined) byNode.set(name, [pod]);
      else here.push(pod);
    }
    const suits = suitabilityFor(set);
    const views: DaemonNode[] = nodes.map((node) => {
      const { name } = node.metadata;
      return { name, isThere: true, pods: byNode.get(name) ?? [], ...suits(node) };
    });
    const known = new Set(views.map(({ name }) => name));
    for (const [name, left] of byNode)
      if (!known.has(name))
        views.push({ name, isThere: false, pods: left, shouldRun: false, mayStay: false });
    this.nodes = views;
    this.desired = views.filter(({ shouldRun }) => shouldRun).length;
  }

  get minReadySeconds(): number {
    return this.set.spec.minReadySeconds ?? 0;
  }

  isAvailable(pod: Pod): boolean {
    return isAvailable(pod, this.minReadySeconds, this.context.now());
  }

  isUpdated(pod: Pod): boolean {
    return isUpdated(this.set, pod, this.hash);
  }

  /** Whether the new pod of a node comes before the old one goes. */
  get allowsSurge(): boolean {
    return this.isRolling && scaled(this.#rollingUpdate?.maxSurge, 1, 'up') > 0;
  }

  get isRolling(): boolean {
    return this.set.spec.updateStrategy?.type !== 'OnDelete';
  }

  get maxSurge(): number {
    return scaled(this.#rollingUpdate?.maxSurge, this.desired, 'up');
  }

  /** Neither surge nor unavailability would be a standstill. */
  get maxUnavailable(): number {
    const count = scaled(this.#rollingUpdate?.maxUnavailable ?? 1, this.desired, 'up');
    return count === 0 && this.maxSurge === 0 ? 1 : count;
  }

  get #rollingUpdate() {
    return this.set.spec.updateStrategy?.rollingUpdate;
  }
}
