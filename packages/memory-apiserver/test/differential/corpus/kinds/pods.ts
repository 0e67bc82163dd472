import { scenario, subject } from './subject.js';

/** A small pod and one with a bit of everything. */
export const pods = scenario('kinds-pods', (ns) => [
  subject(ns, 'v1', 'Pod', 'pods', {
    name: 'small',
    object: { spec: { containers: [{ name: 'main', image: 'nginx' }] } },
    change: { spec: { activeDeadlineSeconds: 100 } },
    applied: { spec: { containers: [{ name: 'main', image: 'nginx:3' }] } },
    status: {
      phase: 'Running',
      podIP: '10.1.2.3',
      podIPs: [{ ip: '10.1.2.3' }],
      conditions: [{ type: 'Ready', status: 'True' }],
    },
  }),
  subject(ns, 'v1', 'Pod', 'pods', {
    name: 'rich',
    object: {
      spec: {
        automountServiceAccountToken: false,
        initContainers: [
          { name: 'setup', image: 'busybox:1.36', command: ['sh'], resources: { limits: { cpu: '0.5' } } },
          { name: 'proxy', image: 'proxy:1', restartPolicy: 'Always' },
        ],
        containers: [
          {
            name: 'main',
            image: 'nginx:latest',
            ports: [{ containerPort: 80 }, { name: 'dns', containerPort: 53, protocol: 'UDP' }],
            env: [
              { name: 'A', value: '' },
              { name: 'C', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
              { name: 'D', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
            ],
            resources: { limits: { cpu: '1.5', memory: '1024Mi' }, requests: { cpu: 0.1 } },
            livenessProbe: { httpGet: { port: 80 } },
            readinessProbe: { tcpSocket: { port: 'dns' }, periodSeconds: 3 },
            lifecycle: { preStop: { exec: { command: ['true'] } } },
            volumeMounts: [{ name: 'config', mountPath: '/etc/config' }],
            securityContext: { privileged: true },
          },
        ],
        volumes: [
          { name: 'config', configMap: { name: 'settings' } },
          { name: 'secret', secret: { secretName: 'plain' } },
          { name: 'scratch', emptyDir: {} },
          { name: 'host', hostPath: { path: '/var' } },
        ],
        tolerations: [{ key: 'a', operator: 'Exists' }],
        topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' }],
      },
    },
    change: { metadata: { annotations: { note: 'x' }, labels: { tier: 'gold' } } },
    applied: { metadata: { name: 'rich', annotations: { note: 'applied' } } },
    status: { phase: 'Pending', conditions: [{ type: 'Initialized', status: 'False' }] },
  }),
]);
