import { formatQuantity, parseQuantity, type Quantity } from '@scale-cluster/memory-apiserver';

type Amounts = readonly (Record<string, string> | undefined)[];

/** Sums of resource maps, key by key; texts that are no quantities are left out. */
export function addQuantities(maps: Amounts): Record<string, string> {
  return combine(maps, (a, b) => a + b);
}

/** The largest of resource maps, key by key. */
export function maxQuantities(maps: Amounts): Record<string, string> {
  return combine(maps, (a, b) => (a > b ? a : b));
}

/** A result is written in binary units as soon as one of its parts is. */
function combine(maps: Amounts, join: (a: bigint, b: bigint) => bigint): Record<string, string> {
  const results = new Map<string, Quantity>();
  for (const map of maps) {
    for (const [resource, text] of Object.entries(map ?? {})) {
      const next = parseQuantity(text);
      if (next === undefined) continue;
      const before = results.get(resource);
      results.set(resource, {
        nano: before === undefined ? next.nano : join(before.nano, next.nano),
        format: next.format === 'BinarySI' ? 'BinarySI' : (before?.format ?? 'DecimalSI'),
      });
    }
  }
  return Object.fromEntries([...results].map(([resource, amount]) => [resource, formatQuantity(amount)]));
}
