import type { KubeObject } from '@scale-cluster/memory-apiserver';
import type { ClusterInfo, ConfigMapInfo, DeploymentInfo, SecretInfo, ServiceInfo } from './cluster-info.js';
import { resources, texts, timestamp } from './render-common.js';
import { renderNode } from './render-node.js';
import { renderPod } from './render-pod.js';
import { parseAge, parsePorts, parseReady } from './text-forms.js';

/**
 * The Kubernetes objects of a checked ClusterInfo document.
 *
 * @param reference milliseconds; ages count back from it. The same reference gives the same objects.
 */
export function renderClusterInfo(info: ClusterInfo, reference: number): KubeObject[] {
  const created = (item: { age?: string }): number => reference - (parseAge(item.age ?? '') ?? 0) * 1000;
  const addresses = new Map((info.nodes ?? []).map((node) => [node.name, node.internalIP]));
  return [
    ...(info.nodes ?? []).map((node, index) => renderNode(node, index, created(node))),
    ...(info.services ?? []).map((service) => renderService(service, created(service))),
    ...(info.configmaps ?? []).map((configMap) => renderConfigMap(configMap, created(configMap))),
    ...(info.secrets ?? []).map((secret) => renderSecret(secret, created(secret))),
    ...(info.deployments ?? []).map((deployment) => renderDeployment(deployment, created(deployment))),
    ...(info.pods ?? []).map((pod, index) =>
      renderPod(pod, index, created(pod), addresses.get(pod.node ?? '')),
    ),
  ];
}

function metadata(item: { name: string; namespace?: string }, createdAt: number): KubeObject['metadata'] {
  return { name: item.name, namespace: item.namespace ?? 'default', creationTimestamp: timestamp(createdAt) };
}

function renderService(service: ServiceInfo, createdAt: number): KubeObject {
  const type = service.type ?? 'ClusterIP';
  const ports = (service.ports === undefined ? undefined : parsePorts(String(service.ports))) ?? [];
  const external = (service.externalIP ?? '').split(',').map((one) => one.trim());
  const addresses = external.filter((one) => one !== '' && one !== '<none>' && one !== '<pending>');
  const api = service.name === 'kubernetes' && (service.namespace ?? 'default') === 'default';
  const labels = api ? { component: 'apiserver', provider: 'kubernetes' } : texts(service.labels);
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { ...metadata(service, createdAt), ...(Object.keys(labels).length === 0 ? {} : { labels }) },
    spec: {
      type,
      ...(service.clusterIP === undefined
        ? {}
        : { clusterIP: service.clusterIP, clusterIPs: [service.clusterIP] }),
      ports: ports.map((one) => ({ name: portName(one.port, one.protocol), ...one, targetPort: one.port })),
      // The API server's own service has no selector: its endpoints are not pods.
      ...(api || service.labels === undefined ? {} : { selector: labels }),
      ...(type !== 'LoadBalancer' && addresses.length > 0 ? { externalIPs: addresses } : {}),
    },
    status: {
      loadBalancer: type === 'LoadBalancer' ? { ingress: addresses.map((ip) => ({ ip })) } : {},
    },
  };
}

const portName = (port: number, protocol: string): string =>
  `${{ 53: 'dns', 80: 'http', 443: 'https', 9153: 'metrics' }[port] ?? `port-${port}`}${protocol === 'TCP' ? '' : `-${protocol.toLowerCase()}`}`;

function keysOf(item: { data?: number; dataKeys?: string[] }): string[] {
  const keys = [...(item.dataKeys ?? [])];
  for (let number = 1; keys.length < (item.data ?? 0); number++) {
    if (!keys.includes(`key-${number}`)) keys.push(`key-${number}`);
  }
  return keys;
}

function renderConfigMap(configMap: ConfigMapInfo, createdAt: number): KubeObject {
  const data = keysOf(configMap).map((key) => [
    key,
    key === 'cluster-name' ? '{{cluster-name}}' : `${key} of {{cluster-name}}\n`,
  ]);
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: metadata(configMap, createdAt),
    data: Object.fromEntries(data) as Record<string, string>,
  };
}

function renderSecret(secret: SecretInfo, createdAt: number): KubeObject {
  const data = keysOf(secret).map((key) => [key, Buffer.from(`simulated ${key}`).toString('base64')]);
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: secret.type ?? 'Opaque',
    metadata: {
      ...metadata(secret, createdAt),
      ...(secret.type === 'kubernetes.io/service-account-token'
        ? { annotations: { 'kubernetes.io/service-account.name': 'default' } }
        : {}),
    },
    data: Object.fromEntries(data) as Record<string, string>,
  };
}

function renderDeployment(deployment: DeploymentInfo, createdAt: number): KubeObject {
  const labels = deployment.labels === undefined ? { app: deployment.name } : texts(deployment.labels);
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { ...metadata(deployment, createdAt), labels },
    spec: {
      replicas: parseReady(deployment.ready ?? '')?.total ?? 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          containers: [
            {
              name: deployment.name
                .replaceAll('{{cluster-name}}', 'cluster')
                .replaceAll('.', '-')
                .slice(0, 63),
              image: deployment.image ?? `${deployment.name}:latest`,
              resources: resources(deployment),
            },
          ],
        },
      },
    },
  };
}
