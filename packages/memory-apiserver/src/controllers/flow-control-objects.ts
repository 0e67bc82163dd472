import type { KubeObject } from '../object.js';
import { CREATED_MARK } from '../store/base-object.js';

const apiVersion = 'flowcontrol.apiserver.k8s.io/v1';
const annotations = { 'apf.kubernetes.io/autoupdate-spec': 'true' };

/**
 * The priority levels and flow schemas that kube-apiserver keeps in every cluster: k8s.io/apiserver
 * pkg/apis/flowcontrol/bootstrap. Nothing here shares requests out by them.
 */
export function flowControlObjects(): KubeObject[] {
  return [
    priorityLevel('exempt', { type: 'Exempt', exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } }),
    limited('catch-all', 5, 0),
    limited('leader-election', 10, 0, { queues: 16, handSize: 4 }),
    limited('node-high', 40, 25, { queues: 64, handSize: 6 }),
    limited('system', 30, 33, { queues: 64, handSize: 6 }),
    limited('workload-high', 40, 50, { queues: 128, handSize: 6 }),
    limited('workload-low', 100, 90, { queues: 128, handSize: 6 }),
    limited('global-default', 20, 50, { queues: 128, handSize: 6 }),
    flowSchema('exempt', 'exempt', 1, undefined, [group('system:masters')], everything),
    flowSchema('probes', 'exempt', 2, undefined, everybody, {
      nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/healthz', '/readyz', '/livez'] }],
    }),
    flowSchema(
      'system-leader-election',
      'leader-election',
      100,
      'ByUser',
      [user('system:kube-controller-manager'), user('system:kube-scheduler'), systemAccounts],
      { resourceRules: [leases(['get', 'create', 'update'])] },
    ),
    flowSchema('system-node-high', 'node-high', 400, 'ByUser', [group('system:nodes')], {
      resourceRules: [
        {
          verbs: ['*'],
          apiGroups: [''],
          resources: ['nodes', 'nodes/status'],
          clusterScope: true,
          namespaces: ['*'],
        },
        leases(['*']),
      ],
    }),
    flowSchema('system-nodes', 'system', 500, 'ByUser', [group('system:nodes')], everything),
    ...['kube-controller-manager', 'kube-scheduler'].map((name) =>
      flowSchema(name, 'workload-high', 800, 'ByNamespace', [user(`system:${name}`)], everything),
    ),
    flowSchema(
      'kube-system-service-accounts',
      'workload-high',
      900,
      'ByNamespace',
      [systemAccounts],
      everything,
    ),
    flowSchema(
      'service-accounts',
      'workload-low',
      9000,
      'ByUser',
      [group('system:serviceaccounts')],
      everything,
    ),
    flowSchema('global-default', 'global-default', 9900, 'ByUser', everybody, everything),
    flowSchema('catch-all', 'catch-all', 10_000, 'ByUser', everybody, everything),
  ];
}

const group = (name: string): object => ({ kind: 'Group', group: { name } });
const user = (name: string): object => ({ kind: 'User', user: { name } });
const systemAccounts = { kind: 'ServiceAccount', serviceAccount: { namespace: 'kube-system', name: '*' } };
const everybody = [group('system:unauthenticated'), group('system:authenticated')];

const everything = {
  resourceRules: [
    { verbs: ['*'], apiGroups: ['*'], resources: ['*'], clusterScope: true, namespaces: ['*'] },
  ],
  nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
};

const leases = (verbs: readonly string[]): object => ({
  verbs,
  apiGroups: ['coordination.k8s.io'],
  resources: ['leases'],
  namespaces: ['*'],
});

const priorityLevel = (name: string, spec: object): KubeObject => ({
  apiVersion,
  kind: 'PriorityLevelConfiguration',
  metadata: { name, annotations, generation: 1 },
  spec,
  status: {},
});

/** Requests beyond the shares wait in queues; without these they are refused. */
const limited = (
  name: string,
  nominalConcurrencyShares: number,
  lendablePercent: number,
  queuing?: { queues: number; handSize: number },
): KubeObject =>
  priorityLevel(name, {
    type: 'Limited',
    limited: {
      nominalConcurrencyShares,
      lendablePercent,
      limitResponse:
        queuing === undefined
          ? { type: 'Reject' }
          : { type: 'Queue', queuing: { ...queuing, queueLengthLimit: 50 } },
    },
  });

const flowSchema = (
  name: string,
  level: string,
  matchingPrecedence: number,
  distinguisher: string | undefined,
  subjects: readonly object[],
  rules: object,
): KubeObject => ({
  apiVersion,
  kind: 'FlowSchema',
  metadata: { name, annotations, generation: 1 },
  spec: {
    priorityLevelConfiguration: { name: level },
    matchingPrecedence,
    ...(distinguisher === undefined ? {} : { distinguisherMethod: { type: distinguisher } }),
    rules: [{ subjects, ...rules }],
  },
  status: {
    conditions: [
      {
        type: 'Dangling',
        status: 'False',
        lastTransitionTime: CREATED_MARK,
        reason: 'Found',
        message: `This FlowSchema references the PriorityLevelConfiguration object named "${level}" and it exists`,
      },
    ],
  },
});
