import type { KubeObject } from '@scale-cluster/memory-apiserver';
import { describe, expect, it } from 'vitest';
import { relationships } from '../../src/steve/relationships.js';
import { summarize } from '../../src/steve/summary.js';

const object = (kind: string, more: Record<string, unknown> = {}, apiVersion = 'v1'): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name: 'x', namespace: 'ns', ...(more['metadata'] as object) },
  ...Object.fromEntries(Object.entries(more).filter(([key]) => key !== 'metadata')),
});
const conditions = (
  ...list: [type: string, status: string, message?: string][]
): { status: { conditions: unknown[] } } => ({
  status: { conditions: list.map(([type, status, message = '']) => ({ type, status, message })) },
});

describe('summarize', () => {
  it.each<[string, KubeObject, string, string]>([
    ['a Secret', object('Secret'), 'active', ''],
    ['an active Namespace', object('Namespace', { status: { phase: 'Active' } }), 'active', ''],
    [
      'a running Pod',
      object('Pod', { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } }),
      'running',
      '',
    ],
    [
      'a Pod that is not ready',
      object('Pod', { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'False' }] } }),
      'unavailable',
      'transitioning',
    ],
    [
      'an unschedulable Pod',
      object('Pod', {
        status: { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False' }] },
      }),
      'scheduling',
      'error',
    ],
    [
      'a completed Pod',
      object('Pod', { status: { phase: 'Succeeded', conditions: [{ type: 'Ready', status: 'False' }] } }),
      'succeeded',
      '',
    ],
    ['a bound claim', object('PersistentVolumeClaim', { status: { phase: 'Bound' } }), 'bound', ''],
    [
      'a healthy Node',
      object('Node', conditions(['MemoryPressure', 'False'], ['Ready', 'True'])),
      'active',
      '',
    ],
    [
      'a Node under pressure',
      object('Node', conditions(['DiskPressure', 'True', 'full'], ['Ready', 'True'])),
      'error',
      'error',
    ],
    [
      'a Node that is gone',
      object('Node', conditions(['Ready', 'Unknown', 'no heartbeat'])),
      'unavailable',
      'error',
    ],
    [
      'a rolling Deployment',
      object('Deployment', {
        spec: { replicas: 2 },
        ...conditions(['Available', 'False', 'min'], ['Progressing', 'True']),
      }),
      'updating',
      'transitioning',
    ],
    [
      'a stuck Deployment',
      object('Deployment', conditions(['Progressing', 'False', 'deadline'])),
      'error',
      'error',
    ],
    [
      'a Deployment short of pods',
      object('Deployment', {
        spec: { replicas: 2 },
        status: { replicas: 2, updatedReplicas: 2, availableReplicas: 1 },
      }),
      'in-progress',
      'transitioning',
    ],
    [
      'an unseen spec',
      object('StatefulSet', { metadata: { generation: 2 }, status: { observedGeneration: 1 } }),
      'in-progress',
      'transitioning',
    ],
    [
      'a DaemonSet',
      object('DaemonSet', {
        status: { desiredNumberScheduled: 1, updatedNumberScheduled: 1, numberAvailable: 1, numberReady: 1 },
      }),
      'active',
      '',
    ],
    ['a Job with failures', object('Job', conditions(['Failed', 'True', 'backoff'])), 'error', 'error'],
    ['a Job', object('Job', conditions(['Complete', 'True'])), 'active', ''],
    [
      'a new CRD',
      object('CustomResourceDefinition', conditions(['Established', 'False'])),
      'in-progress',
      'transitioning',
    ],
    [
      'a load balancer without address',
      object('Service', { spec: { type: 'LoadBalancer' } }),
      'pending',
      'transitioning',
    ],
    ['a cluster IP service', object('Service', { spec: { type: 'ClusterIP' } }), 'active', ''],
    [
      'something being deleted',
      object('Pod', {
        metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' },
        status: { phase: 'Running' },
      }),
      'removing',
      'transitioning',
    ],
  ])('%s', (_name, subject, state, flag) => {
    expect(summarize(subject)).toMatchObject({
      state,
      error: flag === 'error',
      transitioning: flag === 'transitioning',
    });
  });

  it('carries each message once', () => {
    const summary = summarize(
      object('Node', conditions(['DiskPressure', 'True', ' full '], ['MemoryPressure', 'True', 'full'])),
    );
    expect(summary.messages).toEqual(['full']);
  });

  it('survives a status that is not as it should be', () => {
    for (const status of [
      null,
      'x',
      { conditions: null },
      { conditions: [null, 1, { type: 3 }] },
      { phase: 7 },
    ]) {
      expect(summarize(object('Pod', { status })).state).not.toBe('');
    }
  });
});

describe('relationships', () => {
  it('are owners, selected pods and what the pods use', () => {
    const deployment = object(
      'ReplicaSet',
      {
        metadata: { ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'u' }] },
        spec: {
          selector: {
            matchLabels: { app: 'web' },
            matchExpressions: [{ key: 'tier', operator: 'In', values: ['a', 'b'] }],
          },
          template: {
            spec: {
              serviceAccountName: 'sa',
              imagePullSecrets: [{ name: 'pull' }],
              volumes: [
                { name: 'v', secret: { secretName: 'tls' } },
                { name: 'p', projected: { sources: [{ configMap: { name: 'ca' } }] } },
              ],
              containers: [
                {
                  env: [{ valueFrom: { secretKeyRef: { name: 'tls' } } }],
                  envFrom: [{ configMapRef: { name: 'env' } }],
                },
              ],
            },
          },
        },
      },
      'apps/v1',
    );
    expect(relationships(deployment)).toEqual([
      { rel: 'owner', fromId: 'ns/web', fromType: 'apps.deployment' },
      { rel: 'creates', toType: 'pod', toNamespace: 'ns', selector: 'app=web,tier in (a,b)' },
      { rel: 'uses', toType: 'serviceaccount', toId: 'ns/sa' },
      { rel: 'uses', toType: 'secret', toId: 'ns/pull' },
      { rel: 'uses', toType: 'secret', toId: 'ns/tls' },
      { rel: 'uses', toType: 'configmap', toId: 'ns/ca' },
      { rel: 'uses', toType: 'configmap', toId: 'ns/env' },
    ]);
  });

  it('of a Service are the pods it selects', () => {
    expect(relationships(object('Service', { spec: { selector: { app: 'web' } } }))).toEqual([
      { rel: 'selects', toType: 'pod', toNamespace: 'ns', selector: 'app=web' },
    ]);
    expect(relationships(object('Service', { spec: {} }))).toEqual([]);
  });
});
