const suffixes: Record<string, bigint> = {
  '': 1_000_000_000n,
  n: 1n,
  u: 1_000n,
  m: 1_000_000n,
  k: 10n ** 12n,
  M: 10n ** 15n,
  G: 10n ** 18n,
  T: 10n ** 21n,
  P: 10n ** 24n,
  E: 10n ** 27n,
  Ki: (10n ** 9n) << 10n,
  Mi: (10n ** 9n) << 20n,
  Gi: (10n ** 9n) << 30n,
  Ti: (10n ** 9n) << 40n,
  Pi: (10n ** 9n) << 50n,
  Ei: (10n ** 9n) << 60n,
};

const binary = ['Ei', 'Pi', 'Ti', 'Gi', 'Mi', 'Ki'] as const;
const decimal = ['E', 'P', 'T', 'G', 'M', 'k', ''] as const;

/** A Kubernetes quantity in billionths (apimachinery `resource.Quantity`); undefined if it isn't one. */
export function parseQuantity(text: string): bigint | undefined {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:([eE][+-]?\d+)|([KMGTPE]i|[numkMGTPE])?)$/.exec(text);
  if (match === null) return undefined;
  const [, sign = '', whole = '', fraction = '', exponent, suffix = ''] = match;
  if (whole === '' && fraction === '') return undefined;
  const shift = exponent === undefined ? 0 : Number(exponent.slice(1));
  if (Math.abs(shift) > 18) return undefined;
  let value = BigInt(whole + fraction) * (suffixes[exponent === undefined ? suffix : ''] ?? 0n);
  value = shift >= 0 ? value * 10n ** BigInt(shift) : value / 10n ** BigInt(-shift);
  const divided = value / 10n ** BigInt(fraction.length);
  return sign === '-' ? -divided : divided;
}

/** Billionths as the shortest exact text; binary suffixes for what was given with them. */
export function formatQuantity(value: bigint, style: 'binary' | 'decimal'): string {
  if (value === 0n) return '0';
  for (const suffix of style === 'binary' ? [...binary, ''] : decimal) {
    const unit = suffixes[suffix] ?? 1n;
    if (value % unit === 0n) return `${value / unit}${suffix}`;
  }
  for (const suffix of ['m', 'u'] as const) {
    const unit = suffixes[suffix] ?? 1n;
    if (value % unit === 0n) return `${value / unit}${suffix}`;
  }
  return `${value}n`;
}

type Amounts = readonly (Record<string, string> | undefined)[];

/** Sums of resource maps, key by key; texts that are no quantities are left out. */
export function addQuantities(maps: Amounts): Record<string, string> {
  return combine(maps, (a, b) => a + b);
}

/** The largest of resource maps, key by key. */
export function maxQuantities(maps: Amounts): Record<string, string> {
  return combine(maps, (a, b) => (a > b ? a : b));
}

function combine(maps: Amounts, join: (a: bigint, b: bigint) => bigint): Record<string, string> {
  const results = new Map<string, { value: bigint; style: 'binary' | 'decimal' }>();
  for (const map of maps) {
    for (const [resource, text] of Object.entries(map ?? {})) {
      const value = parseQuantity(String(text));
      if (value === undefined) continue;
      const before = results.get(resource);
      const style = String(text).endsWith('i') ? 'binary' : (before?.style ?? 'decimal');
      results.set(resource, { value: before === undefined ? value : join(before.value, value), style });
    }
  }
  return Object.fromEntries(
    [...results].map(([resource, { value, style }]) => [resource, formatQuantity(value, style)]),
  );
}
