import type { Condition } from './kinds.js';

/** The condition of the type, if there is one. */
export const conditionOf = (
  conditions: readonly Condition[] | undefined,
  type: string,
): Condition | undefined => conditions?.find((condition) => condition.type === type);

/** True if the condition is there and `True`. */
export const isTrue = (conditions: readonly Condition[] | undefined, type: string): boolean =>
  conditionOf(conditions, type)?.status === 'True';

/**
 * The conditions with one set. `lastTransitionTime` is kept while the status stays the same; nothing else of an
 * equal condition is touched, so writing the result back is no change.
 */
export function withCondition(
  conditions: readonly Condition[] | undefined,
  next: Omit<Condition, 'lastTransitionTime'>,
  at: string,
): Condition[] {
  const list = [...(conditions ?? [])];
  const index = list.findIndex(({ type }) => type === next.type);
  const former = list[index];
  const merged: Condition = {
    ...former,
    ...next,
    lastTransitionTime: former?.status === next.status ? (former.lastTransitionTime ?? at) : at,
  };
  if (former === undefined) list.push(merged);
  else list[index] = merged;
  return list;
}

/** The conditions without one type. */
export const withoutCondition = (conditions: readonly Condition[] | undefined, type: string): Condition[] =>
  (conditions ?? []).filter((condition) => condition.type !== type);
