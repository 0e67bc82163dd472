import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../src/object.js';
import { containers, newCluster, pod } from './cluster.js';

const statusOf = (object: KubeObject): Record<string, unknown> => object['status'] as Record<string, unknown>;

describe('quotas', () => {
  it('count objects and sum up requests', () => {
    const cluster = newCluster();
    const hard = {
      pods: '10',
      'requests.cpu': '2',
      'requests.memory': '1Gi',
      configmaps: '5',
      'count/deployments.apps': '3',
    };
    cluster.api.create({
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'q', namespace: 'demo' },
      spec: { hard },
    });
    const used = (): unknown => statusOf(cluster.api.get('resourcequotas', 'demo', 'q'))['used'];
    for (const name of ['a', 'b'])
      cluster.api.create(pod(name, containers('x', { cpu: '250m', memory: '64Mi' })));
    cluster.advance(3000);
    expect(used()).toEqual({
      pods: '2',
      'requests.cpu': '500m',
      'requests.memory': '128Mi',
      configmaps: '1',
      'count/deployments.apps': '0',
    });
    cluster.api.delete('pods', 'demo', 'a');
    cluster.advance(100);
    expect(used()).toMatchObject({ pods: '1', 'requests.cpu': '250m', 'requests.memory': '64Mi' });
  });
});

describe('aggregated cluster roles', () => {
  it('have the rules of the roles that they select', () => {
    const cluster = newCluster();
    const rules = (verb: string): unknown[] => [{ apiGroups: [''], resources: ['pods'], verbs: [verb] }];
    const role = (
      name: string,
      more: Record<string, unknown>,
      labels?: Record<string, string>,
    ): KubeObject => ({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name, ...(labels === undefined ? {} : { labels }) },
      ...more,
    });
    const aggregationRule = { clusterRoleSelectors: [{ matchLabels: { part: 'yes' } }] };
    cluster.api.create(role('whole', { aggregationRule, rules: [] }));
    cluster.api.create(role('b', { rules: rules('list') }, { part: 'yes' }));
    cluster.api.create(role('a', { rules: rules('get') }, { part: 'yes' }));
    cluster.drain();
    const whole = (): unknown =>
      cluster.api.get('clusterroles.rbac.authorization.k8s.io', undefined, 'whole')['rules'];
    expect(whole()).toEqual([...rules('get'), ...rules('list')]);
    cluster.api.delete('clusterroles.rbac.authorization.k8s.io', undefined, 'a');
    cluster.drain();
    expect(whole()).toEqual(rules('list'));
  });

  it('select by several selectors, and by expressions', () => {
    const cluster = newCluster();
    const storage = 'clusterroles.rbac.authorization.k8s.io';
    const verb = (name: string): unknown => ({ apiGroups: [''], resources: ['pods'], verbs: [name] });
    const role = (name: string, labels: Record<string, string>): KubeObject => ({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name, labels },
      rules: [verb(name)],
    });
    for (const name of ['get', 'list', 'watch']) cluster.api.create(role(name, { verb: name, part: 'yes' }));
    cluster.api.create(role('delete', { part: 'no' }));
    const clusterRoleSelectors = [
      { matchExpressions: [{ key: 'verb', operator: 'In', values: ['watch', 'list'] }] },
      {
        matchLabels: { part: 'yes' },
        matchExpressions: [{ key: 'verb', operator: 'NotIn', values: ['get'] }],
      },
      { matchLabels: { part: 'no' }, matchExpressions: [{ key: 'verb', operator: 'DoesNotExist' }] },
    ];
    cluster.api.create({ ...role('whole', {}), aggregationRule: { clusterRoleSelectors } });
    cluster.drain();
    expect(cluster.api.get(storage, undefined, 'whole')['rules']).toEqual(
      ['delete', 'list', 'watch'].map(verb),
    );
  });
});

describe('events', () => {
  it('are counted up rather than repeated, and gone after an hour', () => {
    const cluster = newCluster();
    cluster.api.create(pod('p', { nodeSelector: { disk: 'tape' } }));
    cluster.advance(10_000);
    const before = cluster.api.count('events', 'demo');
    expect(before).toBeGreaterThan(0);
    cluster.advance(2 * 3_600_000);
    expect(cluster.api.count('events', 'demo')).toBe(0);
  });
});
