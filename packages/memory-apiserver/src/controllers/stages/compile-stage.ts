import type { KubeObject } from '../../object.js';
import type { ControllerContext } from '../controller.js';
import { parseTime } from '../time.js';
import { parseDuration, parseInteger } from './duration.js';
import { StageError } from './errors.js';
import { compileJq, type Query } from './jq.js';
import { compileSteps } from './stage-steps.js';
import { StageFields } from './stage-fields.js';
import type { Stage, StageTarget } from './stage.js';

const stageVersion = /^kwok\.x-k8s\.io\/v1alpha1$/u;

/** True for objects of the kind `Stage` of KWOK (https://kwok.sigs.k8s.io/docs/user/stages-configuration/). */
export const isStage = ({ apiVersion, kind }: KubeObject): boolean =>
  kind === 'Stage' && stageVersion.test(apiVersion);

/**
 * Compiles a Stage in KWOK's format, `kwok.x-k8s.io/v1alpha1`. Expressions are in the subset of jq of `compileJq`,
 * templates in the subset of Go templates of `compileTemplate`; CEL expressions are refused. Users that Stages
 * impersonate are read over: a stage may do everything.
 *
 * @throws StageError at the field that can't be used
 */
export function compileStage(object: KubeObject): { target: StageTarget; stage: Stage } {
  // A template is read before anything has checked its objects.
  const { name = '' } = (object.metadata as KubeObject['metadata'] | undefined) ?? {};
  const raw: unknown = object['spec'];
  if (name === '') throw new StageError('?', 'metadata.name', 'is required');
  if (typeof raw !== 'object' || raw === null) throw new StageError(name, 'spec', 'must be an object');
  const spec = new StageFields(name, 'spec', raw as Record<string, unknown>, [
    'resourceRef',
    'selector',
    'weight',
    'weightFrom',
    'delay',
    'next',
    'steps',
    'immediateNextStage',
  ]);
  const reference = spec.object('resourceRef', ['apiGroup', 'kind']);
  if (reference === undefined) throw spec.error('resourceRef', 'is required');
  const [group = ''] = /^.*(?=\/)/u.exec(reference.text('apiGroup') ?? 'v1') ?? [];
  const kind = reference.needText('kind');
  spec.flag('immediateNextStage');
  const stage: Stage = {
    name,
    matches: selector(spec),
    weight: weight(spec),
    delayMs: delay(spec),
    play: compileSteps(spec, kind),
  };
  return { target: { group, kind }, stage };
}

type Matcher = (object: KubeObject) => boolean;

function selector(spec: StageFields): Matcher {
  const fields = spec.object('selector', ['matchLabels', 'matchAnnotations', 'matchExpressions']);
  // Upstream passes over a Stage without one; nobody wants that.
  if (fields === undefined) throw spec.error('selector', 'is required');
  const labels = fields.labels('matchLabels');
  const annotations = fields.labels('matchAnnotations');
  const matchers: Matcher[] = [];
  if (labels.length > 0)
    matchers.push(({ metadata }) => labels.every(([key, value]) => metadata.labels?.[key] === value));
  if (annotations.length > 0) {
    matchers.push(({ metadata }) =>
      annotations.every(([key, value]) => metadata.annotations?.[key] === value),
    );
  }
  const known = ['key', 'operator', 'values', 'jq', 'cel'];
  for (const expression of fields.list('matchExpressions', known)) {
    refuseCel(expression);
    matchers.push(requirement(expression.object('jq', ['key', 'operator', 'values']) ?? expression));
  }
  return (object) => matchers.every((matches) => matches(object));
}

function refuseCel(fields: StageFields): void {
  if (fields.has('cel')) throw fields.error('cel', 'is not supported; write the expression in jq');
}

function requirement(fields: StageFields): Matcher {
  const query = fields.compile('key', fields.needText('key'), compileJq);
  const operator = fields.needText('operator');
  const values = fields.texts('values') ?? [];
  const has = (object: KubeObject): boolean =>
    query(object)?.some((value) => isScalar(value) && values.includes(String(value))) === true;
  const exists = (object: KubeObject): boolean => (query(object)?.length ?? 0) > 0;
  switch (operator) {
    case 'In':
    case 'NotIn':
      if (values.length === 0) throw fields.error('values', `must not be empty with operator ${operator}`);
      return operator === 'In' ? has : (object) => !has(object);
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0) throw fields.error('values', `must be empty with operator ${operator}`);
      return operator === 'Exists' ? exists : (object) => !exists(object);
    default:
      throw fields.error('operator', 'must be In, NotIn, Exists or DoesNotExist');
  }
}

const isScalar = (value: unknown): value is string | number | boolean =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';

/** `expressionFrom`, or `jq.expression`, of a field that takes its value from the object. */
function expressionFrom(parent: StageFields, key: string): Query | undefined {
  const fields = parent.object(key, ['expressionFrom', 'jq', 'cel']);
  if (fields === undefined) return undefined;
  refuseCel(fields);
  const jq = fields.object('jq', ['expression']);
  return jq === undefined
    ? fields.compile('expressionFrom', fields.needText('expressionFrom'), compileJq)
    : jq.compile('expression', jq.needText('expression'), compileJq);
}

/** KWOK pkg/utils/lifecycle/value_int_from.go: an empty text, or one that is no number, is no weight at all. */
function weight(spec: StageFields): Stage['weight'] {
  const fixed = spec.count('weight') ?? 0;
  const query = expressionFrom(spec, 'weightFrom');
  if (query === undefined) return () => fixed;
  return (object) => {
    const value = query(object)?.[0];
    if (typeof value === 'number') return Math.trunc(value);
    return typeof value === 'string' ? parseInteger(value) : fixed;
  };
}

type Milliseconds = (object: KubeObject, now: number) => number | undefined;

/** KWOK pkg/utils/lifecycle/value_duration_from.go: a time, or a duration in Go's writing. */
function milliseconds(fields: StageFields, fixedKey: string, fromKey: string): Milliseconds | undefined {
  const fixed = fields.count(fixedKey);
  const query = expressionFrom(fields, fromKey);
  if (query === undefined) return fixed === undefined ? undefined : () => fixed;
  return (object, now) => {
    const value = query(object)?.[0];
    if (typeof value !== 'string') return fixed;
    if (value === '') return undefined;
    const duration = parseDuration(value);
    if (duration !== undefined) return duration;
    const time = parseTime(value);
    return time === undefined ? fixed : time - now;
  };
}

function delay(spec: StageFields): Stage['delayMs'] {
  const fields = spec.object('delay', [
    'durationMilliseconds',
    'durationFrom',
    'jitterDurationMilliseconds',
    'jitterDurationFrom',
  ]);
  if (fields === undefined) return () => 0;
  const duration = milliseconds(fields, 'durationMilliseconds', 'durationFrom') ?? (() => 0);
  const jitter = milliseconds(fields, 'jitterDurationMilliseconds', 'jitterDurationFrom');
  return (object, { now, random }: Pick<ControllerContext, 'now' | 'random'>) => {
    const at = now();
    const shortest = duration(object, at);
    if (shortest === undefined) return 0;
    const longest = jitter?.(object, at);
    if (longest === undefined) return Math.max(0, shortest);
    // The upper end wins if it is the smaller one.
    return Math.max(0, longest <= shortest ? longest : shortest + random() * (longest - shortest));
  };
}
