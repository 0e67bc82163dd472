import { scenario, selector, subject } from './subject.js';

/** Ingresses, policies, addresses, leases and events. */
export const networking = scenario('kinds-networking', (ns) => [
  subject(ns, 'networking.k8s.io/v1', 'Ingress', 'ingresses', {
    name: 'web',
    object: {
      spec: {
        rules: [
          {
            host: 'a.example.com',
            http: {
              paths: [
                {
                  path: '/',
                  pathType: 'Prefix',
                  backend: { service: { name: 'web', port: { number: 80 } } },
                },
              ],
            },
          },
        ],
      },
    },
    change: { spec: { tls: [{ hosts: ['a.example.com'] }] } },
    applied: { spec: { defaultBackend: { service: { name: 'web', port: { name: 'http' } } } } },
    status: { loadBalancer: { ingress: [{ ip: '203.0.113.9' }] } },
  }),
  subject('', 'networking.k8s.io/v1', 'IngressClass', 'ingressclasses', {
    name: 'differential-nginx',
    object: { spec: { controller: 'example.com/nginx' } },
    change: { metadata: { annotations: { note: 'x' }, labels: { tier: 'gold' } } },
    applied: { spec: { parameters: { kind: 'Params', name: 'p', scope: 'Cluster' } } },
  }),
  subject(ns, 'networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies', {
    name: 'deny',
    object: { spec: { podSelector: selector('web'), ingress: [{ ports: [{ port: 80 }] }] } },
    change: { spec: { egress: [{ ports: [{ port: 53, protocol: 'UDP' }] }] } },
    applied: { spec: { policyTypes: ['Ingress', 'Egress'] } },
  }),
  subject(ns, 'discovery.k8s.io/v1', 'EndpointSlice', 'endpointslices', {
    name: 'web-abc',
    object: {
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.0.0.1'], conditions: { ready: true } }],
      ports: [{ name: 'http', port: 80 }],
    },
    change: { endpoints: [{ addresses: ['10.0.0.2'] }] },
    applied: { ports: [{ name: 'https', port: 443 }] },
  }),
  subject('', 'networking.k8s.io/v1', 'IPAddress', 'ipaddresses', {
    name: '192.0.2.77',
    object: { spec: { parentRef: { resource: 'services', namespace: ns, name: 'web' } } },
    change: { metadata: { annotations: { note: 'x' }, labels: { tier: 'gold' } } },
    applied: { metadata: { name: '192.0.2.77', annotations: { note: 'applied' } } },
  }),
  subject('', 'networking.k8s.io/v1', 'ServiceCIDR', 'servicecidrs', {
    name: 'differential-extra',
    object: { spec: { cidrs: ['192.0.2.0/24'] } },
    change: { metadata: { annotations: { note: 'x' }, labels: { tier: 'gold' } } },
    applied: { spec: { cidrs: ['198.51.100.0/24'] } },
    status: {
      conditions: [
        { type: 'Ready', status: 'True', reason: 'R', lastTransitionTime: '2024-01-01T00:00:00Z' },
      ],
    },
  }),
  subject(ns, 'coordination.k8s.io/v1', 'Lease', 'leases', {
    name: 'leader',
    object: {
      spec: { holderIdentity: 'me', leaseDurationSeconds: 15, renewTime: '2024-05-06T07:08:09.123456Z' },
    },
    change: { spec: { leaseTransitions: 1 } },
    applied: { spec: { holderIdentity: 'you' } },
  }),
  subject(ns, 'events.k8s.io/v1', 'Event', 'events', {
    name: 'web.2',
    object: {
      regarding: { apiVersion: 'v1', kind: 'Pod', name: 'web', namespace: ns },
      type: 'Warning',
      reason: 'Failed',
      action: 'Binding',
      note: 'no luck',
      reportingController: 'example.com/scheduler',
      reportingInstance: 's-1',
      eventTime: '2024-05-06T07:08:09.123456Z',
    },
    change: { series: { count: 2, lastObservedTime: '2024-05-06T07:08:10.123456Z' } },
    applied: { series: { count: 3, lastObservedTime: '2024-05-06T07:08:11.123456Z' } },
  }),
]);
