import { applyImage, pod, scenario, selector, subject } from './subject.js';

/** What keeps pods running, and what scales and guards it. */
export const workloads = scenario('kinds-workloads', (ns) => [
  subject(ns, 'apps/v1', 'Deployment', 'deployments', {
    name: 'web',
    object: { spec: { selector: selector('web'), template: pod('web') } },
    change: { spec: { replicas: 3 } },
    applied: applyImage('nginx:2'),
    status: {
      replicas: 3,
      readyReplicas: 2,
      updatedReplicas: 3,
      availableReplicas: 2,
      observedGeneration: 2,
    },
  }),
  subject(ns, 'apps/v1', 'ReplicaSet', 'replicasets', {
    name: 'set',
    object: { spec: { selector: selector('set'), template: pod('set') } },
    change: { spec: { replicas: 0 } },
    applied: applyImage('nginx:2'),
    status: { replicas: 1, fullyLabeledReplicas: 1 },
  }),
  subject(ns, 'apps/v1', 'StatefulSet', 'statefulsets', {
    name: 'db',
    object: {
      spec: {
        serviceName: 'db',
        selector: selector('db'),
        template: pod('db'),
        volumeClaimTemplates: [
          {
            metadata: { name: 'data' },
            spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
          },
        ],
      },
    },
    change: { spec: { replicas: 2 } },
    applied: applyImage('postgres:17'),
    status: { replicas: 1, currentReplicas: 1 },
  }),
  subject(ns, 'apps/v1', 'DaemonSet', 'daemonsets', {
    name: 'agent',
    object: { spec: { selector: selector('agent'), template: pod('agent') } },
    change: { spec: { minReadySeconds: 5 } },
    applied: applyImage('agent:2'),
    status: { currentNumberScheduled: 1, desiredNumberScheduled: 2, numberMisscheduled: 0, numberReady: 1 },
  }),
  subject(ns, 'apps/v1', 'ControllerRevision', 'controllerrevisions', {
    name: 'db-1',
    object: { revision: 1, data: { spec: { any: 'thing' } } },
    change: { revision: 2 },
    applied: { revision: 3 },
  }),
  subject(ns, 'batch/v1', 'Job', 'jobs', {
    name: 'once',
    object: {
      spec: {
        template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'busybox' }] } },
      },
    },
    change: { spec: { parallelism: 2 } },
    applied: { spec: { activeDeadlineSeconds: 60 } },
    status: { active: 1, startTime: '2024-01-01T00:00:00Z' },
  }),
  subject(ns, 'batch/v1', 'CronJob', 'cronjobs', {
    name: 'nightly',
    object: {
      spec: {
        schedule: '0 3 * * *',
        jobTemplate: {
          spec: {
            template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'busybox' }] } },
          },
        },
      },
    },
    change: { spec: { suspend: true } },
    applied: { spec: { concurrencyPolicy: 'Forbid' } },
    status: { lastScheduleTime: '2024-01-01T00:00:00Z' },
  }),
  subject(ns, 'autoscaling/v2', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers', {
    name: 'web',
    object: {
      spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, maxReplicas: 5 },
    },
    change: { spec: { minReplicas: 2 } },
    applied: { spec: { maxReplicas: 7 } },
    status: { currentReplicas: 1, desiredReplicas: 2 },
  }),
  subject(ns, 'autoscaling/v1', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers', {
    name: 'older',
    object: {
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
        maxReplicas: 5,
        targetCPUUtilizationPercentage: 70,
      },
    },
    change: { spec: { minReplicas: 2 } },
    applied: { spec: { maxReplicas: 7 } },
    status: { currentReplicas: 1, desiredReplicas: 2, currentCPUUtilizationPercentage: 12 },
  }),
  subject(ns, 'policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets', {
    name: 'web',
    object: { spec: { minAvailable: '50%', selector: selector('web') } },
    change: { spec: { unhealthyPodEvictionPolicy: 'AlwaysAllow' } },
    applied: { spec: { minAvailable: 2 } },
    status: { currentHealthy: 1, desiredHealthy: 1, disruptionsAllowed: 0, expectedPods: 2 },
  }),
]);
