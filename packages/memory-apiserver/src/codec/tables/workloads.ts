import type { KubeObject } from '../../object.js';
import { at, listAt, numberAt, textAt } from '../../schema/read.js';
import { humanDuration } from '../time.js';
import {
  age,
  columns,
  conditionIsTrue,
  conditionOf,
  containerCells,
  formatLabels,
  formatSelector,
  isTerminating,
  named,
  none,
  orNone,
  selectorText,
  since,
  unset,
  type Printer,
} from './printer.js';

const template = (object: KubeObject): unknown => at(object, 'spec', 'template', 'spec');

/** ReplicaSets and ReplicationControllers, which differ in their selectors. */
const replicas = (selector: (value: unknown) => string): Printer => ({
  columns: columns(
    'Name/name Desired:integer Current:integer Ready:integer Age Containers* Images* Selector*',
  ),
  cells: (object, now) => [
    object.metadata.name,
    numberAt(object, 'spec', 'replicas'),
    numberAt(object, 'status', 'replicas'),
    numberAt(object, 'status', 'readyReplicas'),
    age(object, now),
    ...containerCells(template(object)),
    selector(at(object, 'spec', 'selector')),
  ],
});

const deployments: Printer = {
  columns: columns('Name/name Ready Up-to-date Available Age Containers* Images* Selector*'),
  cells: (object, now) => [
    object.metadata.name,
    `${numberAt(object, 'status', 'readyReplicas')}/${numberAt(object, 'spec', 'replicas')}`,
    numberAt(object, 'status', 'updatedReplicas'),
    numberAt(object, 'status', 'availableReplicas'),
    age(object, now),
    ...containerCells(template(object)),
    selectorText(at(object, 'spec', 'selector')),
  ],
};

const statefulSets: Printer = {
  columns: columns('Name/name Ready Age Containers* Images*'),
  cells: (object, now) => [
    object.metadata.name,
    `${numberAt(object, 'status', 'readyReplicas')}/${numberAt(object, 'spec', 'replicas')}`,
    age(object, now),
    ...containerCells(template(object)),
  ],
};

const daemonSets: Printer = {
  columns: columns(
    'Name/name Desired:integer Current:integer Ready:integer Up-to-date:integer Available:integer Node_Selector Age Containers* Images* Selector*',
  ),
  cells: (object, now) => [
    object.metadata.name,
    numberAt(object, 'status', 'desiredNumberScheduled'),
    numberAt(object, 'status', 'currentNumberScheduled'),
    numberAt(object, 'status', 'numberReady'),
    numberAt(object, 'status', 'updatedNumberScheduled'),
    numberAt(object, 'status', 'numberAvailable'),
    formatLabels(at(template(object), 'nodeSelector')),
    age(object, now),
    ...containerCells(template(object)),
    formatSelector(at(object, 'spec', 'selector')),
  ],
};

function jobStatus(job: KubeObject): string {
  if (conditionIsTrue(job, 'Complete')) return 'Complete';
  if (conditionIsTrue(job, 'Failed')) return 'Failed';
  if (isTerminating(job)) return 'Terminating';
  const other = ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'].find((type) =>
    conditionIsTrue(job, type),
  );
  return other ?? 'Running';
}

function jobCompletions(job: KubeObject): string {
  const succeeded = numberAt(job, 'status', 'succeeded');
  const completions = at(job, 'spec', 'completions');
  if (typeof completions === 'number') return `${succeeded}/${completions}`;
  const parallelism = numberAt(job, 'spec', 'parallelism');
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function jobDuration(job: KubeObject, now: number): string {
  const start = Date.parse(textAt(job, 'status', 'startTime'));
  if (Number.isNaN(start)) return '';
  const end = Date.parse(textAt(job, 'status', 'completionTime'));
  return humanDuration((Number.isNaN(end) ? now : end) - start);
}

const jobs: Printer = {
  columns: columns('Name/name Status Completions Duration Age Containers* Images* Selector*'),
  cells: (job, now) => [
    job.metadata.name,
    jobStatus(job),
    jobCompletions(job),
    jobDuration(job, now),
    age(job, now),
    ...containerCells(template(job)),
    selectorText(at(job, 'spec', 'selector')),
  ],
  conditions: (job) =>
    ['Complete', 'Failed']
      .filter((type) => conditionIsTrue(job, type))
      .map((type) => ({
        type: 'Completed',
        status: 'True',
        reason: textAt(conditionOf(job, type), 'reason'),
        message: textAt(conditionOf(job, type), 'message'),
      })),
};

const cronJobs: Printer = {
  columns: columns(
    'Name/name Schedule Timezone Suspend:boolean Active:integer Last_Schedule Age Containers* Images* Selector*',
  ),
  cells: (object, now) => {
    const last = at(object, 'status', 'lastScheduleTime');
    const suspend = at(object, 'spec', 'suspend');
    return [
      object.metadata.name,
      textAt(object, 'spec', 'schedule'),
      orNone(textAt(object, 'spec', 'timeZone')),
      suspend === undefined ? unset : suspend === true ? 'True' : 'False',
      listAt(object, 'status', 'active').length,
      last === undefined ? none : since(last, now),
      age(object, now),
      ...containerCells(at(object, 'spec', 'jobTemplate', 'spec', 'template', 'spec')),
      formatSelector(at(object, 'spec', 'jobTemplate', 'spec', 'selector')),
    ];
  },
};

const controllerRevisions = named('Controller Revision', (object) => {
  const owner = object.metadata.ownerReferences?.find((reference) => reference.controller === true);
  const group = owner?.apiVersion.includes('/') === true ? `.${owner.apiVersion.split('/')[0]}` : '';
  return [
    owner === undefined ? none : `${owner.kind.toLowerCase()}${group}/${owner.name}`,
    numberAt(object, 'revision'),
  ];
});

const podTemplates: Printer = {
  columns: columns('Name/name Containers Images Pod_Labels'),
  cells: (object) => [
    object.metadata.name,
    ...containerCells(at(object, 'template', 'spec')),
    formatLabels(at(object, 'template', 'metadata', 'labels')),
  ],
};

const percent = (value: string): string => (value === '' ? '<unknown>' : `${value}%`);

/** One metric of an autoscaler: `cpu: 12%/80%`. */
function metricText(metric: unknown, current: unknown): string {
  const type = textAt(metric, 'type');
  const source = type === 'ContainerResource' ? 'containerResource' : type.toLowerCase();
  const target = at(metric, source, 'target');
  const now = at(current, source, 'current');
  const name = textAt(metric, source, 'name');
  const prefix = type === 'Resource' || type === 'ContainerResource' ? `${name}: ` : '';
  const utilization = textAt(target, 'averageUtilization');
  if (prefix !== '' && utilization !== '')
    return `${prefix}${percent(textAt(now, 'averageUtilization'))}/${percent(utilization)}`;
  const average = textAt(target, 'averageValue');
  const suffix = average !== '' && (type === 'Object' || type === 'External') ? ' (avg)' : '';
  const field = average !== '' ? 'averageValue' : 'value';
  const value = textAt(now, field);
  return `${prefix}${value === '' ? '<unknown>' : value}/${textAt(target, field)}${suffix}`;
}

function autoscalerTargets(object: KubeObject): string {
  const target = textAt(object, 'spec', 'targetCPUUtilizationPercentage');
  if (target !== '')
    return `cpu: ${percent(textAt(object, 'status', 'currentCPUUtilizationPercentage'))}/${percent(target)}`;
  const metrics = listAt(object, 'spec', 'metrics');
  const current = listAt(object, 'status', 'currentMetrics');
  const texts = metrics.map((metric, index) => metricText(metric, current[index]));
  if (texts.length === 0) return none;
  return texts.length > 2
    ? `${texts.slice(0, 2).join(', ')} + ${texts.length - 2} more...`
    : texts.join(', ');
}

const autoscalers = named('Reference Targets MinPods MaxPods Replicas', (object) => [
  `${textAt(object, 'spec', 'scaleTargetRef', 'kind')}/${textAt(object, 'spec', 'scaleTargetRef', 'name')}`,
  autoscalerTargets(object),
  at(object, 'spec', 'minReplicas') === undefined ? unset : String(numberAt(object, 'spec', 'minReplicas')),
  numberAt(object, 'spec', 'maxReplicas'),
  numberAt(object, 'status', 'currentReplicas'),
]);

const budgets = named('Min_Available Max_Unavailable Allowed_Disruptions:integer', (object) => [
  textAt(object, 'spec', 'minAvailable') || 'N/A',
  textAt(object, 'spec', 'maxUnavailable') || 'N/A',
  numberAt(object, 'status', 'disruptionsAllowed'),
]);

/** Printers of workloads by storage. */
export const workloadPrinters: Record<string, Printer> = {
  podtemplates: podTemplates,
  replicationcontrollers: replicas(formatLabels),
  'replicasets.apps': replicas(formatSelector),
  'deployments.apps': deployments,
  'statefulsets.apps': statefulSets,
  'daemonsets.apps': daemonSets,
  'controllerrevisions.apps': controllerRevisions,
  'jobs.batch': jobs,
  'cronjobs.batch': cronJobs,
  'horizontalpodautoscalers.autoscaling': autoscalers,
  'poddisruptionbudgets.policy': budgets,
};
