import { scenario, subject } from './subject.js';

/** Dynamic resource allocation. */
export const devices = scenario('kinds-devices', (ns) => [
  subject('', 'resource.k8s.io/v1', 'DeviceClass', 'deviceclasses', {
    name: 'differential.example.com',
    object: { spec: {} },
    change: { spec: { selectors: [{ cel: { expression: 'device.driver == "x"' } }] } },
    applied: { spec: { selectors: [{ cel: { expression: 'true' } }] } },
  }),
  subject(ns, 'resource.k8s.io/v1', 'ResourceClaim', 'resourceclaims', {
    name: 'gpu',
    object: {
      spec: {
        devices: { requests: [{ name: 'one', exactly: { deviceClassName: 'differential.example.com' } }] },
      },
    },
    change: { metadata: { annotations: { note: 'x' }, labels: { tier: 'gold' } } },
    applied: { metadata: { name: 'gpu', annotations: { note: 'applied' } } },
    status: {},
  }),
  subject(ns, 'resource.k8s.io/v1', 'ResourceClaimTemplate', 'resourceclaimtemplates', {
    name: 'gpu',
    object: {
      spec: {
        spec: {
          devices: { requests: [{ name: 'one', exactly: { deviceClassName: 'differential.example.com' } }] },
        },
      },
    },
    change: { metadata: { annotations: { note: 'x' }, labels: { tier: 'gold' } } },
    applied: { metadata: { name: 'gpu', annotations: { note: 'applied' } } },
  }),
  subject('', 'resource.k8s.io/v1', 'ResourceSlice', 'resourceslices', {
    name: 'differential-slice',
    object: {
      spec: {
        driver: 'differential.example.com',
        nodeName: 'n',
        pool: { name: 'p', generation: 1, resourceSliceCount: 1 },
      },
    },
    change: { spec: { pool: { generation: 2 } } },
    applied: { spec: { devices: [{ name: 'd', attributes: { a: { string: 'b' } } }] } },
  }),
]);
