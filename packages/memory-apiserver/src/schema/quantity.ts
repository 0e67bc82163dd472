/** Quantities such as `100m`, `1.5`, `512Mi`, `1e3`: k8s.io/apimachinery `pkg/api/resource`. */

export interface Quantity {
  /** The amount is `value × 10^-9`, rounded up. */
  readonly nano: bigint;
  readonly format: 'DecimalSI' | 'BinarySI' | 'DecimalExponent';
}

const decimalSuffixes = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
const binarySuffixes = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const pattern = /^([+-]?)(\d*)(?:\.(\d*))?(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?\d{1,2}))?$/;

/** Reads a quantity; undefined if the text (or number) is none. */
export function parseQuantity(input: string | number): Quantity | undefined {
  const match = pattern.exec(String(input));
  if (match === null) return undefined;
  const [, sign, whole = '', fraction = '', suffix = '', exponent] = match;
  if (whole === '' && fraction === '') return undefined;
  const binary = suffix.endsWith('i');
  let digits = BigInt(whole + fraction);
  // The amount in nano is digits × 10^shift, before a binary suffix.
  let shift = 9 - fraction.length;
  if (binary) digits *= 1024n ** BigInt(binarySuffixes.indexOf(suffix));
  else if (exponent !== undefined) shift += Number(exponent);
  else shift += (decimalSuffixes.indexOf(suffix) - 3) * 3;
  const scale = 10n ** BigInt(Math.abs(shift));
  const nano = shift >= 0 ? digits * scale : (digits + scale - 1n) / scale;
  const format = binary ? 'BinarySI' : exponent !== undefined ? 'DecimalExponent' : 'DecimalSI';
  return { nano: sign === '-' ? -nano : nano, format };
}

/** The canonical text: no fraction, the largest suffix that allows it. */
export function formatQuantity({ nano, format }: Quantity): string {
  if (nano === 0n) return '0';
  const sign = nano < 0n ? '-' : '';
  const amount = nano < 0n ? -nano : nano;
  const unit = 1_000_000_000n;
  if (format === 'BinarySI' && amount >= 1024n * unit && amount % unit === 0n) {
    let value = amount / unit;
    let power = 0;
    for (; value % 1024n === 0n && power < binarySuffixes.length - 1; power += 1) value /= 1024n;
    return `${sign}${value}${binarySuffixes[power]}`;
  }
  let value = amount;
  let power = 0;
  for (; value % 1000n === 0n && power < decimalSuffixes.length - 1; power += 1) value /= 1000n;
  if (format === 'DecimalExponent') return `${sign}${value}${power === 3 ? '' : `e${(power - 3) * 3}`}`;
  return `${sign}${value}${decimalSuffixes[power]}`;
}

/** The canonical form of a quantity as Kubernetes answers it; other values are given back as they are. */
export function canonicalQuantity(value: unknown): unknown {
  if (typeof value !== 'string' && typeof value !== 'number') return value;
  const quantity = parseQuantity(value);
  return quantity === undefined ? value : formatQuantity(quantity);
}
