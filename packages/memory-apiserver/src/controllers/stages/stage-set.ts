import type { KubeObject } from '../../object.js';
import { compileStage } from './compile-stage.js';
import type { Stage, StageTarget } from './stage.js';

/** Stages by the kinds that they are for: what a user gives beside the built-in ones. Immutable, shared. */
export class StageSet {
  readonly #byKind = new Map<string, Stage[]>();

  /** @param objects Stages in KWOK's format; of two with one name and kind the later one counts. @throws StageError */
  constructor(objects: Iterable<KubeObject> = []) {
    for (const object of objects) {
      const { target, stage } = compileStage(object);
      const id = kindId(target);
      const others = (this.#byKind.get(id) ?? []).filter(({ name }) => name !== stage.name);
      this.#byKind.set(id, [...others, stage]);
    }
  }

  get isEmpty(): boolean {
    return this.#byKind.size === 0;
  }

  /** What there are stages for. */
  get targets(): StageTarget[] {
    return [...this.#byKind.keys()].map((id) => {
      const slash = id.indexOf('/');
      return { group: id.slice(0, slash), kind: id.slice(slash + 1) };
    });
  }

  of(target: StageTarget): readonly Stage[] {
    return this.#byKind.get(kindId(target)) ?? none;
  }
}

const none: readonly Stage[] = [];
const kindId = ({ group, kind }: StageTarget): string => `${group}/${kind}`;

/** The built-in stages, but for those that the user's replace by their names, and the user's. */
export function withBuiltin(builtin: readonly Stage[], own: readonly Stage[]): readonly Stage[] {
  if (own.length === 0) return builtin;
  const replaced = new Set(own.map(({ name }) => name));
  return [...builtin.filter(({ name }) => !replaced.has(name)), ...own];
}

/**
 * One of the stages that match the object, by chance in proportion to their weights; if none has a weight, each is as
 * likely as the others (KWOK pkg/utils/lifecycle `Match`). Undefined if none matches.
 */
export function chooseStage(
  stages: readonly Stage[],
  object: KubeObject,
  random: () => number,
): Stage | undefined {
  const matching = stages.filter((stage) => stage.matches(object));
  if (matching.length < 2) return matching[0];
  const weighted = matching.map((stage) => ({ stage, weight: stage.weight(object) }));
  const total = weighted.reduce((sum, { weight = 0 }) => sum + Math.max(0, weight), 0);
  if (total === 0) {
    const known = weighted.filter(({ weight }) => weight !== undefined);
    const candidates = known.length === 0 ? weighted : known;
    return candidates[Math.floor(random() * candidates.length)]?.stage;
  }
  let left = random() * total;
  for (const { stage, weight = 0 } of weighted) {
    if (weight <= 0) continue;
    left -= weight;
    if (left < 0) return stage;
  }
  return weighted.findLast(({ weight = 0 }) => weight > 0)?.stage;
}
