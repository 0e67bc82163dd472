import { scenario, subject } from './subject.js';

/** Nodes, priorities and other things of the whole cluster. */
export const cluster = scenario('kinds-cluster', (ns) => [
  subject('', 'v1', 'Namespace', 'namespaces', {
    name: 'differential-space',
    object: {},
    change: { metadata: { annotations: { note: 'x' }, labels: { tier: 'gold' } } },
    applied: { metadata: { name: 'differential-space', labels: { applied: 'yes' } } },
    status: { conditions: [{ type: 'Example', status: 'True', reason: 'R', message: 'm' }] },
  }),
  subject('', 'v1', 'Node', 'nodes', {
    name: 'differential-node',
    object: { spec: { podCIDR: '10.1.0.0/24' } },
    change: { spec: { unschedulable: true } },
    applied: { spec: { taints: [{ key: 'a', effect: 'NoSchedule' }] } },
    status: {
      capacity: { cpu: '4', memory: '8192Mi', pods: '110' },
      conditions: [{ type: 'Ready', status: 'True' }],
      nodeInfo: { kubeletVersion: 'v1.34.4' },
    },
  }),
  subject('', 'scheduling.k8s.io/v1', 'PriorityClass', 'priorityclasses', {
    name: 'differential-high',
    object: { value: 1000 },
    change: { description: 'changed' },
    applied: { globalDefault: false, description: 'applied' },
  }),
  subject('', 'node.k8s.io/v1', 'RuntimeClass', 'runtimeclasses', {
    name: 'differential-sandbox',
    object: { handler: 'sandbox' },
    change: { overhead: { podFixed: { cpu: '0.25' } } },
    applied: { scheduling: { nodeSelector: { a: 'b' } } },
  }),
  subject('', 'apiregistration.k8s.io/v1', 'APIService', 'apiservices', {
    name: 'v1.differential.example.com',
    object: {
      spec: {
        group: 'differential.example.com',
        version: 'v1',
        groupPriorityMinimum: 100,
        versionPriority: 10,
        insecureSkipTLSVerify: true,
        service: { namespace: ns, name: 'api' },
      },
    },
    change: { spec: { versionPriority: 20 } },
    applied: { spec: { groupPriorityMinimum: 200 } },
  }),
  subject(
    '',
    'flowcontrol.apiserver.k8s.io/v1',
    'PriorityLevelConfiguration',
    'prioritylevelconfigurations',
    {
      name: 'differential-level',
      object: { spec: { type: 'Limited', limited: { limitResponse: { type: 'Queue', queuing: {} } } } },
      change: { spec: { limited: { nominalConcurrencyShares: 7 } } },
      applied: { spec: { limited: { lendablePercent: 10 } } },
      status: {},
    },
  ),
  subject('', 'flowcontrol.apiserver.k8s.io/v1', 'FlowSchema', 'flowschemas', {
    name: 'differential-flow',
    object: { spec: { priorityLevelConfiguration: { name: 'global-default' } } },
    change: { spec: { matchingPrecedence: 9000 } },
    applied: { spec: { distinguisherMethod: { type: 'ByUser' } } },
  }),
]);
