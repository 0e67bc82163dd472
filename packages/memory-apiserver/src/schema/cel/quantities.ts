import type { Environment } from '@marcbachmann/cel-js';
import { formatQuantity, parseQuantity, type Quantity } from '../quantity.js';
import { CelFault } from './fault.js';

/** A `resource.Quantity` in an expression. */
export class CelQuantity {
  constructor(readonly quantity: Quantity) {}

  static parse(text: string): CelQuantity {
    const quantity = parseQuantity(text);
    if (quantity !== undefined) return new CelQuantity(quantity);
    throw new CelFault(
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    );
  }

  plus(nano: bigint): CelQuantity {
    return new CelQuantity({ ...this.quantity, nano: this.quantity.nano + nano });
  }

  toString(): string {
    return formatQuantity(this.quantity);
  }
}

const UNIT = 1_000_000_000n;
const MAX_INT64 = 2n ** 63n;

const compare = (a: CelQuantity, b: CelQuantity): bigint => {
  const difference = a.quantity.nano - b.quantity.nano;
  return difference > 0n ? 1n : difference < 0n ? -1n : 0n;
};

const isInteger = ({ quantity: { nano } }: CelQuantity): boolean =>
  nano % UNIT === 0n && nano / UNIT < MAX_INT64 && nano / UNIT >= -MAX_INT64;

/** k8s.io/apiserver `pkg/cel/library/quantity.go`. */
export function registerQuantities(environment: Environment): void {
  environment
    .registerType('kubernetes.Quantity', CelQuantity)
    .registerFunction('quantity(string): kubernetes.Quantity', (text: string) => CelQuantity.parse(text))
    .registerFunction('isQuantity(string): bool', (text: string) => parseQuantity(text) !== undefined)
    .registerFunction('kubernetes.Quantity.isInteger(): bool', isInteger)
    .registerFunction('kubernetes.Quantity.asInteger(): int', (value: CelQuantity) => {
      if (isInteger(value)) return value.quantity.nano / UNIT;
      throw new CelFault('cannot convert value to integer');
    })
    .registerFunction(
      'kubernetes.Quantity.asApproximateFloat(): double',
      ({ quantity }: CelQuantity) => Number(quantity.nano) / Number(UNIT),
    )
    .registerFunction('kubernetes.Quantity.sign(): int', ({ quantity: { nano } }: CelQuantity) =>
      nano > 0n ? 1n : nano < 0n ? -1n : 0n,
    )
    .registerFunction('kubernetes.Quantity.compareTo(kubernetes.Quantity): int', compare)
    .registerFunction(
      'kubernetes.Quantity.isLessThan(kubernetes.Quantity): bool',
      (a: CelQuantity, b: CelQuantity) => compare(a, b) < 0n,
    )
    .registerFunction(
      'kubernetes.Quantity.isGreaterThan(kubernetes.Quantity): bool',
      (a: CelQuantity, b: CelQuantity) => compare(a, b) > 0n,
    )
    .registerFunction(
      'kubernetes.Quantity.add(kubernetes.Quantity): kubernetes.Quantity',
      (a: CelQuantity, b: CelQuantity) => a.plus(b.quantity.nano),
    )
    .registerFunction('kubernetes.Quantity.add(int): kubernetes.Quantity', (a: CelQuantity, b: bigint) =>
      a.plus(b * UNIT),
    )
    .registerFunction(
      'kubernetes.Quantity.sub(kubernetes.Quantity): kubernetes.Quantity',
      (a: CelQuantity, b: CelQuantity) => a.plus(-b.quantity.nano),
    )
    .registerFunction('kubernetes.Quantity.sub(int): kubernetes.Quantity', (a: CelQuantity, b: bigint) =>
      a.plus(-b * UNIT),
    )
    .registerOperator(
      'kubernetes.Quantity == kubernetes.Quantity',
      (a: CelQuantity, b: CelQuantity) => compare(a, b) === 0n,
    );
}
