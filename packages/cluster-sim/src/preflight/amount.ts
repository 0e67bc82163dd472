import type { Supply } from './capacity.js';

/** A number of a supply for people: `1.4 GiB`, `20000`. */
export function amount({ inBytes }: Pick<Supply, 'inBytes'>, value: number): string {
  if (!inBytes || !Number.isFinite(value)) return value === Infinity ? 'unlimited' : String(Math.ceil(value));
  const mib = value / 2 ** 20;
  return mib < 1024 ? `${Math.round(mib)} MiB` : `${(mib / 1024).toFixed(1)} GiB`;
}

/** `memory: 1.4 GiB available, about 3.2 GiB needed`. */
export function supplyText(supply: Supply): string {
  const { resource, available, needed } = supply;
  return `${resource}: ${amount(supply, available)} available, about ${amount(supply, needed)} needed`;
}
