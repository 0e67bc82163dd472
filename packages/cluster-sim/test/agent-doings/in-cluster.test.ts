import { ApiServer, parseQuantity, type Cluster } from '@scale-cluster/memory-apiserver';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AgentControllers } from '../../src/agent-doings/agent-controllers.js';
import { ensureAgentToken, ensureAggregationSecret } from '../../src/agent-doings/agent-objects.js';
import { agentUser, ClusterTokens } from '../../src/agent-doings/identity.js';
import { applyImportManifest, parseImportManifest } from '../../src/agent-doings/import-manifest.js';
import { podLimitsAnnotation, podRequestsAnnotation } from '../../src/agent-doings/pod-totals.js';
import { MemoryObjects } from '../../src/backend/memory-objects.js';
import { defaultTemplate } from '../../src/template/default-template.js';
import { parseTemplate } from '../../src/template/load.js';

const secret = Buffer.alloc(32, 7).toString('base64');

function startCluster(onWrite?: () => void): { cluster: Cluster; server: ApiServer } {
  const template = parseTemplate(defaultTemplate, 'cluster.yaml', 0);
  const server = new ApiServer({ version: template.version });
  onTestFinished(() => server.close());
  const cluster = server.createCluster({
    name: 'demo',
    uid: 'u-1',
    base: server.createBase(template.objects),
    ...(onWrite === undefined ? {} : { onWrite }),
  });
  return { cluster, server };
}

const manifest = `
apiVersion: v1
kind: Namespace
metadata: { name: cattle-system }
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: cattle, namespace: cattle-system }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: cattle-admin-binding, namespace: cattle-system, labels: { cattle.io/creator: norman } }
subjects: [{ kind: ServiceAccount, name: cattle, namespace: cattle-system }]
roleRef: { kind: ClusterRole, name: cattle-admin, apiGroup: rbac.authorization.k8s.io }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: cattle-cluster-agent, namespace: cattle-system }
spec:
  selector: { matchLabels: { app: cattle-cluster-agent } }
  template:
    metadata: { labels: { app: cattle-cluster-agent } }
    spec:
      serviceAccountName: cattle
      containers: [{ name: cluster-register, image: "rancher/rancher-agent:v2.15.0" }]
`;

describe('the import manifest', () => {
  it('is applied as kubectl does, with the annotation of the last configuration, and only once', async () => {
    const { cluster, server } = startCluster();
    const objects = parseImportManifest(manifest);
    const inCluster = new MemoryObjects(cluster.api);
    expect(await applyImportManifest(inCluster, objects)).toBe(4);
    expect(await applyImportManifest(inCluster, objects)).toBe(0);
    const deployment = cluster.api.get('deployments.apps', 'cattle-system', 'cattle-cluster-agent');
    const last = JSON.parse(
      deployment.metadata.annotations?.['kubectl.kubernetes.io/last-applied-configuration'] ?? '',
    );
    expect(last.spec).toEqual(objects[3]?.['spec']);
    expect(
      cluster.api.get('clusterrolebindings.rbac.authorization.k8s.io', undefined, 'cattle-admin-binding')
        .metadata.namespace,
    ).toBeUndefined();
    await server.idle();
    await expect
      .poll(
        () =>
          cluster.api.get('deployments.apps', 'cattle-system', 'cattle-cluster-agent')['status']
            ?.availableReplicas,
        { timeout: 10_000 },
      )
      .toBe(1);
  });

  it.each(['', 'kind: Pod\n', '{', '- a\n'])('is refused when it is %j', (text) => {
    expect(() => parseImportManifest(text)).toThrow(/import manifest/);
  });
});

describe('the agent’s account', () => {
  it('has a long-lived token Secret with exactly the token that Rancher is shown', async () => {
    const { cluster } = startCluster();
    const tokens = new ClusterTokens(secret, 'u-1');
    await ensureAgentToken(new MemoryObjects(cluster.api), tokens, 'PEM');
    const stored = cluster.api.get('secrets', 'cattle-system', tokens.agentSecretName);
    expect(Buffer.from(stored['data'].token, 'base64').toString()).toBe(tokens.agentToken);
    expect(stored.type).toBe('kubernetes.io/service-account-token');
    expect(
      cluster.api.get('serviceaccounts', 'cattle-system', 'cattle').metadata.annotations?.[
        'rancher.io/service-account.secret-ref'
      ],
    ).toBe(`cattle-system/${tokens.agentSecretName}`);
  });

  it('has tokens that depend on fleet and cluster only', () => {
    const [a, again, b, other] = [
      new ClusterTokens(secret, 'a'),
      new ClusterTokens(secret, 'a'),
      new ClusterTokens(secret, 'b'),
      new ClusterTokens('AAAA', 'a'),
    ];
    expect(again.agentToken).toBe(a.agentToken);
    expect(new Set([a.agentToken, b.agentToken, other.agentToken, a.localToken, b.localToken]).size).toBe(5);
    expect(JSON.parse(Buffer.from(a.agentToken.split('.')[1] ?? '', 'base64url').toString()).sub).toBe(
      agentUser.username,
    );
  });

  it('has stv-aggregation, rewritten only when the registration token changes', async () => {
    let writes = 0;
    const { cluster } = startCluster(() => (writes += 1));
    await ensureAgentToken(new MemoryObjects(cluster.api), new ClusterTokens(secret, 'u-1'), 'PEM');
    const facts = {
      rancherURL: 'https://r.example',
      registrationToken: 'one',
      caCert: 'CA',
      caChecksum: 'abc',
    };
    await ensureAggregationSecret(new MemoryObjects(cluster.api), facts);
    const before = writes;
    await ensureAggregationSecret(new MemoryObjects(cluster.api), facts);
    expect(writes).toBe(before);
    await ensureAggregationSecret(new MemoryObjects(cluster.api), { ...facts, registrationToken: 'two' });
    const { data } = cluster.api.get('secrets', 'cattle-system', 'stv-aggregation') as unknown as {
      data: Record<string, string>;
    };
    const text = (key: string): string => Buffer.from(data[key] ?? '', 'base64').toString();
    expect([text('url'), text('token'), text('CATTLE_CACERTS_VALID'), text('ca.crt')]).toEqual([
      'https://r.example/v3/connect',
      'stv-cluster-two',
      'true',
      'CA',
    ]);
  });
});

describe('the agent’s controllers', () => {
  function withControllers(onWrite?: () => void): { cluster: Cluster; runAll: () => Promise<number> } {
    const { cluster } = startCluster(onWrite);
    const waiting = new Map<string, () => void>();
    const controllers = new AgentControllers({
      objects: new MemoryObjects(cluster.api),
      hasPodTotals: true,
      uid: 'u-1',
      delayer: { delay: (key, _ms, run) => void waiting.set(key, run) },
      onError: (error) => expect.fail(String(error)),
    });
    onTestFinished(() => controllers.close());
    return {
      cluster,
      runAll: async () => {
        const due = [...waiting.values()];
        waiting.clear();
        for (const run of due) run();
        // All that a controller does in this process is done within the turn.
        await new Promise(setImmediate);
        return due.length;
      },
    };
  }

  const pod = (name: string, cpu: string) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default' },
    spec: {
      nodeName: 'demo-plex3-7050m',
      containers: [{ name: 'c', image: 'i', resources: { requests: { cpu }, limits: { memory: '1Gi' } } }],
    },
  });

  it('write what the pods of a node ask for, and nothing when nothing has changed', async () => {
    let writes = 0;
    const { cluster, runAll } = withControllers(() => (writes += 1));
    const totals = (): [Record<string, string>, Record<string, string>] => {
      const { annotations = {} } = cluster.api.get('nodes', undefined, 'demo-plex3-7050m').metadata;
      return [
        JSON.parse(annotations[podRequestsAnnotation] ?? '{}'),
        JSON.parse(annotations[podLimitsAnnotation] ?? '{}'),
      ];
    };
    cluster.api.patch('nodes', undefined, 'demo-plex1-7050m', 'merge', {
      metadata: { labels: { touched: 'yes' } },
    });
    cluster.api.create(pod('one', '100m'));
    expect(await runAll()).toBe(1);
    const [one] = totals();
    cluster.api.create(pod('two', '200m'));
    await runAll();
    const [withPods, limits] = totals();
    expect(Number(withPods['pods'])).toBe(Number(one['pods']) + 1);
    const nano = (text = ''): bigint => parseQuantity(text)?.nano ?? 0n;
    expect(nano(withPods['cpu'])).toBe(nano(one['cpu']) + 200_000_000n);
    expect(limits['memory']).toMatch(/i$/);
    cluster.api.patch('pods', 'default', 'one', 'merge', { metadata: { labels: { a: 'b' } } });
    const before = writes;
    await runAll();
    expect(writes).toBe(before);
    cluster.api.delete('pods', 'default', 'two', { gracePeriodSeconds: 0 });
    await runAll();
    const [without] = totals();
    expect(Number(withPods['pods']) - Number(without['pods'])).toBe(1);
  });

  it('copy the project of a namespace from its annotation to its label', async () => {
    const { cluster, runAll } = withControllers();
    const project = 'field.cattle.io/projectId';
    cluster.api.patch('namespaces', undefined, 'kube-system', 'merge', {
      metadata: { annotations: { [project]: 'c-1:p-abc' } },
    });
    await runAll();
    expect(cluster.api.get('namespaces', undefined, 'kube-system').metadata.labels?.[project]).toBe('p-abc');
    expect(await runAll()).toBe(0);
  });
});
