import type { KubeObject } from '../object.js';
import { CREATED_MARK } from '../store/base-object.js';

/** Namespaces that every cluster has (pkg/controlplane/controller/systemnamespaces). */
const namespaces = ['kube-system', 'kube-public', 'kube-node-lease', 'default'];

/** What kube-apiserver itself creates in an empty cluster and controllers go on with. */
export function systemObjects(options: {
  /** Range of cluster IPs; the Service `default/kubernetes` has the first. */
  serviceCidr: string;
  /** Where the API server listens, as the Service's endpoint. @default 172.18.0.2:6443 */
  apiEndpoint?: { ip: string; port: number };
}): KubeObject[] {
  const { serviceCidr, apiEndpoint = { ip: '172.18.0.2', port: 6443 } } = options;
  const [network = ''] = serviceCidr.split('/');
  const apiServiceIp = network.replace(/\d+$/, (last) => String(Number(last) + 1));
  const labels = { component: 'apiserver', provider: 'kubernetes' };
  const port = { name: 'https', port: apiEndpoint.port, protocol: 'TCP' };
  const kubernetes = { name: 'kubernetes', namespace: 'default' };
  return [
    ...namespaces.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { ...kubernetes, labels },
      spec: {
        clusterIP: apiServiceIp,
        ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: apiEndpoint.port }],
        sessionAffinity: 'None',
        type: 'ClusterIP',
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { ...kubernetes, labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
      subsets: [{ addresses: [{ ip: apiEndpoint.ip }], ports: [port] }],
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { ...kubernetes, labels: { 'kubernetes.io/service-name': 'kubernetes' } },
      addressType: 'IPv4',
      endpoints: [{ addresses: [apiEndpoint.ip], conditions: { ready: true } }],
      ports: [port],
    },
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'ServiceCIDR',
      metadata: { name: 'kubernetes' },
      spec: { cidrs: [serviceCidr] },
      status: {
        conditions: [
          {
            type: 'Ready',
            status: 'True',
            lastTransitionTime: CREATED_MARK,
            reason: '',
            message: 'Kubernetes default Service CIDR is ready',
          },
        ],
      },
    },
  ];
}
