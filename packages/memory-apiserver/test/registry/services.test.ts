import { beforeEach, describe, expect, it } from 'vitest';
import type { ScratchCluster } from '../../src/controllers/scratch-cluster.js';
import type { KubeObject } from '../../src/object.js';
import { newCluster } from '../controllers/cluster.js';

let cluster: ScratchCluster;
beforeEach(() => {
  cluster = newCluster();
});

const ports = [{ name: 'http', port: 80 }];
const service = (name: string, spec: object): KubeObject =>
  cluster.api.create({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'demo' },
    spec: { ports, ...spec },
  });
const change = (name: string, spec: object): KubeObject =>
  cluster.api.patch('services', 'demo', name, 'merge', { spec });
const addresses = (): string[] =>
  cluster.api.list('ipaddresses.networking.k8s.io').map(({ metadata }) => metadata.name);

describe('cluster IPs', () => {
  it('are given once, can be asked for, and are free again after a delete', () => {
    const clusterIP = '10.43.200.7';
    service('a', { clusterIP });
    expect(addresses()).toContain(clusterIP);
    expect(() => service('b', { clusterIP })).toThrow(
      'spec.clusterIPs: Invalid value: ["10.43.200.7"]: failed to allocate IP 10.43.200.7: provided IP is already allocated',
    );
    expect(() => service('c', { clusterIP: '192.0.2.1' })).toThrow(
      'failed to allocate IP 192.0.2.1: the provided network does not match the current range',
    );
    cluster.api.delete('services', 'demo', 'a');
    expect(addresses()).not.toContain(clusterIP);
    expect(() => service('b', { clusterIP })).not.toThrow();
  });

  it('go with the type that needs them', () => {
    const { clusterIP } = service('a', {}).spec as { clusterIP: string };
    expect(addresses()).toContain(clusterIP);
    expect(
      change('a', { type: 'ExternalName', externalName: 'a.example.com' }).spec.clusterIP,
    ).toBeUndefined();
    expect(addresses()).not.toContain(clusterIP);
  });

  it('are of one family', () => {
    expect(() => service('a', { ipFamilyPolicy: 'RequireDualStack' })).toThrow(
      'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services',
    );
    expect(() => service('a', { ipFamilies: ['IPv6'] })).toThrow(
      'spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster',
    );
    expect(service('a', { ipFamilyPolicy: 'PreferDualStack' }).spec.ipFamilies).toEqual(['IPv4']);
  });
});

describe('node ports', () => {
  it('are given once and from their range', () => {
    service('a', { type: 'NodePort', ports: [{ port: 80, nodePort: 30_123 }] });
    expect(() => service('b', { type: 'NodePort', ports: [{ port: 80, nodePort: 30_123 }] })).toThrow(
      'spec.ports[0].nodePort: Invalid value: 30123: provided port is already allocated',
    );
    expect(() => service('b', { type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] })).toThrow(
      'provided port is not in the valid range. The range of valid ports is 30000-32767',
    );
  });

  it('stay through updates and go with the type', () => {
    const [{ nodePort }] = service('a', { type: 'NodePort' }).spec.ports as [{ nodePort: number }];
    expect(
      change('a', { ports: [{ name: 'http', port: 80, targetPort: 8080 }] }).spec.ports[0].nodePort,
    ).toBe(nodePort);
    const { spec } = change('a', { type: 'ClusterIP' });
    expect(spec.ports[0].nodePort).toBeUndefined();
    expect(spec.externalTrafficPolicy).toBeUndefined();
  });

  it('include one for the health check of a load balancer that keeps to local endpoints', () => {
    const { spec } = service('a', { type: 'LoadBalancer', externalTrafficPolicy: 'Local' });
    expect(spec.healthCheckNodePort).toBeGreaterThanOrEqual(30_000);
    expect(change('a', { externalTrafficPolicy: 'Cluster' }).spec.healthCheckNodePort).toBeUndefined();
  });
});
