import type { FieldCause } from '../../errors.js';
import { Report } from '../../schema/validation/report.js';
import { baselineChecks } from './baseline-checks.js';
import type { PodLike } from './pod-view.js';
import { restrictedChecks } from './restricted-checks.js';

const LEVELS = ['privileged', 'baseline', 'restricted'];
const PREFIX = 'pod-security.kubernetes.io/';

/** One mode of a namespace's policy, as its labels say. */
export interface LevelVersion {
  readonly level: string;
  /** `latest` or `v1.x`. */
  readonly version: string;
}

export interface Policy {
  readonly enforce: LevelVersion;
  readonly warn: LevelVersion;
}

export interface ParsedPolicy {
  readonly policy: Policy;
  /** Labels that can't be understood; they count as the strictest. */
  readonly causes: readonly FieldCause[];
}

export const showLevel = ({ level, version }: LevelVersion): string => `${level}:${version}`;

/** Whether `a` forbids more than `b` does, versions aside. */
export const isStricter = (a: LevelVersion, b: LevelVersion): boolean =>
  LEVELS.indexOf(a.level) > LEVELS.indexOf(b.level);

/** Reads a namespace's labels: `PolicyToEvaluate` in k8s.io/pod-security-admission `api`. */
export function policyOf(labels: Readonly<Record<string, string>> | undefined): ParsedPolicy {
  const report = new Report();
  const read = (mode: string): { given: LevelVersion; hasLevel: boolean; hasVersion: boolean } => {
    const [level, version] = [labels?.[PREFIX + mode], labels?.[`${PREFIX}${mode}-version`]];
    const isLevel = level === undefined || LEVELS.includes(level);
    const isVersion = version === undefined || /^(latest|v1\.(\d|[1-9]\d+))$/.test(version);
    const field = (label: string): string => `metadata.labels[${PREFIX}${label}]`;
    if (!isLevel) report.invalid(field(mode), level, `must be one of ${LEVELS.join(', ')}`);
    if (!isVersion) report.invalid(field(`${mode}-version`), version, 'must be "latest" or "v1.x"');
    return {
      given: {
        level: isLevel ? (level ?? 'privileged') : mode === 'enforce' ? 'restricted' : 'privileged',
        version: isVersion ? (version ?? 'latest') : 'latest',
      },
      hasLevel: level !== undefined && isLevel,
      hasVersion: version !== undefined && isVersion,
    };
  };
  const enforce = read('enforce');
  read('audit');
  const warn = read('warn');
  let warned = warn.given;
  // Who enforces something wants to be warned of as much.
  if (enforce.hasLevel && labels?.[`${PREFIX}warn`] === undefined) {
    const version = warn.hasVersion ? warned.version : enforce.given.version;
    if (isStricter(enforce.given, warned)) warned = { level: enforce.given.level, version };
  }
  return { policy: { enforce: enforce.given, warn: warned }, causes: report.causes };
}

/** What the level forbids about a pod, as `[reason, detail]`. */
export function violations(
  { level, version }: LevelVersion,
  pod: PodLike,
): (readonly [reason: string, detail: string])[] {
  if (level === 'privileged') return [];
  const minor = version === 'latest' ? Infinity : Number(version.slice('v1.'.length));
  const restricted = level === 'restricted' ? restrictedChecks.filter(({ since }) => since <= minor) : [];
  const overridden = new Set(restricted.map(({ overrides }) => overrides));
  const checks = [
    ...baselineChecks.filter(({ id, since }) => since <= minor && !overridden.has(id)),
    ...restricted,
  ];
  return checks.flatMap((each) => {
    const found = each.check(pod, minor);
    return found === undefined ? [] : [found];
  });
}

export const showViolations = (found: readonly (readonly [string, string])[]): string =>
  found.map(([reason, detail]) => (detail === '' ? reason : `${reason} (${detail})`)).join(', ');
