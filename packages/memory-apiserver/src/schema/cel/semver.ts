import type { Environment } from '@marcbachmann/cel-js';
import { CelFault } from './fault.js';

const pattern =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?$/;

/** A semantic version in an expression. */
export class CelVersion {
  private constructor(
    readonly numbers: readonly bigint[],
    readonly prerelease: readonly string[],
  ) {}

  /** @param lax takes a leading `v`, missing parts and leading zeros, too */
  static tryParse(text: string, lax = false): CelVersion | undefined {
    const match = pattern.exec(lax ? normalized(text) : text);
    if (match === null) return undefined;
    return new CelVersion(match.slice(1, 4).map(BigInt), match[4]?.split('.') ?? []);
  }

  static parse(text: string, lax = false): CelVersion {
    const version = CelVersion.tryParse(text, lax);
    if (version === undefined) throw new CelFault(`Invalid semantic version ${JSON.stringify(text)}`);
    return version;
  }

  compareTo(other: CelVersion): number {
    for (const [index, number] of this.numbers.entries()) {
      const against = other.numbers[index] ?? 0n;
      if (number !== against) return number < against ? -1 : 1;
    }
    // A version without a prerelease comes after those with one.
    if (this.prerelease.length === 0 || other.prerelease.length === 0)
      return Math.sign(other.prerelease.length - this.prerelease.length);
    for (const [index, part] of this.prerelease.entries()) {
      const against = other.prerelease[index];
      if (against === undefined) return 1;
      const order = comparePart(part, against);
      if (order !== 0) return order;
    }
    return this.prerelease.length < other.prerelease.length ? -1 : 0;
  }
}

function comparePart(a: string, b: string): number {
  const [isNumber, isOther] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (isNumber !== isOther) return isNumber ? -1 : 1;
  if (isNumber) return Math.sign(Number(a) - Number(b));
  return a < b ? -1 : a > b ? 1 : 0;
}

function normalized(text: string): string {
  const [, core = '', rest = ''] = /^v?([\d.]*)(.*)$/.exec(text) ?? [];
  const parts = core.split('.').map((part) => part.replace(/^0+(?=\d)/, ''));
  while (parts.length < 3) parts.push('0');
  return parts.join('.') + rest;
}

const SEMVER = 'kubernetes.Semver';

/** k8s.io/apiserver `pkg/cel/library/semverlib.go`. */
export function registerVersions(environment: Environment): void {
  const part = (index: number) => (version: CelVersion) => version.numbers[index] ?? 0n;
  environment
    .registerType(SEMVER, CelVersion)
    .registerFunction(`semver(string): ${SEMVER}`, (text: string) => CelVersion.parse(text))
    .registerFunction(`semver(string, bool): ${SEMVER}`, (text: string, lax: boolean) =>
      CelVersion.parse(text, lax),
    )
    .registerFunction('isSemver(string): bool', (text: string) => CelVersion.tryParse(text) !== undefined)
    .registerFunction(
      'isSemver(string, bool): bool',
      (text: string, lax: boolean) => CelVersion.tryParse(text, lax) !== undefined,
    )
    .registerFunction(`${SEMVER}.major(): int`, part(0))
    .registerFunction(`${SEMVER}.minor(): int`, part(1))
    .registerFunction(`${SEMVER}.patch(): int`, part(2))
    .registerFunction(`${SEMVER}.compareTo(${SEMVER}): int`, (a: CelVersion, b: CelVersion) =>
      BigInt(a.compareTo(b)),
    )
    .registerFunction(
      `${SEMVER}.isLessThan(${SEMVER}): bool`,
      (a: CelVersion, b: CelVersion) => a.compareTo(b) < 0,
    )
    .registerFunction(
      `${SEMVER}.isGreaterThan(${SEMVER}): bool`,
      (a: CelVersion, b: CelVersion) => a.compareTo(b) > 0,
    )
    .registerOperator(`${SEMVER} == ${SEMVER}`, (a: CelVersion, b: CelVersion) => a.compareTo(b) === 0);
}
