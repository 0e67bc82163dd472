import type { Scenario, Seen, Step } from '../scenario.js';
import {
  get,
  inNamespace,
  metadataAccept,
  metadataListAccept,
  patch,
  post,
  put,
  remove,
  tableAccept,
} from '../scenario.js';

const maps = (ns: string): string => `/api/v1/namespaces/${ns}/configmaps`;
const map = (name: string, labels: object = {}, data: object = {}): object => ({
  metadata: { name, labels },
  data,
});

const lists = inNamespace('lists', (ns) => {
  const path = maps(ns);
  const next = (name: string) => (seen: Seen) =>
    `${path}?limit=2&continue=${encodeURIComponent(seen[name].metadata.continue as string)}`;
  const version = (seen: Seen): string => seen['all'].metadata.resourceVersion as string;
  return [
    get(path),
    ...['a', 'b', 'c', 'd', 'e'].map((name, index) =>
      post(path, map(name, { app: name, even: `${index % 2 === 0}` })),
    ),
    get(path, { as: 'all' }),
    get(`${path}?limit=2`, { as: 'page' }),
    get(next('page'), { as: 'page2' }),
    get(next('page2')),
    get(`${path}?limit=10`),
    get(`${path}?limit=0`),
    get(`${path}?limit=x`),
    get(`${path}?limit=-1`),
    get(`${path}?limit=2&labelSelector=even%3Dtrue`, { as: 'selected' }),
    get((seen) => `${next('selected')(seen)}&labelSelector=even%3Dtrue`),
    get(`${path}?continue=nonsense`),
    get((seen) => `${next('page')(seen)}&resourceVersion=${version(seen)}`),
    get(`${path}?labelSelector=app%3Da`),
    get(`${path}?labelSelector=app%20in%20(a,b)`),
    get(`${path}?labelSelector=app%20notin%20(a,b)`),
    get(`${path}?labelSelector=!app`),
    get(`${path}?labelSelector=app,even!%3Dtrue`),
    get(`${path}?labelSelector=app%3E1`),
    get(`${path}?labelSelector=a%3D%3D%3Db`),
    get(`${path}?labelSelector=-bad-%3Db`),
    get(`${path}?fieldSelector=metadata.name%3Dc`),
    get(`${path}?fieldSelector=metadata.name!%3Dc,metadata.namespace%3D${ns}`),
    get(`${path}?fieldSelector=data.a%3Dc`),
    get(`${path}?fieldSelector=metadata.name`),
    get(`${path}?resourceVersion=0`),
    get((seen) => `${path}?resourceVersion=${version(seen)}`),
    get((seen) => `${path}?resourceVersion=${version(seen)}&resourceVersionMatch=Exact`),
    get((seen) => `${path}?resourceVersion=${version(seen)}&resourceVersionMatch=NotOlderThan`),
    get(`${path}?resourceVersion=0&resourceVersionMatch=Exact`),
    get(`${path}?resourceVersionMatch=Exact`),
    get((seen) => `${path}?resourceVersion=${version(seen)}&resourceVersionMatch=Nonsense`),
    get(`${path}?resourceVersion=abc`),
    get(`${path}/a?resourceVersion=0`),
    get(`${path}/a?resourceVersion=abc`),
    get(`${path}?watch=false`),
    get(`${path}?sendInitialEvents=true`),
    get(`${path}?sendInitialEvents=true&resourceVersionMatch=NotOlderThan`),
    get(path, { headers: tableAccept }),
    get(`${path}?includeObject=None`, { headers: tableAccept }),
    get(`${path}?includeObject=Object`, { headers: tableAccept }),
    get(`${path}?includeObject=Some`, { headers: tableAccept }),
    get(`${path}?limit=2`, { headers: tableAccept }),
    get(path, { headers: metadataListAccept }),
    get(path, { headers: metadataAccept }),
    get(`${path}/a`, { headers: metadataAccept }),
    get(`${path}/a`, { headers: metadataListAccept }),
    get(`${path}/none`, { headers: tableAccept }),
    get(`/api/v1/configmaps?labelSelector=app%3Da`),
    get(`/api/v1/configmaps?fieldSelector=metadata.namespace%3D${ns},metadata.name%3Da`),
    get('/api/v1/namespaces/none/configmaps'),
  ];
});

const fieldSelectors = inNamespace('field-selectors', (ns) => {
  const pods = `/api/v1/namespaces/${ns}/pods`;
  const pod = (name: string, spec: object = {}): object => ({
    metadata: { name },
    spec: { containers: [{ name: 'main', image: 'nginx' }], ...spec },
  });
  return [
    post(pods, pod('one', { nodeName: 'node-1' })),
    post(pods, pod('two', { restartPolicy: 'Never' })),
    patch('merge', `${pods}/one/status`, {
      status: { phase: 'Running', podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.1' }] },
    }),
    get(`${pods}?fieldSelector=spec.nodeName%3Dnode-1`, { headers: metadataListAccept }),
    get(`${pods}?fieldSelector=spec.nodeName%3D`, { headers: metadataListAccept }),
    get(`${pods}?fieldSelector=status.phase!%3DRunning`, { headers: metadataListAccept }),
    get(`${pods}?fieldSelector=status.podIP%3D10.0.0.1`, { headers: metadataListAccept }),
    get(`${pods}?fieldSelector=spec.restartPolicy%3DNever`, { headers: metadataListAccept }),
    get(`${pods}?fieldSelector=spec.serviceAccountName%3Ddefault`, { headers: metadataListAccept }),
    get(`${pods}?fieldSelector=spec.hostNetwork%3Dfalse`, { headers: metadataListAccept }),
    get(`${pods}?fieldSelector=spec.containers%3Dx`),
    get('/api/v1/nodes?fieldSelector=spec.unschedulable%3Dtrue'),
    get(`/api/v1/namespaces?fieldSelector=metadata.name%3D${ns}`, { headers: metadataListAccept }),
    get(`/api/v1/namespaces?fieldSelector=status.phase%3DNothing`),
    get(`/api/v1/namespaces/${ns}/secrets?fieldSelector=type%3DOpaque`),
    get(`/api/v1/namespaces/${ns}/services?fieldSelector=spec.clusterIP%3DNone`),
    get(`/api/v1/namespaces/${ns}/events?fieldSelector=involvedObject.name%3Dx,reason%3Dy`),
    get(`/apis/apps/v1/namespaces/${ns}/replicasets?fieldSelector=status.replicas%3D0`),
    get(`/apis/apps/v1/namespaces/${ns}/deployments?fieldSelector=status.replicas%3D0`),
    get(`/apis/batch/v1/namespaces/${ns}/jobs?fieldSelector=status.successful%3D0`),
    get(`/apis/certificates.k8s.io/v1/certificatesigningrequests?fieldSelector=spec.signerName%3Dx`),
    remove(`${pods}/one?gracePeriodSeconds=0`),
    remove(`${pods}/two`),
  ];
});

const from = (name: string) => (seen: Seen) => seen[name].metadata.resourceVersion as string;

const watches = inNamespace('watches', (ns) => {
  const path = maps(ns);
  const live: Step[] = [
    { watch: `${path}?watch=true`, as: 'live' },
    post(path, map('a', { app: 'x' }), { as: 'a' }),
    patch('merge', `${path}/a`, { data: { k: 'v' } }),
    remove(`${path}/a`),
    { events: 'live', count: 4 },
    { close: 'live' },
  ];
  return [
    get(path, { as: 'start' }),
    post(path, map('old', { app: 'x' })),
    ...live,
    {
      watch: (seen) => `${path}?watch=1&timeoutSeconds=1&resourceVersion=${from('start')(seen)}`,
      as: 'history',
    },
    { events: 'history' },
    {
      watch: (seen) => `${path}?watch=1&resourceVersion=${from('start')(seen)}&labelSelector=app%3Dy`,
      as: 'selected',
    },
    post(path, map('b', { app: 'x' })),
    patch('merge', `${path}/b`, { metadata: { labels: { app: 'y' } } }),
    patch('merge', `${path}/b`, { data: { k: 'v' } }),
    patch('merge', `${path}/b`, { metadata: { labels: { app: 'z' } } }),
    remove(`${path}/b`),
    { events: 'selected', count: 3 },
    { close: 'selected' },
    { watch: `${path}?watch=1&resourceVersion=0&fieldSelector=metadata.name%3Dold`, as: 'one' },
    patch('merge', `${path}/old`, { data: { k: 'v' } }),
    { events: 'one', count: 2 },
    { close: 'one' },
    {
      watch: `${path}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
      as: 'list',
    },
    { events: 'list', count: 2 },
    put(`${path}/old`, { metadata: { name: 'old', labels: { app: 'x' } } }),
    { events: 'list', count: 1 },
    { close: 'list' },
    { watch: `${path}?watch=1`, as: 'table', headers: tableAccept },
    { events: 'table', count: 1 },
    patch('merge', `${path}/old`, { data: { k: 'w' } }),
    { events: 'table', count: 1 },
    { close: 'table' },
    { watch: `${path}?watch=1`, as: 'metadata', headers: metadataAccept },
    { events: 'metadata', count: 1 },
    { close: 'metadata' },
    { watch: `/api/v1/watch/namespaces/${ns}/configmaps`, as: 'legacy' },
    { events: 'legacy', count: 1 },
    { close: 'legacy' },
    { watch: `/api/v1/watch/namespaces/${ns}/configmaps/old`, as: 'legacy-one' },
    { events: 'legacy-one', count: 1 },
    { close: 'legacy-one' },
    { watch: `${path}/old?watch=true`, as: 'get' },
    { close: 'get' },
    get(`${path}?watch=1&timeoutSeconds=1&resourceVersion=abc`),
    get(`${path}?watch=1&timeoutSeconds=x`),
    get(`${path}?watch=maybe&timeoutSeconds=1&fieldSelector=metadata.name%3Dnone`),
    get(`${path}?watch=1&timeoutSeconds=1&labelSelector=a%3D%3D%3Db`),
    get(`${path}?watch=1&timeoutSeconds=1&fieldSelector=data.a%3Db`),
    get(`${path}?watch=1&timeoutSeconds=1&sendInitialEvents=true`),
    get(`${path}?watch=1&timeoutSeconds=1&sendInitialEvents=true&resourceVersionMatch=Exact`),
    get(`${path}?watch=1&timeoutSeconds=1&resourceVersionMatch=NotOlderThan`),
    get(`${path}?watch=1&sendInitialEvents=false&resourceVersionMatch=NotOlderThan&timeoutSeconds=1`),
    get((seen) => `${path}?watch=1&limit=1&timeoutSeconds=1&resourceVersion=${from('start')(seen)}`),
  ];
});

/** Gets, lists and watches. */
export const reads: readonly Scenario[] = [lists, fieldSelectors, watches];
