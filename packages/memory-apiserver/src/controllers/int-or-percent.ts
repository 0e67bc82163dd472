import type { IntOrString } from './kinds.js';

/** A count given as number or as percentage of `total` (`intstr.GetScaledValueFromIntOrPercent`). */
export function scaled(value: IntOrString | undefined, total: number, rounding: 'up' | 'down'): number {
  if (value === undefined) return 0;
  if (typeof value === 'number') return value;
  const share = (Number.parseInt(value, 10) * total) / 100;
  return rounding === 'up' ? Math.ceil(share) : Math.floor(share);
}
