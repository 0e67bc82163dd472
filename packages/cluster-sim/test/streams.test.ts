import { request } from 'node:https';
import { createServer, type AddressInfo } from 'node:net';
import { startFakeRancher } from '@scale-cluster/fake-rancher';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { parse } from 'yaml';
import { Fleet } from '../src/fleet.js';
import { loadSettings } from '../src/settings/load.js';
import { temporaryFolder } from './temporary.js';

interface Access {
  server: string;
  token: string;
  ca: string;
}

/** Runs `hostname` in a pod and resolves with what it prints and how it ends. */
function hostnameIn(
  { server, token, ca }: Access,
  pod: string,
): Promise<{ printed: string; status: string }> {
  const path = `/api/v1/namespaces/default/pods/${pod}/exec?command=hostname&stdout=true`;
  const client = new WebSocket(`${server.replace('https', 'wss')}${path}`, ['v5.channel.k8s.io'], {
    ca,
    headers: { Authorization: `Bearer ${token}` },
  });
  let [printed, status] = ['', ''];
  return new Promise((resolve, reject) => {
    client.on('message', (data: Buffer) => {
      if (data[0] === 1) printed += data.toString('utf8', 1);
      if (data[0] === 3) status += data.toString('utf8', 1);
    });
    client.once('error', reject);
    client.once('close', () => resolve({ printed, status }));
  });
}

async function nameOfPod({ server, token, ca }: Access): Promise<string> {
  const text = await new Promise<string>((resolve, reject) => {
    const url = `${server}/api/v1/namespaces/default/pods?fieldSelector=status.phase%3DRunning`;
    request(url, { ca, headers: { Authorization: `Bearer ${token}` } }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.once('end', () => resolve(body));
    })
      .once('error', reject)
      .end();
  });
  const { items } = JSON.parse(text) as { items: { metadata: { name: string } }[] };
  return items[0]?.metadata.name ?? 'none';
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

describe('streams into the pods of a cluster', { timeout: 60_000 }, () => {
  it('go through Rancher’s proxy and the tunnel, and by the local listener', async () => {
    const rancher = await startFakeRancher({
      checkIntervalMs: 100,
      provisioningDelayMs: 10,
      tokenDelayMs: 10,
    });
    onTestFinished(() => rancher.close());
    const settings = loadSettings({
      home: await temporaryFolder(),
      env: {
        RANCHER_URL: rancher.url,
        RANCHER_TOKEN: rancher.token,
        SCALE_AGENT_LOCAL_API_PORT: String(await freePort()),
      },
    });
    const fleet = await Fleet.open({ settings });
    onTestFinished(() => fleet.close());
    fleet.start();
    await fleet.create('one');
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (fleet.summary().phases.active === 1) resolve();
      };
      fleet.on('event', look);
      look();
    });
    const byRancher: Access = {
      server: `${rancher.url}/k8s/clusters/${fleet.get('one')?.rancherId}`,
      token: rancher.token,
      ca: rancher.caCert ?? '',
    };
    const { clusters, users } = parse(fleet.kubeconfig('one'));
    const local: Access = {
      server: clusters[0].cluster.server,
      token: users[0].user.token,
      ca: Buffer.from(clusters[0].cluster['certificate-authority-data'], 'base64').toString(),
    };
    const pod = await nameOfPod(local);
    for (const access of [byRancher, local]) {
      expect(await hostnameIn(access, pod)).toEqual({
        printed: `${pod}\n`,
        status: '{"metadata":{},"status":"Success"}',
      });
    }
    await expect(hostnameIn({ ...local, server: local.server.replace(/one$/, 'none') }, pod)).rejects.toThrow(
      '404',
    );
    expect(rancher.violations()).toEqual([]);
  });
});
