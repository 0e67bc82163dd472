import type { Scenario, Seen } from '../scenario.js';
import { get, inNamespace, metadataListAccept, patch, post, put, remove } from '../scenario.js';

const maps = (ns: string): string => `/api/v1/namespaces/${ns}/configmaps`;
const pods = (ns: string): string => `/api/v1/namespaces/${ns}/pods`;

const pod = (name: string, spec: object = {}, metadata: object = {}): Record<string, unknown> => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, ...metadata },
  spec: { containers: [{ name: 'main', image: 'nginx' }], ...spec },
});

const deleting = inNamespace('deleting', (ns) => {
  const path = (name: string): string => `${maps(ns)}/${name}`;
  const create = (name: string, metadata: object = {}): ReturnType<typeof post> =>
    post(maps(ns), { metadata: { name, ...metadata } }, { as: name });
  return [
    create('a'),
    remove(path('a'), { preconditions: { uid: 'wrong' } }),
    remove(path('a'), { preconditions: { resourceVersion: '1' } }),
    remove(path('a'), (seen: Seen) => ({ preconditions: { uid: seen['a'].metadata.uid as string } })),
    remove(path('a')),
    create('b'),
    remove(path('b'), { propagationPolicy: 'Nonsense' }),
    remove(path('b'), { propagationPolicy: 'Orphan', orphanDependents: true }),
    remove(path('b'), { gracePeriodSeconds: -1 }),
    remove(path('b'), 'not json'),
    remove(path('b'), { kind: 'ConfigMap', apiVersion: 'v1' }),
    remove(`${path('b')}?propagationPolicy=Background`),
    create('c'),
    remove(path('c'), { propagationPolicy: 'Foreground' }),
    get(path('c')),
    remove(path('c')),
    patch('merge', path('c'), { metadata: { finalizers: null } }),
    get(path('c')),
    create('d'),
    remove(path('d'), { propagationPolicy: 'Orphan' }),
    patch('merge', path('d'), { metadata: { finalizers: [] } }),
    create('e', { finalizers: ['example.com/one', 'example.com/two'] }),
    remove(path('e')),
    remove(path('e'), { gracePeriodSeconds: 0 }),
    create('e'),
    patch('merge', path('e'), { metadata: { finalizers: ['example.com/one', 'example.com/three'] } }),
    patch('merge', path('e'), { data: { still: 'writable' } }),
    patch('merge', path('e'), { metadata: { deletionTimestamp: null } }),
    patch('merge', path('e'), { metadata: { finalizers: ['example.com/two'] } }),
    put(path('e'), { metadata: { name: 'e' } }),
    get(path('e')),
    create('f', { labels: { gone: 'yes' } }),
    create('g', { labels: { gone: 'yes' } }),
    create('h', { labels: { gone: 'no' } }),
    remove(`${maps(ns)}?labelSelector=gone%3Dyes&dryRun=All`),
    remove(`${maps(ns)}?labelSelector=gone%3Dyes`),
    remove(`${maps(ns)}?fieldSelector=metadata.name%3Dh`, { propagationPolicy: 'Background' }),
    remove(`${maps(ns)}?labelSelector=a%3D%3D%3Db`),
    remove(maps(ns), { preconditions: { uid: 'x' } }),
    get(maps(ns)),
    remove(`/api/v1/configmaps`),
    remove(path('none')),
    remove(`/api/v1/namespaces/${ns}/services`, {}),
    remove('/api/v1/namespaces?labelSelector=none%3Dnone'),
    remove(`${path('none')}?gracePeriodSeconds=x`),
  ];
});

const podLives = inNamespace('pods', (ns) => {
  const path = (name: string): string => `${pods(ns)}/${name}`;
  return [
    post(pods(ns), pod('one')),
    post(`${path('one')}/binding`, { metadata: { name: 'one' }, target: { kind: 'Node', name: 'node-1' } }),
    get(path('one')),
    post(`${path('one')}/binding`, { metadata: { name: 'one' }, target: { kind: 'Node', name: 'node-2' } }),
    post(`${path('one')}/binding`, { metadata: { name: 'one' }, target: { kind: 'Node' } }),
    post(`${path('one')}/binding`, { metadata: { name: 'other' }, target: { name: 'node-1' } }),
    post(`/api/v1/namespaces/${ns}/bindings`, { metadata: { name: 'none' }, target: { name: 'node-1' } }),
    remove(path('one')),
    remove(path('one'), { gracePeriodSeconds: 5 }),
    get(path('one')),
    patch('merge', path('one'), { metadata: { labels: { late: 'yes' } } }),
    remove(path('one'), { gracePeriodSeconds: 0 }),
    get(path('one')),
    post(pods(ns), pod('two', { terminationGracePeriodSeconds: 7, nodeName: 'node-1' })),
    remove(path('two')),
    remove(`${path('two')}?gracePeriodSeconds=0`),
    post(pods(ns), pod('three', { nodeName: 'node-1' })),
    patch('merge', `${path('three')}/status`, {
      status: {
        phase: 'Running',
        containerStatuses: [{ name: 'main', ready: true, restartCount: 0, image: 'nginx', imageID: 'x' }],
      },
    }),
    patch('merge', path('three'), { spec: { nodeName: 'node-2' } }),
    patch('strategic', path('three'), { spec: { containers: [{ name: 'main', image: 'nginx:2' }] } }),
    patch('strategic', path('three'), { spec: { containers: [{ name: 'main', image: '' }] } }),
    patch('strategic', path('three'), { spec: { containers: [{ name: 'more', image: 'x' }] } }),
    patch('merge', path('three'), { spec: { tolerations: [{ key: 'x', operator: 'Exists' }] } }),
    patch('merge', path('three'), { spec: { activeDeadlineSeconds: 50 } }),
    patch('merge', path('three'), { spec: { activeDeadlineSeconds: 60 } }),
    patch('strategic', `${path('three')}/ephemeralcontainers`, {
      spec: { ephemeralContainers: [{ name: 'debug', image: 'busybox', targetContainerName: 'main' }] },
    }),
    patch('strategic', `${path('three')}/ephemeralcontainers`, {
      spec: { ephemeralContainers: [{ name: 'debug', image: 'other' }] },
    }),
    get(`${path('three')}/ephemeralcontainers`),
    patch('strategic', `${path('three')}/resize`, {
      spec: { containers: [{ name: 'main', resources: { requests: { cpu: '1' } } }] },
    }),
    post(`${path('three')}/eviction`, { metadata: { name: 'three' }, deleteOptions: { dryRun: ['All'] } }),
    post(`${path('three')}/eviction`, {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name: 'three' },
    }),
    post(`${path('three')}/eviction`, { metadata: { name: 'other' } }),
    post(`${path('none')}/eviction`, { metadata: { name: 'none' } }),
    post(pods(ns), pod('gated', { schedulingGates: [{ name: 'example.com/wait' }] })),
    post(`${path('gated')}/binding`, { metadata: { name: 'gated' }, target: { name: 'node-1' } }),
    patch('merge', path('gated'), { spec: { schedulingGates: [] } }),
    post(pods(ns), pod('bad', { restartPolicy: 'Sometimes' })),
    post(pods(ns), { metadata: { name: 'none' }, spec: {} }),
    post(pods(ns), pod('volumes', { volumes: [{ name: 'x' }] })),
    post(
      pods(ns),
      pod('mounts', {
        containers: [{ name: 'main', image: 'x', volumeMounts: [{ name: 'none', mountPath: '/x' }] }],
      }),
    ),
    post(
      pods(ns),
      pod('resources', { containers: [{ name: 'main', image: 'x', resources: { limits: { cpu: 'x' } } }] }),
    ),
    post(
      pods(ns),
      pod('limits', {
        containers: [
          { name: 'main', image: 'x', resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } },
        ],
      }),
    ),
    post(pods(ns), pod('account', { serviceAccountName: 'nobody' })),
    post(pods(ns), pod('priority', { priorityClassName: 'none' })),
    post(pods(ns), pod('critical', { priorityClassName: 'system-node-critical' })),
    post(pods(ns), pod('runtime', { runtimeClassName: 'none' })),
    post(pods(ns), pod('mirror', {}, { annotations: { 'kubernetes.io/config.mirror': 'x' } })),
    remove(`${pods(ns)}?gracePeriodSeconds=0`, undefined, { headers: metadataListAccept }),
  ];
});

const scales = inNamespace('scales', (ns) => {
  const collection = `/apis/apps/v1/namespaces/${ns}/deployments`;
  const scale = (name: string): string => `${collection}/${name}/scale`;
  const controllers = `/api/v1/namespaces/${ns}/replicationcontrollers`;
  const template = (app: string): object => ({
    metadata: { labels: { app } },
    spec: { containers: [{ name: 'main', image: 'nginx' }] },
  });
  return [
    post(collection, {
      metadata: { name: 'web' },
      spec: { selector: { matchLabels: { app: 'web' } }, template: template('web') },
    }),
    get(scale('web'), { as: 'scale' }),
    put(scale('web'), (seen: Seen) => ({ ...seen['scale'], spec: { replicas: 4 } })),
    put(scale('web'), (seen: Seen) => ({ ...seen['scale'], spec: { replicas: 5 } })),
    put(scale('web'), { metadata: { name: 'web' }, spec: { replicas: -1 } }),
    put(scale('web'), { metadata: { name: 'other' }, spec: { replicas: 1 } }),
    put(scale('web'), { kind: 'Deployment', apiVersion: 'apps/v1', metadata: { name: 'web' } }),
    patch('merge', scale('web'), { spec: { replicas: 2 } }),
    patch('strategic', scale('web'), { spec: { replicas: 3 } }),
    patch('json', scale('web'), [{ op: 'replace', path: '/spec/replicas', value: 1 }]),
    patch('apply', `${scale('web')}?fieldManager=me&force=true`, {
      apiVersion: 'autoscaling/v1',
      kind: 'Scale',
      metadata: { name: 'web' },
      spec: { replicas: 6 },
    }),
    get(`${collection}/web`),
    get(scale('none')),
    put(scale('none'), { metadata: { name: 'none' }, spec: { replicas: 1 } }),
    post(controllers, { metadata: { name: 'old' }, spec: { template: template('old') } }),
    get(`${controllers}/old/scale`),
    patch('merge', `${controllers}/old/scale`, { spec: { replicas: 3 } }),
    get(`/apis/apps/v1/namespaces/${ns}/daemonsets/x/scale`),
  ];
});

const namespaces = inNamespace('namespaces', (ns) => {
  const path = '/api/v1/namespaces/differential-other';
  return [
    post(
      '/api/v1/namespaces',
      { metadata: { name: 'differential-other', labels: { a: 'b' } } },
      { as: 'other' },
    ),
    post('/api/v1/namespaces', { metadata: { name: 'Not.Valid' } }),
    post('/api/v1/namespaces', { metadata: { generateName: 'made-' } }),
    patch('merge', path, { metadata: { labels: { 'kubernetes.io/metadata.name': 'wrong' } } }),
    patch('merge', path, { metadata: { labels: null } }),
    post('/api/v1/namespaces/differential-other/configmaps', { metadata: { name: 'inside' } }),
    remove(path),
    get(path, { as: 'terminating' }),
    remove(path),
    post('/api/v1/namespaces/differential-other/configmaps', { metadata: { name: 'late' } }),
    patch('merge', '/api/v1/namespaces/differential-other/configmaps/inside', { data: { a: 'b' } }),
    put(`${path}/finalize`, (seen: Seen) => ({ ...seen['terminating'], spec: { finalizers: [] } })),
    get(path),
    get('/api/v1/namespaces/differential-other/configmaps/inside'),
    remove('/api/v1/namespaces/default'),
    remove('/api/v1/namespaces/kube-system'),
    remove('/api/v1/namespaces/none'),
    put(`/api/v1/namespaces/${ns}/finalize`, { metadata: { name: ns }, spec: { finalizers: ['Bad Name'] } }),
    put(`/api/v1/namespaces/${ns}/finalize`, {
      metadata: { name: ns },
      spec: { finalizers: ['kubernetes', 'example.com/more'] },
    }),
    put(`/api/v1/namespaces/${ns}/status`, { metadata: { name: ns }, status: { phase: 'Terminating' } }),
    get('/api/v1/namespaces?labelSelector=differential%3Dtrue&fieldSelector=metadata.name%3Dnamespaces', {
      headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
    }),
  ];
});

const services = inNamespace('services', (ns) => {
  const collection = `/api/v1/namespaces/${ns}/services`;
  const path = (name: string): string => `${collection}/${name}`;
  const port = { port: 80 };
  return [
    post(collection, { metadata: { name: 'plain' }, spec: { ports: [port] } }, { as: 'plain' }),
    post(collection, { metadata: { name: 'fixed' }, spec: { ports: [port], clusterIP: '10.43.200.7' } }),
    post(collection, { metadata: { name: 'taken' }, spec: { ports: [port], clusterIP: '10.43.200.7' } }),
    post(collection, { metadata: { name: 'outside' }, spec: { ports: [port], clusterIP: '192.0.2.1' } }),
    post(collection, { metadata: { name: 'nonsense' }, spec: { ports: [port], clusterIP: 'x' } }),
    get('/apis/networking.k8s.io/v1/ipaddresses/10.43.200.7'),
    post(collection, {
      metadata: { name: 'node' },
      spec: { type: 'NodePort', ports: [{ port: 80, nodePort: 30123 }] },
    }),
    post(collection, {
      metadata: { name: 'node2' },
      spec: { type: 'NodePort', ports: [{ port: 80, nodePort: 30123 }] },
    }),
    post(collection, {
      metadata: { name: 'node3' },
      spec: { type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] },
    }),
    post(collection, { metadata: { name: 'balanced' }, spec: { type: 'LoadBalancer', ports: [port] } }),
    patch('merge', `${path('balanced')}/status`, {
      status: { loadBalancer: { ingress: [{ ip: '203.0.113.7' }] } },
    }),
    patch('merge', path('balanced'), { spec: { type: 'ClusterIP' } }),
    post(collection, {
      metadata: { name: 'named' },
      spec: { type: 'ExternalName', externalName: 'a.example.com' },
    }),
    patch('merge', path('named'), { spec: { type: 'ClusterIP', externalName: null, ports: [port] } }),
    post(collection, { metadata: { name: 'headless' }, spec: { clusterIP: 'None', selector: { a: 'b' } } }),
    post(collection, { metadata: { name: 'two' }, spec: { ports: [port, { port: 81 }] } }),
    post(collection, { metadata: { name: 'none' }, spec: {} }),
    post(collection, { metadata: { name: '1digit' }, spec: { ports: [port] } }),
    post(collection, { metadata: { name: 'a'.repeat(64) }, spec: { ports: [port] } }),
    post(collection, { metadata: { name: 'port' }, spec: { ports: [{ port: 70000 }] } }),
    post(collection, { metadata: { name: 'type' }, spec: { type: 'Sideways', ports: [port] } }),
    patch('merge', path('plain'), { spec: { clusterIP: '10.43.200.9' } }),
    patch('merge', path('plain'), { spec: { type: 'NodePort' } }),
    patch('merge', path('plain'), { spec: { type: 'ClusterIP', ports: [{ port: 80, nodePort: 0 }] } }),
    put(path('plain'), { metadata: { name: 'plain' }, spec: { ports: [{ port: 8080 }] } }),
    put(path('plain'), (seen: Seen) => ({
      ...seen['plain'],
      metadata: { name: 'plain' },
      spec: { ports: [{ port: 8081 }], sessionAffinity: 'ClientIP' },
    })),
    patch('merge', path('plain'), { spec: { ipFamilyPolicy: 'RequireDualStack' } }),
    patch('merge', path('plain'), { spec: { externalTrafficPolicy: 'Local' } }),
    remove(path('fixed')),
    get('/apis/networking.k8s.io/v1/ipaddresses/10.43.200.7'),
    post(collection, { metadata: { name: 'again' }, spec: { ports: [port], clusterIP: '10.43.200.7' } }),
    remove(collection),
  ];
});

/** What becomes of objects of kinds with rules of their own. */
export const lifecycles: readonly Scenario[] = [deleting, podLives, scales, namespaces, services];
