/** Amounts such as `500m`, `1Gi` or `2e3` (apimachinery pkg/api/resource), as far as controllers add them up. */

const decimal: Record<string, number> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
};
const binary: Record<string, number> = {
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** The amount in its base unit (cores, bytes, pieces); 0 for what isn't a quantity. */
export function parseQuantity(text: string | number | undefined): number {
  if (text === undefined) return 0;
  const match = /^([+-]?[\d.]+(?:[eE][+-]?\d+)?)([a-zA-Z]*)$/.exec(String(text));
  if (match?.[1] === undefined) return 0;
  const unit = decimal[match[2] ?? ''] ?? binary[match[2] ?? ''];
  const amount = Number(match[1]);
  return unit === undefined || Number.isNaN(amount) ? 0 : amount * unit;
}

/** The shortest exact writing of an amount, in binary units if `like` is written in them. */
export function formatQuantity(amount: number, like = ''): string {
  if (amount === 0) return '0';
  if (/[KMGTPE]i$/.test(like)) {
    const unit = Object.entries(binary).findLast(([, size]) => Number.isInteger(amount / size));
    if (unit !== undefined) return `${amount / unit[1]}${unit[0]}`;
    return String(amount);
  }
  if (!Number.isInteger(amount)) {
    const milli = Math.round(amount * 1000);
    return milli % 1000 === 0 ? String(milli / 1000) : `${milli}m`;
  }
  const unit = Object.entries(decimal).findLast(([, size]) => size >= 1 && Number.isInteger(amount / size));
  return unit === undefined ? String(amount) : `${amount / unit[1]}${unit[0]}`;
}
