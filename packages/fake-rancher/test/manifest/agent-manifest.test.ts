import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { agentManifest, credentialsKey, renderManifest } from '../../src/manifest/agent-manifest.js';

const input = { url: 'https://r', registrationToken: 'tok', caChecksum: 'sum', installUuid: 'id' };

describe('agentManifest', () => {
  it("holds Rancher's nine objects in its order", () => {
    expect(agentManifest(input).map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
      'ClusterRole proxy-clusterrole-kubeapiserver',
      'ClusterRoleBinding proxy-role-binding-kubernetes-master',
      'Namespace cattle-system',
      'ServiceAccount cattle',
      'ClusterRoleBinding cattle-admin-binding',
      `Secret cattle-credentials-${credentialsKey('https://r', 'tok', '')}`,
      'ClusterRole cattle-admin',
      'Deployment cattle-cluster-agent',
      'Service cattle-cluster-agent',
    ]);
  });

  it('names other credentials when Rancher itself applies it', () => {
    expect(credentialsKey('https://r', 'tok', '')).toMatch(/^[0-9a-f]{10}$/);
    expect(credentialsKey('https://r', 'tok', 'c-1')).not.toBe(credentialsKey('https://r', 'tok', ''));
  });

  it('carries CATTLE_FEATURES only then', () => {
    expect(JSON.stringify(agentManifest(input))).not.toContain('CATTLE_FEATURES');
    expect(JSON.stringify(agentManifest({ ...input, features: 'fleet=false' }))).toContain('"fleet=false"');
  });

  it('survives being written and read', () => {
    const documents = parseAllDocuments(renderManifest(agentManifest(input)));
    expect((documents as { toJS(): unknown }[]).map((document) => document.toJS())).toEqual(
      agentManifest(input),
    );
  });
});
