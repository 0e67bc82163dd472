import type { KubeObject } from '../../object.js';
import { isTimeZone, parseSchedule } from '../cron-schedule.js';
import { at, listAt, numberAt, recordAt, textAt } from '../read.js';
import { selectorMatches, validateLabels, validateSelector } from './metadata.js';
import { intOrPercent } from './names.js';
import { validatePodSpec } from './pods.js';
import type { Report } from './report.js';

export type Rule = (object: KubeObject, report: Report) => void;

/** Fields of `spec` that may not be negative. */
const counts =
  (...names: string[]): Rule =>
  (object, report) => {
    for (const name of names) report.notNegative(`spec.${name}`, at(object, 'spec', name));
  };

interface TemplateRules {
  /** How the kind is named where its selector is empty. */
  noun: string;
  selectorRequired?: boolean;
  /** Ending of the message about a malformed selector; undefined says nothing more of it. */
  malformed?: string;
  /** The pods' spec as the kind's controller completes it. @default as it stands in the template */
  completed?: (object: KubeObject) => unknown;
}

/** Claims become volumes, and the pods' names are the controller's: `ValidateStatefulSetSpec` looks at it so, too. */
function statefulSetPod(object: KubeObject): unknown {
  const { hostname: _, subdomain: __, ...spec } = recordAt(object, 'spec', 'template', 'spec');
  const claims = listAt(object, 'spec', 'volumeClaimTemplates').map((claim) =>
    textAt(claim, 'metadata', 'name'),
  );
  if (claims.length === 0) return spec;
  const others = listAt(spec, 'volumes').filter((volume) => !claims.includes(textAt(volume, 'name')));
  const own = [...new Set(claims)].map((name) => ({ name, persistentVolumeClaim: { claimName: name } }));
  return { ...spec, volumes: [...own, ...others] };
}

/** Selector and pod template of a kind that keeps pods running. */
const template =
  ({ noun, selectorRequired = true, malformed, completed }: TemplateRules): Rule =>
  (object, report) => {
    const selector = at(object, 'spec', 'selector');
    const labels = recordAt(object, 'spec', 'template', 'metadata', 'labels');
    let usable = true;
    if (selector === undefined) {
      if (selectorRequired) report.required('spec.selector');
      usable = false;
    } else {
      usable = validateSelector(selector, 'spec.selector', report);
      const empty =
        Object.keys(recordAt(selector, 'matchLabels')).length +
          listAt(selector, 'matchExpressions').length ===
        0;
      if (empty) report.invalid('spec.selector', selector, `empty selector is invalid for ${noun}`);
      if (!usable && malformed !== undefined) report.invalid('spec.selector', selector, malformed);
      if (empty) return;
    }
    const fits = selector !== undefined && (!usable || selectorMatches(selector, labels));
    if (!fits) templateMismatch(object, report);
    validateTemplate(object, 'spec.template', report, completed?.(object));
    const policy = at(object, 'spec', 'template', 'spec', 'restartPolicy');
    if (
      policy !== undefined &&
      policy !== 'Always' &&
      listAt(object, 'spec', 'template', 'spec', 'containers').length > 0
    )
      report.unsupported('spec.template.spec.restartPolicy', policy, ['Always']);
  };

function templateMismatch(object: KubeObject, report: Report): void {
  const labels = at(object, 'spec', 'template', 'metadata', 'labels');
  report.invalid('spec.template.metadata.labels', labels, '`selector` does not match template `labels`');
}

function validateTemplate(object: KubeObject, field: string, report: Report, completed?: unknown): void {
  const path = field.split('.');
  validateLabels(at(object, ...path, 'metadata', 'labels'), `${field}.metadata.labels`, report);
  validatePodSpec(completed ?? at(object, ...path, 'spec'), `${field}.spec`, report);
}

/** A strategy as Go prints it in messages. */
const goStrategy = (strategy: unknown): object => ({
  Type: textAt(strategy, 'type'),
  RollingUpdate: at(strategy, 'rollingUpdate') ?? null,
});

const deploymentStrategy: Rule = (object, report) => {
  const strategy = recordAt(object, 'spec', 'strategy');
  const field = 'spec.strategy.rollingUpdate';
  const rolling = strategy['rollingUpdate'];
  if (strategy['type'] === 'Recreate') {
    if (rolling !== undefined)
      report.forbidden(field, "may not be specified when strategy `type` is 'Recreate'");
  } else if (strategy['type'] !== 'RollingUpdate')
    report.unsupported('spec.strategy', goStrategy(strategy), ['Recreate', 'RollingUpdate']);
  else if (rolling === undefined) report.required(field, 'this should be defaulted and never be nil');
  else {
    const [surge, unavailable] = [at(rolling, 'maxSurge'), at(rolling, 'maxUnavailable')];
    const isZero = (value: unknown): boolean => value === 0 || value === '0%';
    report.malformed(`${field}.maxUnavailable`, unavailable, intOrPercent(unavailable));
    report.malformed(`${field}.maxSurge`, surge, intOrPercent(surge));
    if (isZero(surge) && isZero(unavailable))
      report.invalid(`${field}.maxUnavailable`, unavailable, 'may not be 0 when `maxSurge` is 0');
    if (
      typeof unavailable === 'string' &&
      /^\d+%$/.test(unavailable) &&
      Number.parseInt(unavailable, 10) > 100
    )
      report.invalid(`${field}.maxUnavailable`, unavailable, 'must not be greater than 100%');
  }
};

const setStrategy: Rule = (object, report) => {
  const strategy = recordAt(object, 'spec', 'updateStrategy');
  if (strategy['type'] === 'RollingUpdate' || strategy['type'] === 'OnDelete') return;
  report.unsupported('spec.updateStrategy', goStrategy(strategy), ['RollingUpdate', 'OnDelete']);
};

const statefulSet: Rule = (object, report) => {
  const management = textAt(object, 'spec', 'podManagementPolicy');
  if (management !== 'OrderedReady' && management !== 'Parallel')
    report.invalid('spec.podManagementPolicy', management, "must be 'OrderedReady' or 'Parallel'");
  const strategy = recordAt(object, 'spec', 'updateStrategy');
  if (strategy['type'] !== 'RollingUpdate' && strategy['type'] !== 'OnDelete')
    report.invalid('spec.updateStrategy', goStrategy(strategy), "must be 'RollingUpdate' or 'OnDelete'");
};

const replicationController: Rule = (object, report) => {
  const selector = recordAt(object, 'spec', 'selector');
  if (Object.keys(selector).length === 0) report.required('spec.selector');
  report.notNegative('spec.replicas', at(object, 'spec', 'replicas'));
  if (at(object, 'spec', 'template') === undefined) {
    report.required('spec.template');
    return;
  }
  const labels = recordAt(object, 'spec', 'template', 'metadata', 'labels');
  if (!selectorMatches({ matchLabels: selector }, labels)) templateMismatch(object, report);
  validateTemplate(object, 'spec.template', report);
};

/** A Job's spec, also in CronJobs. */
function validateJobSpec(spec: unknown, field: string, report: Report): void {
  for (const name of [
    'parallelism',
    'completions',
    'activeDeadlineSeconds',
    'backoffLimit',
    'ttlSecondsAfterFinished',
    'backoffLimitPerIndex',
    'maxFailedIndexes',
  ])
    report.notNegative(`${field}.${name}`, at(spec, name));
  const mode = at(spec, 'completionMode');
  if (mode !== undefined && mode !== 'NonIndexed' && mode !== 'Indexed')
    report.unsupported(`${field}.completionMode`, mode, ['NonIndexed', 'Indexed']);
  if (mode === 'Indexed' && at(spec, 'completions') === undefined)
    report.required(`${field}.completions`, 'when completion mode is Indexed');
  validatePodSpec(at(spec, 'template', 'spec'), `${field}.template.spec`, report);
  const policy = textAt(spec, 'template', 'spec', 'restartPolicy');
  // An unset policy was defaulted to Always by then.
  if (policy === 'Always')
    report.required(`${field}.template.spec.restartPolicy`, 'valid values: "OnFailure", "Never"');
}

const NO_ZONE_IN_SCHEDULE = 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead';

const cronJob: Rule = (object, report) => {
  const schedule = textAt(object, 'spec', 'schedule');
  if (schedule === '') report.required('spec.schedule');
  else {
    const parsed = parseSchedule(schedule);
    if (typeof parsed === 'string') report.invalid('spec.schedule', schedule, parsed);
    if (schedule.includes('TZ')) report.invalid('spec.schedule', schedule, NO_ZONE_IN_SCHEDULE);
  }
  const zone = at(object, 'spec', 'timeZone');
  if (zone === '') report.invalid('spec.timeZone', zone, 'timeZone must be nil or non-empty string');
  else if (typeof zone === 'string' && !isTimeZone(zone))
    report.invalid('spec.timeZone', zone, `unknown time zone ${zone}`);
  report.oneOf('spec.concurrencyPolicy', at(object, 'spec', 'concurrencyPolicy'), [
    'Allow',
    'Forbid',
    'Replace',
  ]);
  for (const name of ['startingDeadlineSeconds', 'successfulJobsHistoryLimit', 'failedJobsHistoryLimit'])
    report.notNegative(`spec.${name}`, at(object, 'spec', name));
  validateJobSpec(at(object, 'spec', 'jobTemplate', 'spec'), 'spec.jobTemplate.spec', report);
  // Jobs get a suffix of 11 characters.
  if (object.metadata.name.length > 52)
    report.invalid('metadata.name', object.metadata.name, 'must be no more than 52 characters');
};

const autoscaler: Rule = (object, report) => {
  const [min, max] = [numberAt(object, 'spec', 'minReplicas'), numberAt(object, 'spec', 'maxReplicas')];
  if (at(object, 'spec', 'minReplicas') !== undefined && min < 1)
    report.invalid('spec.minReplicas', min, 'must be greater than or equal to 1');
  if (max < 1) report.invalid('spec.maxReplicas', max, 'must be greater than 0');
  if (max < min) report.invalid('spec.maxReplicas', max, 'must be greater than or equal to `minReplicas`');
  const target = recordAt(object, 'spec', 'scaleTargetRef');
  for (const name of ['kind', 'name'])
    if (textAt(target, name) === '') report.required(`spec.scaleTargetRef.${name}`);
  if (!textAt(target, 'apiVersion').includes('/') && textAt(target, 'kind') !== 'ReplicationController')
    report.invalid(
      'spec.scaleTargetRef.apiVersion',
      textAt(target, 'apiVersion'),
      'apiVersion must specify API group',
    );
};

const budget: Rule = (object, report) => {
  const spec = recordAt(object, 'spec');
  const [min, max] = [spec['minAvailable'], spec['maxUnavailable']];
  if (min !== undefined && max !== undefined)
    report.invalid(
      'spec',
      {
        MinAvailable: min,
        Selector: spec['selector'] ?? null,
        MaxUnavailable: max,
        UnhealthyPodEvictionPolicy: spec['unhealthyPodEvictionPolicy'] ?? null,
      },
      'minAvailable and maxUnavailable cannot be both set',
    );
  for (const [name, value] of Object.entries({ minAvailable: min, maxUnavailable: max }))
    if (value !== undefined) report.malformed(`spec.${name}`, value, intOrPercent(value));
  if (spec['selector'] !== undefined) validateSelector(spec['selector'], 'spec.selector', report);
};

const all =
  (...rules: Rule[]): Rule =>
  (object, report) => {
    for (const rule of rules) rule(object, report);
  };

/** Rules of workloads by storage. */
export const workloadRules: Record<string, Rule> = {
  pods: (object, report) => validatePodSpec(at(object, 'spec'), 'spec', report),
  podtemplates: (object, report) => validateTemplate(object, 'template', report),
  replicationcontrollers: replicationController,
  'replicasets.apps': all(
    counts('replicas', 'minReadySeconds'),
    template({ noun: 'deployment', malformed: 'invalid label selector' }),
  ),
  'deployments.apps': all(
    counts('replicas'),
    template({ noun: 'deployment', malformed: 'invalid label selector' }),
    deploymentStrategy,
    counts('minReadySeconds', 'revisionHistoryLimit', 'progressDeadlineSeconds'),
  ),
  'statefulsets.apps': all(
    statefulSet,
    counts('replicas', 'minReadySeconds', 'revisionHistoryLimit'),
    template({ noun: 'statefulset', malformed: '', completed: statefulSetPod }),
  ),
  'daemonsets.apps': all(
    template({ noun: 'daemonset', selectorRequired: false }),
    counts('minReadySeconds', 'revisionHistoryLimit'),
    setStrategy,
  ),
  'jobs.batch': (object, report) => validateJobSpec(at(object, 'spec'), 'spec', report),
  'cronjobs.batch': cronJob,
  'horizontalpodautoscalers.autoscaling': autoscaler,
  'poddisruptionbudgets.policy': budget,
};
