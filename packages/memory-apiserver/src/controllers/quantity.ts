import { formatQuantity, parseQuantity } from '../schema/quantity.js';

/** The amount in its base unit (cores, bytes, pieces), as far as controllers add and compare; 0 for what isn't one. */
export function amountOf(text: string | number | undefined): number {
  const quantity = text === undefined ? undefined : parseQuantity(text);
  return quantity === undefined ? 0 : Number(quantity.nano) / 1e9;
}

/** The canonical writing of an amount, in binary units if `like` is written in them. */
export function formatAmount(amount: number, like = ''): string {
  const nano = Number.isInteger(amount) ? BigInt(amount) * 1_000_000_000n : BigInt(Math.round(amount * 1e9));
  return formatQuantity({ nano, format: parseQuantity(like)?.format ?? 'DecimalSI' });
}
