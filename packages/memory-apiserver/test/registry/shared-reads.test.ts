import { describe, expect, it } from 'vitest';
import { ApiServer } from '../../src/index.js';

describe('listWith', () => {
  it('finds the objects that have a field, not those that only mention it', () => {
    const server = new ApiServer({ controllers: [] });
    const { api } = server.createCluster({ name: 'c', uid: 'c', base: server.emptyBase, caCert: 'PEM' });
    const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole' };
    const annotations = { 'my/notes': '{"aggregationRule":true}', aggregationRule: 'no' };
    const aggregationRule = { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] };
    api.create({ ...role, metadata: { name: 'plain' } });
    api.create({ ...role, metadata: { name: 'mentions', annotations } });
    api.create({ ...role, metadata: { name: 'has' }, aggregationRule });
    const found = api.shared.listWith('clusterroles.rbac.authorization.k8s.io', 'aggregationRule');
    const names = found.map(({ metadata }) => metadata.name);
    expect(names).toEqual(['admin', 'edit', 'has', 'view']);
    expect(found[2]).toBe(api.shared.find('clusterroles.rbac.authorization.k8s.io', undefined, 'has'));
  });
});
