import type { KubeObject } from '@scale-cluster/memory-apiserver';
import type { NodeInfo } from './cluster-info.js';
import { numbered, texts, timestamp } from './render-common.js';

const defaultCapacity = { cpu: '4', memory: '8Gi', pods: '110' };

/** A Node as a kubelet would have reported it. `createdAt` in milliseconds. */
export function renderNode(node: NodeInfo, index: number, createdAt: number): KubeObject {
  const since = timestamp(createdAt);
  const [state = 'Ready', ...flags] = (node.status ?? 'Ready').split(',');
  const capacity = { ...defaultCapacity, ...texts(node.capacity) };
  const version = node.version ?? 'v1.28.5+k3s1';
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: node.name,
      creationTimestamp: since,
      labels: {
        'beta.kubernetes.io/arch': 'amd64',
        'beta.kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': node.name,
        'kubernetes.io/os': 'linux',
        ...(version.includes('+k3s') ? { 'node.kubernetes.io/instance-type': 'k3s' } : {}),
        ...Object.fromEntries((node.roles ?? []).map((role) => [`node-role.kubernetes.io/${role}`, 'true'])),
      },
      annotations: { 'node.alpha.kubernetes.io/ttl': '0' },
    },
    spec: {
      podCIDR: `10.42.${index}.0/24`,
      podCIDRs: [`10.42.${index}.0/24`],
      ...(version.includes('+k3s') ? { providerID: `k3s://${node.name}` } : {}),
      ...(flags.includes('SchedulingDisabled') ? { unschedulable: true } : {}),
    },
    status: {
      addresses: [
        ...(node.internalIP === undefined ? [] : [{ type: 'InternalIP', address: node.internalIP }]),
        ...(isAddress(node.externalIP) ? [{ type: 'ExternalIP', address: node.externalIP }] : []),
        { type: 'Hostname', address: node.name },
      ],
      capacity,
      allocatable: { ...capacity, ...texts(node.allocatable) },
      conditions: conditions(state === 'Ready', since),
      daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
      nodeInfo: {
        architecture: 'amd64',
        bootID: numbered('boot', index),
        containerRuntimeVersion: node.containerRuntime ?? 'containerd://1.7.11-k3s2',
        kernelVersion: node.kernelVer ?? '5.15.0-91-generic',
        kubeProxyVersion: version,
        kubeletVersion: version,
        machineID: numbered('machine', index).replaceAll('-', ''),
        operatingSystem: 'linux',
        osImage: node.osImage ?? 'Ubuntu 22.04.3 LTS',
        systemUUID: numbered('system', index),
      },
    },
  };
}

function conditions(ready: boolean, since: string): object[] {
  const healthy = (type: string, reason: string, message: string): object => ({
    type,
    status: 'False',
    lastHeartbeatTime: since,
    lastTransitionTime: since,
    reason,
    message,
  });
  return [
    healthy('MemoryPressure', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
    healthy('DiskPressure', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
    healthy('PIDPressure', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
    {
      type: 'Ready',
      status: ready ? 'True' : 'False',
      lastHeartbeatTime: since,
      lastTransitionTime: since,
      reason: ready ? 'KubeletReady' : 'KubeletNotReady',
      message: ready ? 'kubelet is posting ready status' : 'kubelet is not ready',
    },
  ];
}

const isAddress = (text: string | undefined): text is string =>
  text !== undefined && text !== '' && text !== '<none>';
