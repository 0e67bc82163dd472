import type { Scenario } from '../scenario.js';
import { apply, get, inNamespace, patch, post, put, remove } from '../scenario.js';

const maps = (ns: string): string => `/api/v1/namespaces/${ns}/configmaps`;
const deployments = (ns: string): string => `/apis/apps/v1/namespaces/${ns}/deployments`;

const deployment = (name: string, image = 'nginx'): Record<string, unknown> => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'main', image }] } },
  },
});

const creating = inNamespace('creating', (ns) => [
  post(maps(ns), { metadata: { generateName: 'made-' }, data: { a: '1' } }),
  post(maps(ns), { metadata: {} }),
  post(maps(ns), { metadata: { name: 'Not_Valid' } }),
  post(maps(ns), { metadata: { name: 'a'.repeat(254) } }),
  post(maps(ns), { metadata: { name: 'labelled', labels: { '-bad-': 'x' } } }),
  post(maps(ns), { metadata: { name: 'labelled', labels: { ok: 'not ok!' } } }),
  post(maps(ns), { metadata: { name: 'annotated', annotations: { 'Bad Key': 'x' } } }),
  post(maps(ns), { metadata: { name: 'elsewhere', namespace: 'another' } }),
  post(maps(ns), { metadata: { name: 'versioned', resourceVersion: '5' } }),
  post(maps(ns), {
    metadata: { name: 'born', uid: 'given', creationTimestamp: '2020-01-01T00:00:00Z', generation: 7 },
  }),
  post(maps(ns), { metadata: { name: 'owned', ownerReferences: [{ kind: 'Pod', name: 'x' }] } }),
  post(maps(ns), {
    metadata: {
      name: 'owned',
      ownerReferences: [
        { apiVersion: 'v1', kind: 'Pod', name: 'x', uid: '1', controller: true },
        { apiVersion: 'v1', kind: 'Pod', name: 'y', uid: '2', controller: true },
      ],
    },
  }),
  post(maps(ns), { metadata: { name: 'final', finalizers: ['nodomain'] } }),
  post(maps(ns), { metadata: { name: 'final', finalizers: ['example.com/kept'] } }),
  post(maps(ns), { metadata: { name: 'big key', labels: {} }, data: { 'bad key!': 'x' } }),
  post(maps(ns), { metadata: { name: 'twice' }, data: { a: 'x' }, binaryData: { a: 'AA==' } }),
  post(maps(ns), { metadata: { name: 'number' }, data: { a: 1 } }),
  post(maps(ns), { metadata: { name: 'list' }, data: ['a'] }),
  post(maps(ns), { metadata: 'x' }),
  post(maps(ns), { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'other-kind' } }),
  post(maps(ns), { apiVersion: 'apps/v1', kind: 'ConfigMap', metadata: { name: 'other-version' } }),
  post(maps(ns), { apiVersion: 'v1', kind: 'Nonsense', metadata: { name: 'other-kind' } }),
  post(maps(ns), { apiVersion: 'a/b/c', kind: 'ConfigMap', metadata: { name: 'other-version' } }),
  post(`/api/v1/namespaces/nowhere/configmaps`, { metadata: { name: 'lost' } }),
  post(`/api/v1/configmaps`, { metadata: { name: 'lost' } }),
  post(maps(ns), ''),
  post(maps(ns), '{'),
  post(maps(ns), '[]'),
  post(maps(ns), 'null'),
  post(maps(ns), '"text"'),
  post(maps(ns), 'metadata: {name: yaml}\ndata: {a: b}\n', {
    headers: { 'content-type': 'application/yaml' },
  }),
  post(maps(ns), 'a: [', { headers: { 'content-type': 'application/yaml' } }),
  post(maps(ns), { metadata: { name: 'x' } }, { headers: { 'content-type': 'text/plain' } }),
  post(maps(ns), { metadata: { name: 'made', managedFields: [{ manager: 'me', operation: 'Update' }] } }),
  post(`${maps(ns)}?fieldManager=somebody`, { metadata: { name: 'managed' }, data: { a: '1' } }),
  post(`${maps(ns)}?fieldManager=${'m'.repeat(129)}`, { metadata: { name: 'managed-long' } }),
  post(`${maps(ns)}?fieldManager=bad%01manager`, { metadata: { name: 'managed-bad' } }),
  post(`/api/v1/namespaces/${ns}/secrets`, { metadata: { name: 's' }, type: 'kubernetes.io/tls', data: {} }),
  post(`/api/v1/namespaces/${ns}/secrets`, { metadata: { name: 's' }, data: { a: 'not base64!' } }),
  post(`/api/v1/namespaces/${ns}/secrets`, {
    metadata: { name: 's' },
    type: 'kubernetes.io/dockerconfigjson',
    data: { '.dockerconfigjson': 'e30=' },
  }),
  post(deployments(ns), { metadata: { name: 'empty' } }),
  post(deployments(ns), {
    metadata: { name: 'mismatch' },
    spec: { selector: { matchLabels: { a: 'b' } }, template: {} },
  }),
  post(deployments(ns), {
    ...deployment('negative'),
    spec: { ...(deployment('negative')['spec'] as object), replicas: -1, strategy: { type: 'Sideways' } },
  }),
  post(deployments(ns), { ...deployment('typed'), spec: { replicas: 'three' } }),
]);

const dryRun = inNamespace('dry-run', (ns) => [
  post(`${maps(ns)}?dryRun=All`, { metadata: { name: 'a' }, data: { a: '1' } }),
  get(`${maps(ns)}/a`),
  post(`${maps(ns)}?dryRun=Some`, { metadata: { name: 'a' } }),
  post(maps(ns), { metadata: { name: 'a' }, data: { a: '1' } }, { as: 'a' }),
  post(`${maps(ns)}?dryRun=All`, { metadata: { name: 'a' } }),
  put(`${maps(ns)}/a?dryRun=All`, { metadata: { name: 'a' }, data: { a: '2' } }),
  patch('merge', `${maps(ns)}/a?dryRun=All`, { data: { b: '3' } }),
  apply(`${maps(ns)}/a?dryRun=All`, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'a' },
    data: { c: '4' },
  }),
  remove(`${maps(ns)}/a?dryRun=All`),
  remove(`${maps(ns)}/a`, { dryRun: ['All'] }),
  remove(`${maps(ns)}/a`, { dryRun: ['Some'] }),
  get(`${maps(ns)}/a`),
  post(`/api/v1/namespaces/${ns}/services?dryRun=All`, {
    metadata: { name: 's' },
    spec: { ports: [{ port: 80 }] },
  }),
]);

const fieldValidation = inNamespace('field-validation', (ns) => [
  post(`${maps(ns)}?fieldValidation=Strict`, {
    metadata: { name: 'a', colour: 'red' },
    date: {},
    data: { a: '1' },
  }),
  post(`${maps(ns)}?fieldValidation=Warn`, {
    metadata: { name: 'a', colour: 'red' },
    date: {},
    data: { a: '1' },
  }),
  post(`${maps(ns)}?fieldValidation=Ignore`, { metadata: { name: 'b', colour: 'red' }, date: {} }),
  post(maps(ns), { metadata: { name: 'c' }, date: {} }),
  post(`${maps(ns)}?fieldValidation=Sometimes`, { metadata: { name: 'd' } }),
  post(`${maps(ns)}?fieldValidation=Strict`, '{"metadata":{"name":"e","name":"f"},"data":{"a":"1","a":"2"}}'),
  post(`${maps(ns)}?fieldValidation=Warn`, '{"metadata":{"name":"e"},"data":{"a":"1","a":"2"}}'),
  post(`${maps(ns)}?fieldValidation=Strict`, 'metadata: {name: g}\ndate: {}\n', {
    headers: { 'content-type': 'application/yaml' },
  }),
  patch('merge', `${maps(ns)}/a?fieldValidation=Strict`, { metadata: { colour: 'blue' } }),
  patch('merge', `${maps(ns)}/a?fieldValidation=Warn`, { metadata: { colour: 'blue' } }),
  patch('strategic', `${maps(ns)}/a?fieldValidation=Strict`, { date: 'x' }),
  patch('json', `${maps(ns)}/a?fieldValidation=Strict`, [{ op: 'add', path: '/date', value: 'x' }]),
  apply(`${maps(ns)}/a?fieldValidation=Strict`, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'a' },
    date: {},
  }),
  put(`${maps(ns)}/a?fieldValidation=Strict`, { metadata: { name: 'a' }, date: {} }),
  post(`${deployments(ns)}?fieldValidation=Strict`, {
    ...deployment('web'),
    spec: {
      ...(deployment('web')['spec'] as object),
      replica: 2,
      template: { spec: { containers: [{ name: 'x', imagePullSecret: 'y' }] } },
    },
  }),
]);

const updating = inNamespace('updating', (ns) => [
  post(maps(ns), { metadata: { name: 'a', labels: { x: 'y' } }, data: { a: '1' } }, { as: 'a' }),
  put(`${maps(ns)}/a`, (seen: { a: object }) => seen.a),
  put(`${maps(ns)}/a`, { metadata: { name: 'a' }, data: { a: '2' } }),
  put(`${maps(ns)}/a`, (seen: { a: object }) => ({ ...seen.a, data: { a: '3' } })),
  put(`${maps(ns)}/a`, { metadata: { name: 'b' } }),
  put(`${maps(ns)}/a`, { metadata: {} }),
  put(`${maps(ns)}/a`, { metadata: { name: 'a', namespace: 'other' } }),
  put(`${maps(ns)}/a`, { metadata: { name: 'a', uid: 'wrong' } }),
  put(`${maps(ns)}/a`, { metadata: { name: 'a', resourceVersion: 'x' } }),
  put(`${maps(ns)}/a`, { metadata: { name: 'a', resourceVersion: '0' } }),
  put(`${maps(ns)}/a`, { metadata: { name: 'a', creationTimestamp: null, generation: 9 }, data: { a: '4' } }),
  put(`${maps(ns)}/missing`, { metadata: { name: 'missing' } }),
  put(`/apis/coordination.k8s.io/v1/namespaces/${ns}/leases/made`, {
    metadata: { name: 'made' },
    spec: { holderIdentity: 'me' },
  }),
  put(`/apis/coordination.k8s.io/v1/namespaces/${ns}/leases/made`, {
    metadata: { name: 'made' },
    spec: { holderIdentity: 'you' },
  }),
  put(`/apis/rbac.authorization.k8s.io/v1/namespaces/${ns}/roles/made`, {
    metadata: { name: 'made' },
    rules: [],
  }),
  put(`/api/v1/namespaces/${ns}/services/made`, {
    metadata: { name: 'made' },
    spec: { ports: [{ port: 1 }] },
  }),
  post(maps(ns), { metadata: { name: 'fixed' }, data: { a: '1' }, immutable: true }),
  patch('merge', `${maps(ns)}/fixed`, { data: { a: '2' } }),
  patch('merge', `${maps(ns)}/fixed`, { immutable: false }),
  patch('merge', `${maps(ns)}/fixed`, { metadata: { labels: { fine: 'yes' } } }),
  post(deployments(ns), deployment('web'), { as: 'web' }),
  patch('merge', `${deployments(ns)}/web`, { metadata: { labels: { no: 'generation' } } }),
  patch('merge', `${deployments(ns)}/web`, { metadata: { annotations: { a: 'generation' } } }),
  patch('merge', `${deployments(ns)}/web`, { spec: { replicas: 1 } }),
  patch('merge', `${deployments(ns)}/web`, { spec: { paused: true } }),
  patch('merge', `${deployments(ns)}/web`, { spec: { selector: { matchLabels: { app: 'other' } } } }),
  patch('merge', `${deployments(ns)}/web`, { status: { replicas: 5 } }),
  patch('merge', `${deployments(ns)}/web/status`, {
    spec: { replicas: 5 },
    status: { replicas: 5 },
    metadata: { labels: { from: 'status' } },
  }),
  put(`${deployments(ns)}/web/status`, (seen: { web: object }) => ({ ...seen.web, status: { replicas: 6 } })),
  get(`${deployments(ns)}/web/status`),
  put(`${deployments(ns)}/web`, (seen: { web: object }) => ({ ...seen.web, apiVersion: 'v1' })),
  post(deployments(ns), { ...deployment('once'), status: { replicas: 3 } }),
]);

const managers = inNamespace('managers', (ns) => {
  const map = (name: string, data: object): object => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name },
    data,
  });
  return [
    apply(`${maps(ns)}/a`, map('a', { x: '1', y: '1' }), { manager: 'one' }),
    apply(`${maps(ns)}/a`, map('a', { x: '1', y: '1' }), { manager: 'one' }),
    apply(`${maps(ns)}/a`, map('a', { x: '2', z: '1' }), { manager: 'two' }),
    apply(`${maps(ns)}/a`, map('a', { x: '1', z: '1' }), { manager: 'two' }),
    apply(`${maps(ns)}/a`, map('a', { x: '2', z: '1' }), { manager: 'two', force: true }),
    apply(`${maps(ns)}/a`, map('a', { y: '1' }), { manager: 'one' }),
    apply(`${maps(ns)}/a`, map('a', {}), { manager: 'one' }),
    patch('merge', `${maps(ns)}/a?fieldManager=three`, { data: { z: '3' } }),
    apply(`${maps(ns)}/a`, map('a', { x: '2', z: '1' }), { manager: 'two' }),
    patch('merge', `${maps(ns)}/a`, { metadata: { managedFields: null } }),
    patch('merge', `${maps(ns)}/a`, { metadata: { managedFields: [{}] } }),
    patch('merge', `${maps(ns)}/a`, { data: { w: '1' } }),
    apply(`${maps(ns)}/a`, map('a', { w: '2' }), { manager: 'two' }),
    apply(
      `${maps(ns)}/a`,
      { ...map('a', {}), metadata: { name: 'a', managedFields: [] } },
      { manager: 'two' },
    ),
    apply(`${maps(ns)}/a`, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'a', managedFields: [{ manager: 'x' }] },
    }),
    patch('apply', `${maps(ns)}/a`, map('a', { w: '2' })),
    apply(`${maps(ns)}/a`, map('b', {})),
    apply(`${maps(ns)}/a`, { metadata: { name: 'a' } }),
    apply(`${maps(ns)}/a`, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' } }),
    apply(`${maps(ns)}/a`, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', uid: 'other' } }),
    apply(`${maps(ns)}/new`, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'new', uid: 'given' },
    }),
    apply(`${maps(ns)}/new`, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'new', resourceVersion: '7' },
    }),
    apply(`${maps(ns)}/new`, 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: new}\ndata: {a: "1"}\n'),
    apply(`${maps(ns)}/new`, 'a: ['),
    patch('merge', `${maps(ns)}/new?force=true`, { data: {} }),
    apply(`${deployments(ns)}/web`, deployment('web'), { manager: 'one' }),
    apply(
      `${deployments(ns)}/web`,
      {
        ...deployment('web'),
        spec: {
          template: {
            spec: { containers: [{ name: 'side', image: 'side', ports: [{ containerPort: 1 }] }] },
          },
        },
      },
      { manager: 'two' },
    ),
    apply(
      `${deployments(ns)}/web`,
      { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' }, spec: { replicas: 3 } },
      { manager: 'two' },
    ),
    put(`${deployments(ns)}/web/scale?fieldManager=scaler`, {
      apiVersion: 'autoscaling/v1',
      kind: 'Scale',
      metadata: { name: 'web', namespace: ns },
      spec: { replicas: 5 },
    }),
    apply(
      `${deployments(ns)}/web`,
      { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' }, spec: { replicas: 3 } },
      { manager: 'two' },
    ),
    apply(
      `${deployments(ns)}/web/status`,
      { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' }, status: { replicas: 3 } },
      { manager: 'watcher' },
    ),
    get(`${deployments(ns)}/web`),
    ...Array.from({ length: 12 }, (_, index) =>
      // In the order of their names: which are the oldest may be decided by them.
      patch('merge', `${maps(ns)}/new?fieldManager=m${10 + index}`, { data: { [`k${index}`]: 'v' } }),
    ),
  ];
});

/** The rules of writing an object, whatever its kind. */
export const writes: readonly Scenario[] = [creating, dryRun, fieldValidation, updating, managers];
