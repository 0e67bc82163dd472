import type { Scenario } from '../scenario.js';
import { inNamespace, patch, post } from '../scenario.js';

const maps = (ns: string): string => `/api/v1/namespaces/${ns}/configmaps`;

const json = inNamespace('patch-json', (ns) => {
  const path = `${maps(ns)}/a`;
  return [
    post(maps(ns), {
      metadata: { name: 'a', labels: { 'a/b': 'c' }, finalizers: ['e.com/1', 'e.com/2'] },
      data: { a: '1' },
    }),
    patch('json', path, [{ op: 'add', path: '/data/b', value: '2' }]),
    patch('json', path, [{ op: 'replace', path: '/metadata/labels/a~1b', value: 'd' }]),
    patch('json', path, [{ op: 'add', path: '/metadata/finalizers/0', value: 'e.com/0' }]),
    patch('json', path, [{ op: 'add', path: '/metadata/finalizers/-', value: 'e.com/3' }]),
    patch('json', path, [{ op: 'move', from: '/data/b', path: '/data/c' }]),
    patch('json', path, [{ op: 'copy', from: '/data/c', path: '/data/d' }]),
    patch('json', path, [{ op: 'test', path: '/data/a', value: '1' }]),
    patch('json', path, [{ op: 'test', path: '/data/a', value: '2' }]),
    patch('json', path, [{ op: 'remove', path: '/data/none' }]),
    patch('json', path, [{ op: 'replace', path: '/data/none', value: 'x' }]),
    patch('json', path, [{ op: 'add', path: '/none/deep', value: 'x' }]),
    patch('json', path, [{ op: 'add', path: '/metadata/finalizers/99', value: 'x' }]),
    patch('json', path, [{ op: 'invent', path: '/data' }]),
    patch('json', path, [{ op: 'add', path: 'data', value: 1 }]),
    patch('json', path, [{ op: 'add', path: '/data/n', value: 1 }]),
    patch('json', path, { data: {} }),
    patch('json', path, '['),
    patch('json', path, []),
    patch('json', path, [{ op: 'remove', path: '/metadata/name' }]),
    patch('json', path, [{ op: 'replace', path: '/metadata/name', value: 'b' }]),
    patch('json', path, [{ op: 'replace', path: '/kind', value: 'Secret' }]),
    patch(
      'json',
      path,
      Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/data/a', value: '1' })),
    ),
    patch('json', `${maps(ns)}/none`, [{ op: 'remove', path: '/data' }]),
  ];
});

const merge = inNamespace('patch-merge', (ns) => {
  const path = `${maps(ns)}/a`;
  return [
    post(maps(ns), { metadata: { name: 'a', labels: { a: 'b' } }, data: { a: '1', b: '2' } }, { as: 'a' }),
    patch('merge', path, { data: { a: null, c: '3' } }),
    patch('merge', path, { data: null }),
    patch('merge', path, {}),
    patch('merge', path, { metadata: { name: 'b' } }),
    patch('merge', path, { metadata: { namespace: 'b' } }),
    patch('merge', path, { metadata: { uid: 'b' } }),
    patch('merge', path, { metadata: { creationTimestamp: '2020-01-01T00:00:00Z' } }),
    patch('merge', path, { metadata: { resourceVersion: '1' } }),
    patch('merge', path, (seen: { a: { metadata: { uid: string } } }) => ({
      metadata: { uid: seen.a.metadata.uid, labels: { u: 'id' } },
    })),
    patch('merge', path, { apiVersion: 'v2' }),
    patch('merge', path, { kind: 'Secret' }),
    patch('merge', path, []),
    patch('merge', path, 'null'),
    patch('merge', path, '"x"'),
    patch('merge', path, '{'),
    patch('merge', path, { data: { a: 1 } }),
    patch('merge', path, { metadata: { labels: 'x' } }),
    patch('merge', path, { metadata: { labels: { 'bad key': 'x' } } }),
    patch('merge', path, {}, { headers: { 'content-type': 'application/json' } }),
    patch('merge', path, {}, { headers: { 'content-type': 'application/x-patch' } }),
    patch('merge', `${maps(ns)}/none`, {}),
  ];
});

const strategic = inNamespace('patch-strategic', (ns) => {
  const collection = `/apis/apps/v1/namespaces/${ns}/deployments`;
  const path = `${collection}/web`;
  const containers = (list: unknown[]): object => ({ spec: { template: { spec: { containers: list } } } });
  return [
    post(collection, {
      metadata: { name: 'web', finalizers: ['e.com/1'] },
      spec: {
        selector: { matchLabels: { app: 'web' } },
        template: {
          metadata: { labels: { app: 'web' } },
          spec: {
            containers: [
              {
                name: 'main',
                image: 'nginx',
                env: [
                  { name: 'A', value: '1' },
                  { name: 'B', value: '2' },
                ],
                ports: [{ containerPort: 80 }],
              },
              { name: 'side', image: 'side', args: ['a', 'b'] },
            ],
            tolerations: [{ key: 'a', operator: 'Exists' }],
          },
        },
      },
    }),
    patch('strategic', path, containers([{ name: 'main', image: 'nginx:2' }])),
    patch('strategic', path, containers([{ name: 'new', image: 'new' }])),
    patch('strategic', path, containers([{ name: 'new', $patch: 'delete' }])),
    patch(
      'strategic',
      path,
      containers([
        {
          name: 'main',
          env: [
            { name: 'A', value: '9' },
            { name: 'C', value: '3' },
          ],
        },
      ]),
    ),
    patch('strategic', path, containers([{ name: 'main', env: [{ name: 'B', $patch: 'delete' }] }])),
    patch(
      'strategic',
      path,
      containers([{ name: 'main', ports: [{ containerPort: 80, name: 'http' }, { containerPort: 443 }] }]),
    ),
    patch('strategic', path, containers([{ name: 'side', args: ['c'] }])),
    patch('strategic', path, { spec: { template: { spec: { '$setElementOrder/containers': 'x' } } } }),
    patch('strategic', path, {
      spec: {
        template: {
          spec: {
            '$setElementOrder/containers': [{ name: 'side' }, { name: 'main' }],
            containers: [{ name: 'side', image: 'side:2' }],
          },
        },
      },
    }),
    patch('strategic', path, {
      spec: { template: { spec: { tolerations: [{ key: 'b', operator: 'Exists' }] } } },
    }),
    patch('strategic', path, { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } }),
    patch('strategic', path, { metadata: { finalizers: ['e.com/2'] } }),
    patch('strategic', path, { metadata: { '$deleteFromPrimitiveList/finalizers': ['e.com/1'] } }),
    patch('strategic', path, {
      spec: { template: { spec: { nodeSelector: { $patch: 'replace', a: 'b' } } } },
    }),
    patch('strategic', path, { spec: { template: { metadata: { labels: { more: 'x' } } } } }),
    patch('strategic', path, { spec: { template: { spec: { containers: [{ image: 'nameless' }] } } } }),
    patch('strategic', path, { spec: { $patch: 'invent' } }),
    patch('strategic', path, { spec: { replicas: 'x' } }),
    patch('strategic', path, { spec: null }),
    patch('strategic', path, '['),
    patch('strategic', path, { metadata: { finalizers: null } }),
  ];
});

/** The kinds of patch but server-side apply. */
export const patches: readonly Scenario[] = [json, merge, strategic];
