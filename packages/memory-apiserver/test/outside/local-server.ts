import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApiServer, ApiServerOptions, Cluster, KubeObject } from '../../src/index.js';
import { createApiServer } from '../../src/index.js';

export interface LocalServer {
  readonly url: string;
  /** File for clients of the cluster's administrator. */
  readonly kubeconfig: string;
  readonly cluster: Cluster;
  readonly api: ApiServer;
  /** `get pods 200` for each request that was answered. */
  readonly requests: string[];
  close(): Promise<void>;
}

export function testNode(name: string): KubeObject {
  const resources = { cpu: '4', memory: '8Gi', pods: '110' };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name, 'node-role.kubernetes.io/worker': 'true' } },
    status: {
      capacity: resources,
      allocatable: resources,
      addresses: [{ type: 'InternalIP', address: '10.0.0.1' }],
      conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady', message: '' }],
    },
  };
}

/** A cluster with two nodes behind HTTPS on a free port of 127.0.0.1. */
export async function startLocalServer(options: ApiServerOptions = {}): Promise<LocalServer> {
  const api = createApiServer({ version: 'v1.34.1', metrics: true, ...options });
  const base = api.createBase([testNode('{{cluster-name}}-1'), testNode('{{cluster-name}}-2')]);
  const cluster = api.createCluster({ name: 'local', uid: 'local-server', base });
  const requests: string[] = [];
  cluster.onRequest = ({ verb, resource, path, code }) =>
    requests.push(`${verb} ${resource || path} ${code}`);
  const folder = mkdtempSync(join(tmpdir(), 'memory-apiserver-'));
  const kubeconfig = join(folder, 'kubeconfig');
  const { url, close } = await cluster.listen({ kubeconfigFile: kubeconfig });
  return {
    url,
    kubeconfig,
    cluster,
    api,
    requests,
    async close() {
      await api.close();
      await close();
      rmSync(folder, { recursive: true });
    },
  };
}
