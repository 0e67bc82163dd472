import { ensure, fieldsIn, fill, fillZero, type Default, type Fields } from './default.js';

const deployment: Default = (value) => {
  const spec = ensure(value, 'spec');
  fill({ replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 })(spec);
  const strategy = ensure(spec, 'strategy');
  fillZero({ type: 'RollingUpdate' })(strategy);
  if (strategy['type'] === 'RollingUpdate')
    fill({ maxUnavailable: '25%', maxSurge: '25%' })(ensure(strategy, 'rollingUpdate'));
};

const replicaSet: Default = (value) => fill({ replicas: 1 })(ensure(value, 'spec'));

const statefulSet: Default = (value) => {
  const spec = ensure(value, 'spec');
  fillZero({ podManagementPolicy: 'OrderedReady' })(spec);
  fill({ replicas: 1, revisionHistoryLimit: 10 })(spec);
  const strategy = ensure(spec, 'updateStrategy');
  fillZero({ type: 'RollingUpdate' })(strategy);
  if (strategy['type'] === 'RollingUpdate') fill({ partition: 0 })(ensure(strategy, 'rollingUpdate'));
  fillZero({ whenDeleted: 'Retain', whenScaled: 'Retain' })(
    ensure(spec, 'persistentVolumeClaimRetentionPolicy'),
  );
  for (const claim of fieldsIn(spec, 'volumeClaimTemplates'))
    fillZero({ apiVersion: 'v1', kind: 'PersistentVolumeClaim' })(claim);
};

const daemonSet: Default = (value) => {
  const spec = ensure(value, 'spec');
  fill({ revisionHistoryLimit: 10 })(spec);
  const strategy = ensure(spec, 'updateStrategy');
  fillZero({ type: 'RollingUpdate' })(strategy);
  if (strategy['type'] === 'RollingUpdate')
    fill({ maxUnavailable: 1, maxSurge: 0 })(ensure(strategy, 'rollingUpdate'));
};

const replicationController: Default = (value) => {
  const spec = ensure(value, 'spec');
  fill({ replicas: 1 })(spec);
  const template = spec['template'] as Fields | undefined;
  const labels = (template?.['metadata'] as Fields | undefined)?.['labels'];
  if (typeof labels !== 'object' || labels === null) return;
  fill({ selector: labels })(spec);
  fill({ labels })(ensure(value, 'metadata'));
};

const job: Default = (value) => {
  const spec = ensure(value, 'spec');
  if (spec['completions'] === undefined && spec['parallelism'] === undefined) spec['completions'] = 1;
  fill({
    parallelism: 1,
    backoffLimit: spec['backoffLimitPerIndex'] === undefined ? 6 : 2_147_483_647,
    completionMode: 'NonIndexed',
    suspend: false,
    manualSelector: false,
    podReplacementPolicy: spec['podFailurePolicy'] === undefined ? 'TerminatingOrFailed' : 'Failed',
  })(spec);
};

const cronJob: Default = (value) => {
  const spec = ensure(value, 'spec');
  fillZero({ concurrencyPolicy: 'Allow' })(spec);
  fill({ suspend: false, successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 1 })(spec);
};

const autoscaler: Default = (value) => {
  const spec = ensure(value, 'spec');
  fill({ minReplicas: 1 })(spec);
  if (fieldsIn(spec, 'metrics').length === 0)
    spec['metrics'] = [
      {
        type: 'Resource',
        resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
      },
    ];
};

const longestScaling = { type: 'Percent', value: 100, periodSeconds: 15 };

/** Behaviour is completed only if the client gave some. */
const scalingBehavior: Default = (value) => {
  const up = ensure(value, 'scaleUp');
  fill({ stabilizationWindowSeconds: 0, selectPolicy: 'Max' })(up);
  if (fieldsIn(up, 'policies').length === 0)
    up['policies'] = [{ type: 'Pods', value: 4, periodSeconds: 15 }, { ...longestScaling }];
  const down = ensure(value, 'scaleDown');
  fill({ selectPolicy: 'Max' })(down);
  if (fieldsIn(down, 'policies').length === 0) down['policies'] = [{ ...longestScaling }];
};

/** Defaults of workloads by type. */
export const workloadDefaults: Record<string, Default> = {
  'apps/v1:Deployment': deployment,
  'apps/v1:ReplicaSet': replicaSet,
  'apps/v1:StatefulSet': statefulSet,
  'apps/v1:DaemonSet': daemonSet,
  'core/v1:ReplicationController': replicationController,
  'batch/v1:Job': job,
  'batch/v1:PodFailurePolicyOnPodConditionsPattern': fillZero({ status: 'True' }),
  'batch/v1:CronJob': cronJob,
  'autoscaling/v1:HorizontalPodAutoscaler': (value) => fill({ minReplicas: 1 })(ensure(value, 'spec')),
  'autoscaling/v2:HorizontalPodAutoscaler': autoscaler,
  'autoscaling/v2:HorizontalPodAutoscalerBehavior': scalingBehavior,
};
