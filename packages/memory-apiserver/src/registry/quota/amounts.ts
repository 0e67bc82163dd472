import type { Quantity } from '../../schema/quantity.js';
import { formatQuantity, parseQuantity } from '../../schema/quantity.js';

/** Exact amounts by resource name: `v1.ResourceList`. */
export type Amounts = Map<string, Quantity>;

const ZERO: Quantity = { nano: 0n, format: 'DecimalSI' };

export const pieces = (count: number): Quantity => ({
  nano: BigInt(count) * 1_000_000_000n,
  format: 'DecimalSI',
});

/** Reads a map of quantities; what is none of them is left out. */
export function amountsOf(list: Readonly<Record<string, unknown>> | undefined): Amounts {
  const amounts: Amounts = new Map();
  for (const [name, value] of Object.entries(list ?? {})) {
    if (typeof value !== 'string' && typeof value !== 'number') continue;
    const quantity = parseQuantity(value);
    if (quantity !== undefined) amounts.set(name, quantity);
  }
  return amounts;
}

/** Adds in place. A sum is written as its first summand other than zero is: `Quantity.Add`. */
export function addAmounts(amounts: Amounts, more: Iterable<readonly [string, Quantity]>): Amounts {
  for (const [name, { nano, format }] of more) {
    const former = amounts.get(name) ?? ZERO;
    amounts.set(name, { nano: former.nano + nano, format: former.nano === 0n ? format : former.format });
  }
  return amounts;
}

/** Makes each amount at least that of `floor`, in place. */
export function raiseAmounts(amounts: Amounts, floor: Amounts): Amounts {
  for (const [name, quantity] of floor) {
    const former = amounts.get(name);
    if (former === undefined || former.nano < quantity.nano) amounts.set(name, quantity);
  }
  return amounts;
}

/** As fields of an object. */
export const writeAmounts = (amounts: Amounts): Record<string, string> =>
  Object.fromEntries([...amounts].map(([name, quantity]) => [name, formatQuantity(quantity)]));

/** `cpu=1,pods=3`: how messages about quotas show amounts. */
export const showAmounts = (amounts: Amounts, names: readonly string[]): string =>
  [...names]
    .sort()
    .map((name) => `${name}=${formatQuantity(amounts.get(name) ?? ZERO)}`)
    .join(',');
