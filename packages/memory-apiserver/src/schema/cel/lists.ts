import type { Environment } from '@marcbachmann/cel-js';
import type { Duration } from '@marcbachmann/cel-js/evaluator';
import { isEqual } from './equality.js';
import { celEvaluator } from './library.js';
import { CelFault } from './fault.js';

class SetsNamespace {}

type Ordered = number | bigint | string | boolean | Date | Duration;

const isSorted = (list: readonly Ordered[]): boolean =>
  list.every((item, index) => index === 0 || (list[index - 1] as Ordered) <= item);

function extreme(name: string, isBetter: (a: Ordered, b: Ordered) => boolean) {
  return (list: readonly Ordered[]): Ordered => {
    const [first, ...rest] = list;
    if (first === undefined) throw new CelFault(`${name} called on empty list`);
    return rest.reduce((best, item) => (isBetter(item, best) ? item : best), first);
  };
}

const contains = (list: readonly unknown[], value: unknown): boolean =>
  list.some((item) => isEqual(item, value));
const includes = (list: readonly unknown[], values: readonly unknown[]): boolean =>
  values.every((value) => contains(list, value));

/** k8s.io/apiserver `pkg/cel/library/lists.go`, github.com/google/cel-go `ext/sets.go`. */
export function registerLists(environment: Environment): void {
  environment
    .registerFunction('list<A>.isSorted(): bool', isSorted)
    .registerFunction(
      'list<A>.min(): A',
      extreme('min', (a, b) => a < b),
    )
    .registerFunction(
      'list<A>.max(): A',
      extreme('max', (a, b) => a > b),
    )
    .registerFunction('list<int>.sum(): int', (list: readonly bigint[]) =>
      list.reduce((sum, item) => sum + item, 0n),
    )
    .registerFunction('list<double>.sum(): double', (list: readonly number[]) =>
      list.reduce((sum, item) => sum + item, 0),
    )
    .registerFunction(
      'list<google.protobuf.Duration>.sum(): google.protobuf.Duration',
      (list: readonly Duration[]) =>
        list.reduce((sum, item) => sum.addDuration(item), new (celEvaluator().Duration)(0)),
    )
    .registerFunction('list<A>.indexOf(A): int', (list: readonly unknown[], value: unknown) =>
      BigInt(list.findIndex((item) => isEqual(item, value))),
    )
    .registerFunction('list<A>.lastIndexOf(A): int', (list: readonly unknown[], value: unknown) =>
      BigInt(list.findLastIndex((item) => isEqual(item, value))),
    )
    .registerType('kubernetes.SetsNamespace', SetsNamespace)
    .registerConstant('sets', 'kubernetes.SetsNamespace', new SetsNamespace())
    .registerFunction(
      'kubernetes.SetsNamespace.contains(list<A>, list<A>): bool',
      (_namespace: unknown, list: readonly unknown[], values: readonly unknown[]) => includes(list, values),
    )
    .registerFunction(
      'kubernetes.SetsNamespace.equivalent(list<A>, list<A>): bool',
      (_namespace: unknown, a: readonly unknown[], b: readonly unknown[]) => includes(a, b) && includes(b, a),
    )
    .registerFunction(
      'kubernetes.SetsNamespace.intersects(list<A>, list<A>): bool',
      (_namespace: unknown, a: readonly unknown[], b: readonly unknown[]) =>
        a.some((item) => contains(b, item)),
    );
}
