import { expect, it } from 'vitest';
import { isActive } from '../src/index.js';
import { RancherStub, v3Cluster } from './support/rancher-stub.js';

it('the steps of the README work one after the other', async () => {
  await using stub = await RancherStub.start();
  const created = { metadata: { name: 'edge-1' }, status: { clusterName: 'c-m-abcdefgh' } };
  stub.on('POST', '/v1/provisioning.cattle.io.clusters', () => ({ status: 201, json: created }));
  stub.on('GET', '/v1/provisioning.cattle.io.clusters/fleet-default/edge-1', () => ({ json: created }));
  stub.on('DELETE', '/v1/provisioning.cattle.io.clusters/fleet-default/edge-1', () => ({ json: created }));
  stub.on('GET', '/v3/clusters/c-m-abcdefgh', () => ({ json: v3Cluster('c-m-abcdefgh', 'edge-1') }));
  stub.on('GET', '/v3/clusterregistrationtokens/c-m-abcdefgh:default-token', () => ({
    json: { name: 'default-token', token: 'tok' },
  }));
  stub.on('GET', '/v3/import/tok_c-m-abcdefgh.yaml', () => ({ text: 'kind: Namespace\n' }));

  const rancher = stub.client();
  const cluster = await rancher.createCluster({
    name: 'edge-1',
    annotations: { 'example.com/uid': 'b1946ac9' },
  });
  const { token } = await rancher.registrationToken(cluster.id);
  expect(await rancher.importManifest(token, cluster.id)).toContain('Namespace');
  expect(isActive(cluster)).toBe(false);
  await rancher.deleteCluster({ id: cluster.id, name: cluster.name, via: cluster.via ?? 'provisioning' });
  expect(stub.log.at(-1)).toBe('DELETE /v1/provisioning.cattle.io.clusters/fleet-default/edge-1');
});
