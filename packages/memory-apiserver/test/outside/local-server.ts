import 'reflect-metadata';
import { X509CertificateGenerator, SubjectAlternativeNameExtension } from '@peculiar/x509';
import { webcrypto } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApiServerOptions, Cluster, KubeObject } from '../../src/index.js';
import { ApiServer } from '../../src/index.js';

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

const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** A self-signed certificate for 127.0.0.1, as PEM. */
async function makeCertificate(): Promise<{ cert: string; key: string }> {
  const keys = await webcrypto.subtle.generateKey(EC, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=memory-apiserver test',
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 86_400_000),
    signingAlgorithm: EC,
    keys,
    extensions: [new SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }])],
  });
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  return {
    cert: certificate.toString('pem'),
    key: `-----BEGIN PRIVATE KEY-----\n${key.replace(/(.{64})/g, '$1\n')}\n-----END PRIVATE KEY-----\n`,
  };
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
  const { cert, key } = await makeCertificate();
  const api = new ApiServer({ version: 'v1.34.1', ...options });
  const base = api.createBase([testNode('{{cluster-name}}-1'), testNode('{{cluster-name}}-2')]);
  const token = 'test-administrator';
  const cluster = api.createCluster({
    name: 'local',
    uid: 'local-server',
    base,
    caCert: cert,
    tokens: { [token]: { username: 'admin', groups: ['system:masters'] } },
  });
  const requests: string[] = [];
  cluster.onRequest = ({ verb, resource, path, code }) =>
    requests.push(`${verb} ${resource || path} ${code}`);
  const server = createServer({ cert, key }, (request, response) => cluster.handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const folder = mkdtempSync(join(tmpdir(), 'memory-apiserver-'));
  const kubeconfig = join(folder, 'kubeconfig');
  const ca = Buffer.from(cert).toString('base64');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'local', cluster: { server: url, 'certificate-authority-data': ca } }],
    users: [{ name: 'admin', user: { token } }],
    contexts: [{ name: 'local', context: { cluster: 'local', user: 'admin' } }],
    'current-context': 'local',
  };
  writeFileSync(kubeconfig, JSON.stringify(config), { mode: 0o600 });
  return {
    url,
    kubeconfig,
    cluster,
    api,
    requests,
    async close() {
      await api.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true });
    },
  };
}
