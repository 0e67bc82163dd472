/** One request of the conversation that `tools/schema/record-wire.ts` has with a real kube-apiserver. */
export interface WireStep {
  readonly method: string;
  readonly path: string;
  readonly accept?: string;
  readonly type?: string;
  /** A string is sent as it is, anything else as JSON. */
  readonly body?: unknown;
  /** Documents too large, or too different in prose, to compare: code and headers say enough. */
  readonly headersOnly?: true;
}

type More = Omit<WireStep, 'method' | 'path'>;

const get = (path: string, accept?: string, more: More = {}): WireStep => ({
  method: 'GET',
  path,
  ...(accept === undefined ? {} : { accept }),
  ...more,
});
const post = (path: string, body?: unknown, more: More = {}): WireStep => ({
  method: 'POST',
  path,
  body,
  ...more,
});
const put = (path: string, body?: unknown): WireStep => ({ method: 'PUT', path, body });
const remove = (path: string, body?: unknown, more: More = {}): WireStep => ({
  method: 'DELETE',
  path,
  ...(body === undefined ? {} : { body }),
  ...more,
});
const patch = (path: string, type: string, body: unknown): WireStep => ({
  method: 'PATCH',
  path,
  type,
  body,
});

const JSON_TYPE = 'application/json';
const YAML = 'application/yaml';
const PROTOBUF = 'application/vnd.kubernetes.protobuf';
const meta = (as: string, version = 'v1'): string => `;as=${as};v=${version};g=meta.k8s.io`;
const TABLE = meta('Table');
const METADATA = meta('PartialObjectMetadata');
const METADATA_LIST = meta('PartialObjectMetadataList');
const DISCOVERY = ';g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

const MAPS = '/api/v1/namespaces/wire/configmaps';
const WIDGETS = '/apis/example.com/v1/namespaces/wire/widgets';

const widgets = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } },
          },
        },
        subresources: { status: {} },
      },
    ],
  },
};
const widget = { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'w' }, spec: { size: 3 } };
const map = (name: string, more: object = {}): object => ({
  metadata: { name, labels: { l: name }, ...more },
});

/** What the others are about. */
export const setup: readonly WireStep[] = [
  post('/api/v1/namespaces', { metadata: { name: 'wire' } }),
  post('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', widgets, { headersOnly: true }),
  post(MAPS, { metadata: { name: 'a' }, data: { x: 'y' } }),
  post(MAPS, map('b')),
  post(MAPS, map('c')),
  post(WIDGETS, widget),
];

const paths: readonly WireStep[] = [
  ...['/nope', '/api/v1/unicorns', '/api/v2', '/api/v2/pods', '/apis/foo/v1', '/apis/foo/v1/things'].map(
    (path) => get(path),
  ),
  ...['/apis/apps/v9', '/apis/apps/v1/unicorns', '/apis/apps/v9/deployments'].map((path) => get(path)),
  get('/api/v1/namespaces/wire/pods/x/nothing'),
  get('/api/v1/namespaces/wire/nodes'),
  get('/api/v1/pods/x'),
  get('/apis/example.com/v1/unicorns'),
  get('/apis/example.com/v2'),
  get(`${WIDGETS}/w/scale`),
  get('/openapi/v2/x'),
  get('/api/v1/watch/unicorns'),
  ...['HEAD', 'OPTIONS', 'POST'].map((method) => ({ method, path: '/api/v1/namespaces/wire' })),
  ...['POST', 'DELETE'].map((method) => ({ method, path: '/api/v1/configmaps' })),
  { method: 'PUT', path: MAPS },
  { method: 'PATCH', path: MAPS },
  { method: 'DELETE', path: '/api/v1/componentstatuses/x' },
  { method: 'POST', path: '/api' },
  { method: 'HEAD', path: '/apis' },
  { method: 'POST', path: '/version' },
  { method: 'HEAD', path: `${WIDGETS}/w` },
  { method: 'HEAD', path: '/livez' },
  ...[
    '/livez',
    '/livez/ping',
    '/livez/nope',
    '/livez?verbose',
    '/readyz?verbose&exclude=etcd',
    '/healthz/etcd',
  ].map((path) => get(path)),
  get('/livez?verbose&exclude=foo'),
  get('/readyz/poststarthook/rbac/bootstrap-roles'),
  get('/'),
  get('/metrics', undefined, { headersOnly: true }),
];

const discovery: readonly WireStep[] = [
  get('/api', PROTOBUF),
  get('/apis/apps', YAML),
  get('/apis/apps/', JSON_TYPE),
  get('/apis/apps/v1', PROTOBUF),
  get('/apis/batch/v1', YAML),
  get('/apis', 'text/html'),
  get('/apis', JSON_TYPE + DISCOVERY, { headersOnly: true }),
  get('/apis', `${JSON_TYPE}, ${JSON_TYPE}${DISCOVERY}`, { headersOnly: true }),
  get('/apis', PROTOBUF + DISCOVERY, { headersOnly: true }),
  get('/apis', YAML + DISCOVERY, { headersOnly: true }),
  get('/api', PROTOBUF + DISCOVERY),
  get('/openapi/v2', 'text/html'),
  get('/openapi/v3/apis/apps/v1', 'text/html'),
  get('/openapi/v3/apis/apps/v1', 'application/com.github.proto-openapi.spec.v3@v1.0+protobuf', {
    headersOnly: true,
  }),
  get('/openapi/v3/apis/apps/v1?hash=x', JSON_TYPE),
  get('/openapi/v3/apis/none/v1', JSON_TYPE),
];

const lists: readonly WireStep[] = [
  ...[
    'limit=abc',
    'limit=-1',
    'timeoutSeconds=x',
    'labelSelector=a=b=c',
    'labelSelector=!!',
    'labelSelector=a%20in%20(',
    'labelSelector=a%20in%20(b',
    'labelSelector=a%20in%20(b%20c)',
    'labelSelector=a%20in%20b',
    'labelSelector=a,',
    'labelSelector==b',
    'labelSelector=-bad-',
    'labelSelector=a=-bad',
    'labelSelector=a%20foo%20b',
    'labelSelector=a%3Ex',
    'labelSelector=a%20in%20(b,,c)',
    'labelSelector=l%20in%20(,b)',
    'fieldSelector=abc',
    'fieldSelector=spec.x=1',
    'fieldSelector=metadata.name=b',
    'fieldSelector=metadata.name!=b,metadata.namespace=wire',
    'resourceVersion=abc',
    'resourceVersion=99999999999999999',
    'resourceVersion=99999999999999999&resourceVersionMatch=Exact',
    'resourceVersionMatch=Exact',
    'resourceVersionMatch=Foo&resourceVersion=1',
    'resourceVersionMatch=Exact&resourceVersion=0',
    'resourceVersionMatch=NotOlderThan&resourceVersion=0',
    'resourceVersionMatch=Exact&continue=x',
    'continue=e30',
    'continue=eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MSwic3RhcnQiOiJhXHUwMDAwIn0&resourceVersion=5',
    'continue=eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6LTEsInN0YXJ0IjoiL2FcdTAwMDAifQ',
    'sendInitialEvents=true',
    'limit=1&pretty=true',
    'limit=2',
    'limit=1&labelSelector=l',
    'watch=1&sendInitialEvents=true',
    'watch=1&resourceVersionMatch=NotOlderThan',
    'watch=1&resourceVersion=abc',
    'watch=1&resourceVersionMatch=Exact&sendInitialEvents=1',
    'watch=1&limit=x',
  ].map((query) => get(`${MAPS}?${query}`)),
  get('/api/v1/nodes?fieldSelector=metadata.namespace=x'),
  get('/api/v1/pods?fieldSelector=spec.host=x'),
  get('/apis/apps/v1/replicasets?fieldSelector=status.replicas=1'),
  get('/apis/batch/v1/jobs?fieldSelector=status.x=1'),
  get('/apis/resource.k8s.io/v1/resourceslices?fieldSelector=spec.x=1'),
  get('/apis/events.k8s.io/v1/events?fieldSelector=regarding.kind=Pod,reportingController=x'),
  get('/apis/events.k8s.io/v1/events?fieldSelector=involvedObject.kind=Pod'),
  get('/apis/rbac.authorization.k8s.io/v1/clusterroles?fieldSelector=metadata.namespace=x'),
  get('/api/v1/namespaces?fieldSelector=name=x'),
  get(`${WIDGETS}?fieldSelector=spec.x=1`),
  get(`${WIDGETS}?resourceVersion=abc`),
  get(`${MAPS}/a?resourceVersion=abc`),
  get(`${MAPS}/a?resourceVersion=99999999999999999`),
  get(`${MAPS}/a?resourceVersion=0`),
  get(`${MAPS}/a?export=1`),
  get(`${MAPS}/a?watch=1`),
  get('/api/v1/watch/namespaces/wire/configmaps/x?fieldSelector=metadata.name=y'),
  get('/api/v1/namespaces/wire/endpoints'),
];

const forms: readonly WireStep[] = [
  ...[
    YAML,
    PROTOBUF,
    `${PROTOBUF};q=0.1,${JSON_TYPE};q=0.5`,
    `${PROTOBUF},*/*`,
    `*/*,${PROTOBUF}`,
    `${JSON_TYPE}${METADATA}`,
    `${JSON_TYPE}${METADATA_LIST}`,
    `${PROTOBUF}${METADATA}`,
    `${JSON_TYPE};as=Foo;v=v1;g=meta.k8s.io`,
    `${JSON_TYPE};stream=watch`,
    `${YAML}${METADATA}`,
    `${PROTOBUF}${TABLE},${JSON_TYPE}`,
    `application/*;q=0.3,${YAML};q=0.2`,
  ].map((accept) => get(`${MAPS}/a`, accept)),
  ...[
    PROTOBUF,
    YAML,
    `${JSON_TYPE}${METADATA}`,
    `${JSON_TYPE}${METADATA_LIST}`,
    `${PROTOBUF}${METADATA_LIST}`,
    `${PROTOBUF}${TABLE}`,
    'text/html',
    `${JSON_TYPE}${meta('PartialObjectMetadataList', 'v1beta1')}`,
  ].map((accept) => get(MAPS, accept)),
  ...[`${JSON_TYPE}${TABLE}`, 'text/html', PROTOBUF, YAML].map((accept) => get(`${MAPS}/none`, accept)),
  ...[
    PROTOBUF,
    `${PROTOBUF},${JSON_TYPE}`,
    `${PROTOBUF}${METADATA}`,
    YAML,
    `${JSON_TYPE}${METADATA_LIST}`,
  ].map((accept) => get(`${WIDGETS}/w`, accept)),
  ...[`${PROTOBUF}${METADATA_LIST}`, `${JSON_TYPE}${METADATA}`].map((accept) => get(WIDGETS, accept)),
  get(`${WIDGETS}/none`, PROTOBUF),
  get(`${MAPS}?includeObject=Foo`, `${JSON_TYPE}${TABLE}`),
  get(`${MAPS}?watch=1`, YAML),
  get(`${MAPS}?watch=1`, `${YAML},${JSON_TYPE}`),
  get(`${MAPS}?watch=1`, 'text/html'),
  get(`${MAPS}?watch=1`, `${PROTOBUF}${TABLE}`),
  get(`${WIDGETS}?watch=1`, PROTOBUF),
];

const writes: readonly WireStep[] = [
  ...[
    '{bad',
    '[]',
    '',
    '"x"',
    'null',
    '{"a":1,}',
    '{"a" 1}',
    '[1 2]',
    '{"a":"\u0001"}',
    '{} {}',
    'tru',
    '{"a":"b',
    '{"kind":"Pod","apiVersion":"v1","metadata":{"name":"x"}}',
    '{"kind":"ConfigMap","apiVersion":"v2","metadata":{"name":"x"}}',
    '{"kind":"Deployment","apiVersion":"apps/v1","metadata":{"name":"x"}}',
    '{"kind":"Foo","apiVersion":"v1"}',
    '{"metadata":{"name":"x"},"data":"x"}',
    '{"metadata":{"name":"x","namespace":"other"}}',
    '{"metadata":{}}',
  ].map((body) => post(MAPS, body, { type: JSON_TYPE })),
  ...[
    'dryRun=Some',
    'dryRun=',
    'fieldValidation=Foo',
    'fieldManager=a%0Ab',
    `fieldManager=${'a'.repeat(130)}`,
    'dryRun=All',
  ].map((query) => post(`${MAPS}?${query}`, { metadata: { name: 'x' } })),
  post(`${MAPS}?dryRun=All`, { metadata: { name: 'x' }, foo: 1 }),
  post(MAPS, 'x', { type: 'text/plain' }),
  post(MAPS, 'k8s', { type: PROTOBUF }),
  post(WIDGETS, 'k8s', { type: 'text/plain' }),
  post(WIDGETS, '{}', { type: JSON_TYPE }),
  post(`${MAPS}?dryRun=All`, { metadata: { name: 'p' }, data: { a: 'b' } }, { accept: PROTOBUF }),
  put(`${MAPS}/a`, { metadata: { name: 'b' } }),
  put(`${MAPS}/nope`, { metadata: { name: 'nope' } }),
  put(`${MAPS}/a`, { metadata: {} }),
  patch(`${MAPS}/a`, JSON_TYPE, {}),
  patch(`${MAPS}/a`, 'application/apply-patch+cbor', {}),
  patch(`${MAPS}/a`, 'application/merge-patch+json', '{bad'),
  patch(`${MAPS}/a`, 'application/json-patch+json', {}),
  patch(`${MAPS}/a`, 'application/strategic-merge-patch+json', []),
  patch(`${MAPS}/a`, 'application/apply-patch+yaml', 'a: b'),
  patch(`${MAPS}/a?force=true`, 'application/merge-patch+json', {}),
  patch(`${WIDGETS}/w`, 'application/strategic-merge-patch+json', {}),
  patch(`${WIDGETS}/w`, JSON_TYPE, {}),
  patch(`${MAPS}/none`, 'application/merge-patch+json', {}),
  post(MAPS, ' '.repeat(3_200_000), { type: JSON_TYPE }),
];

const deletions: readonly WireStep[] = [
  post(MAPS, map('d1')),
  post(MAPS, map('d2')),
  post(MAPS, map('d3')),
  post(MAPS, map('d4')),
  post(MAPS, map('d5', { finalizers: ['example.com/f'] })),
  post('/apis/apps/v1/namespaces/wire/controllerrevisions', {
    metadata: { name: 'r' },
    revision: 1,
    data: {},
  }),
  ...[
    'dryRun=Some',
    'propagationPolicy=Foo',
    'gracePeriodSeconds=abc',
    'gracePeriodSeconds=-5&dryRun=All',
    'orphanDependents=true&propagationPolicy=Orphan',
    'propagationPolicy=Foo&dryRun=x',
  ].map((query) => remove(`${MAPS}/d1?${query}`)),
  ...[
    { kind: 'Foo', apiVersion: 'v1' },
    { kind: 'DeleteOptions', apiVersion: 'apps/v1', dryRun: ['All'] },
    '{bad',
    { preconditions: { uid: 'x' } },
    { preconditions: { resourceVersion: '1' } },
    { gracePeriodSeconds: 'x' },
    { orphanDependents: 3 },
    { propagationPolicy: 'Bar' },
  ].map((body) => remove(`${MAPS}/d1`, body, { type: JSON_TYPE })),
  remove('/apis/apps/v1/namespaces/wire/controllerrevisions/r', { preconditions: { uid: 'x' } }),
  remove(`${MAPS}/d1`, 'bad', { type: 'text/plain' }),
  remove(`${MAPS}/d2`, undefined, { accept: PROTOBUF }),
  remove(`${MAPS}/d3`, undefined, { accept: `${JSON_TYPE}${TABLE}` }),
  remove(`${MAPS}/d5?orphanDependents=false`),
  remove(`${MAPS}/d5`),
  remove(`${MAPS}/none`),
  remove(`${MAPS}?labelSelector=l%3Dd4&limit=1&dryRun=All`),
  remove(`${MAPS}?labelSelector=l%3Dd4`),
  remove(`${MAPS}?labelSelector=l%3Dnone`),
  remove(`${MAPS}?limit=abc`),
  remove(`${MAPS}?fieldSelector=metadata.name%3Dd5`, undefined, { accept: `${JSON_TYPE}${METADATA_LIST}` }),
  remove(`${MAPS}?resourceVersionMatch=Exact`),
  patch(`${MAPS}/d5`, 'application/merge-patch+json', { metadata: { finalizers: null } }),
];

/** Watches end after a second. */
const watch = (path: string, query = '', accept = JSON_TYPE): WireStep =>
  get(`${path}?watch=1&timeoutSeconds=1${query}`, accept);
const INITIAL = '&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan';

export const watches: readonly WireStep[] = [
  watch(MAPS),
  watch(MAPS, '', PROTOBUF),
  watch(MAPS, '', `${JSON_TYPE};stream=watch`),
  watch(MAPS, '', `${PROTOBUF}${METADATA}`),
  watch(WIDGETS, '', `${PROTOBUF}${METADATA}`),
  watch(MAPS, INITIAL),
  watch(MAPS, INITIAL, PROTOBUF),
  watch(WIDGETS, INITIAL),
  watch('/api/v1/pods', INITIAL),
  watch('/api/v1/pods', INITIAL, PROTOBUF),
  watch('/apis/apps/v1/deployments', INITIAL),
  watch('/apis/batch/v1/cronjobs', INITIAL),
  watch(MAPS, `${INITIAL}&resourceVersion=99999999999999999`),
  watch(MAPS, '&resourceVersion=99999999999999999'),
  watch(MAPS, '&fieldSelector=metadata.name=b'),
  watch(MAPS, '&labelSelector=l=c'),
  get('/api/v1/watch/namespaces/wire/configmaps?timeoutSeconds=1'),
  get('/api/v1/watch/namespaces/wire/configmaps/b?timeoutSeconds=1'),
  get('/api/v1/watch/namespaces/wire?timeoutSeconds=1'),
  get('/apis/example.com/v1/watch/namespaces/wire/widgets?timeoutSeconds=1'),
];

/** In this order, after {@link setup}; {@link watches} run at once, after all. */
export const steps: readonly WireStep[] = [
  ...paths,
  ...discovery,
  ...lists,
  ...forms,
  ...writes,
  ...deletions,
];
