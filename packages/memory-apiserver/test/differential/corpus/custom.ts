import type { Scenario, Seen, Step } from '../scenario.js';
import { apply, get, inNamespace, patch, post, put, remove, tableAccept } from '../scenario.js';

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

/** One version whose schema has a bit of everything. */
const definition = (group: string): Record<string, unknown> => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `widgets.${group}` },
  spec: {
    group,
    scope: 'Namespaced',
    names: { plural: 'widgets', kind: 'Widget', shortNames: ['wd'], categories: ['all'] },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: {
          status: {},
          scale: {
            specReplicasPath: '.spec.replicas',
            statusReplicasPath: '.status.replicas',
            labelSelectorPath: '.status.selector',
          },
        },
        selectableFields: [{ jsonPath: '.spec.colour' }],
        additionalPrinterColumns: [
          { name: 'Colour', type: 'string', jsonPath: '.spec.colour' },
          { name: 'Replicas', type: 'integer', jsonPath: '.spec.replicas', priority: 1 },
          { name: 'Since', type: 'date', jsonPath: '.metadata.creationTimestamp' },
        ],
        schema: {
          openAPIV3Schema: {
            type: 'object',
            required: ['spec'],
            properties: {
              spec: {
                type: 'object',
                required: ['colour'],
                properties: {
                  colour: { type: 'string', enum: ['red', 'green', 'blue'] },
                  replicas: { type: 'integer', minimum: 0, maximum: 10, default: 1 },
                  size: { 'x-kubernetes-int-or-string': true },
                  code: { type: 'string', pattern: '^[a-z]+$', maxLength: 5 },
                  when: { type: 'string', format: 'date-time' },
                  free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
                  tags: {
                    type: 'array',
                    items: { type: 'string' },
                    'x-kubernetes-list-type': 'set',
                    maxItems: 3,
                  },
                  ports: {
                    type: 'array',
                    'x-kubernetes-list-type': 'map',
                    'x-kubernetes-list-map-keys': ['name'],
                    items: {
                      type: 'object',
                      required: ['name'],
                      properties: { name: { type: 'string' }, number: { type: 'integer', default: 80 } },
                    },
                  },
                  labels: { type: 'object', additionalProperties: { type: 'string' } },
                  maybe: { type: 'string', nullable: true },
                  fixed: {
                    type: 'string',
                    'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'is fixed' }],
                  },
                  one: {
                    type: 'object',
                    properties: { a: { type: 'string' }, b: { type: 'string' } },
                    minProperties: 1,
                  },
                },
                'x-kubernetes-validations': [
                  { rule: "self.colour != 'red' || self.replicas < 5", message: 'red is for few' },
                  {
                    rule: 'size(self.colour) < 6',
                    messageExpression: "'too long: ' + self.colour",
                    reason: 'FieldValueForbidden',
                    fieldPath: '.colour',
                  },
                ],
              },
              status: {
                type: 'object',
                properties: {
                  replicas: { type: 'integer' },
                  selector: { type: 'string' },
                  note: { type: 'string' },
                },
              },
            },
          },
        },
      },
    ],
  },
});

const established = (group: string, collection: string): Step[] => [
  { until: `/apis/${group}/v1`, status: 200 },
  { until: collection, status: 200 },
];

const custom = inNamespace('custom-resources', (ns) => {
  const group = 'custom.example.com';
  const collection = `/apis/${group}/v1/namespaces/${ns}/widgets`;
  const widget = (name: string, spec: object, more: object = {}): object => ({
    apiVersion: `${group}/v1`,
    kind: 'Widget',
    metadata: { name },
    spec,
    ...more,
  });
  return [
    post(definitions, definition(group), { as: 'definition' }),
    ...established(group, collection),
    get(`/apis/${group}/v1`),
    get(`/apis/${group}`),
    get(`${definitions}/widgets.${group}`),
    get(`${definitions}/widgets.${group}`, { headers: tableAccept }),
    post(collection, widget('a', { colour: 'red' }), { as: 'a' }),
    post(
      collection,
      widget('b', {
        colour: 'pink',
        replicas: 11,
        size: {},
        code: 'UPPERCASE',
        when: 'now',
        tags: ['x', 'x'],
      }),
    ),
    post(collection, widget('b', { colour: 'red', ports: [{ name: 'p' }, { name: 'p', number: 1 }] })),
    post(collection, widget('b', { colour: 'red', replicas: 7 })),
    post(
      collection,
      widget('b', { replicas: 'x', colour: 7, labels: { a: 1 }, one: {}, tags: ['a', 'b', 'c', 'd'] }),
    ),
    post(collection, { apiVersion: `${group}/v1`, kind: 'Widget', metadata: { name: 'b' } }),
    post(collection, { apiVersion: `${group}/v1`, kind: 'Gadget', metadata: { name: 'b' } }),
    post(collection, { apiVersion: `${group}/v2`, kind: 'Widget', metadata: { name: 'b' } }),
    post(collection, { metadata: { name: 'b' }, spec: { colour: 'red' } }),
    post(collection, widget('Bad_Name', { colour: 'red' })),
    post(
      collection,
      widget(
        'b',
        { colour: 'blue', unknown: 1, free: { any: [1] }, ports: [{ name: 'p' }], maybe: null },
        { extra: {} },
      ),
    ),
    post(`${collection}?fieldValidation=Strict`, widget('c', { colour: 'blue', unknown: 1 }, { extra: {} })),
    post(
      `${collection}?fieldValidation=Ignore`,
      widget(
        'c',
        { colour: 'blue', unknown: 1, size: '50%', when: '2020-01-01T00:00:00Z' },
        { status: { note: 'dropped' } },
      ),
    ),
    get(collection, { headers: tableAccept }),
    get(`${collection}?fieldSelector=spec.colour%3Dblue`),
    get(`${collection}?fieldSelector=spec.replicas%3D1`),
    get(`${collection}/a`, { headers: { accept: 'application/vnd.kubernetes.protobuf' } }),
    get(`${collection}/a`, { headers: { accept: 'application/vnd.kubernetes.protobuf,application/json' } }),
    get(`${collection}/a`, { headers: { accept: 'application/yaml' } }),
    patch('merge', `${collection}/a`, { spec: { colour: 'green' } }),
    patch('merge', `${collection}/a`, { spec: { colour: 'red', replicas: 9 } }),
    patch('merge', `${collection}/a`, { spec: { fixed: 'x' } }),
    patch('merge', `${collection}/a`, { spec: { fixed: 'y' } }),
    patch('merge', `${collection}/a`, { metadata: { labels: { a: 'b' } } }),
    patch('strategic', `${collection}/a`, { spec: { colour: 'green' } }),
    patch('json', `${collection}/a`, [{ op: 'add', path: '/spec/replicas', value: 3 }]),
    patch('merge', `${collection}/a/status`, {
      status: { replicas: 2, selector: 'a=b', unknown: 'x' },
      spec: { colour: 'red' },
    }),
    patch('merge', `${collection}/a`, { status: { replicas: 9 } }),
    get(`${collection}/a/scale`),
    patch('merge', `${collection}/a/scale`, { spec: { replicas: 4 } }),
    put(`${collection}/a/scale`, {
      apiVersion: 'autoscaling/v1',
      kind: 'Scale',
      metadata: { name: 'a', namespace: ns },
      spec: { replicas: 20 },
    }),
    put(`${collection}/a`, (seen: Seen) => seen['a']),
    put(`${collection}/a`, widget('a', { colour: 'red' })),
    apply(`${collection}/s`, widget('s', { colour: 'red', ports: [{ name: 'one' }], tags: ['a'] }), {
      manager: 'one',
    }),
    apply(
      `${collection}/s`,
      widget('s', { colour: 'red', ports: [{ name: 'two', number: 2 }], tags: ['b'] }),
      { manager: 'two' },
    ),
    apply(`${collection}/s`, widget('s', { colour: 'blue' }), { manager: 'two' }),
    apply(`${collection}/s`, widget('s', { colour: 'red', ports: [] }), { manager: 'one' }),
    apply(`${collection}/s`, widget('s', { colour: 'red', unknown: 1 }), { manager: 'one' }),
    { watch: `${collection}?watch=1&fieldSelector=metadata.name%3Da`, as: 'live' },
    patch('merge', `${collection}/a`, { spec: { replicas: 2 } }),
    { events: 'live', count: 2 },
    { close: 'live' },
    remove(`${collection}/a`),
    remove(collection),
    post('/apis/custom.example.com/v1/widgets', widget('x', { colour: 'red' })),
    get('/apis/custom.example.com/v1/widgets?limit=1'),
    get('/apis/custom.example.com/v3/widgets'),
    remove(`${definitions}/widgets.${group}`),
    { until: `/apis/${group}/v1`, status: 404 },
    get(collection),
  ];
});

const versions = inNamespace('custom-versions', (ns) => {
  const group = 'versions.example.com';
  const root = (version: string): string => `/apis/${group}/${version}/namespaces/${ns}/things`;
  const version = (name: string, storage: boolean, properties: object): object => ({
    name,
    served: true,
    storage,
    schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties } } } },
  });
  const path = `${definitions}/things.${group}`;
  return [
    post(definitions, {
      metadata: { name: `things.${group}` },
      spec: {
        group,
        scope: 'Namespaced',
        names: { plural: 'things', kind: 'Thing' },
        versions: [
          version('v1', true, { old: { type: 'string' } }),
          { ...version('v2', false, { new: { type: 'string', default: 'x' } }), deprecated: true },
        ],
      },
    }),
    { until: root('v2'), status: 200 },
    { until: root('v1'), status: 200 },
    get(`/apis/${group}`),
    post(root('v1'), {
      apiVersion: `${group}/v1`,
      kind: 'Thing',
      metadata: { name: 'a' },
      spec: { old: '1', new: '2' },
    }),
    get(`${root('v2')}/a`),
    patch('merge', `${root('v2')}/a`, { spec: { new: 'y' } }),
    get(`${root('v1')}/a`),
    get(`${root('v2')}/a`),
    get(root('v2'), { headers: tableAccept }),
    patch('merge', path, { spec: { names: { kind: 'Other' } } }),
    patch('merge', path, { spec: { scope: 'Cluster' } }),
    patch('merge', path, { status: { storedVersions: [] } }),
    post(definitions, {
      metadata: { name: 'wrong.name' },
      spec: { group, scope: 'Namespaced', names: { plural: 'things', kind: 'Thing' }, versions: [] },
    }),
    post(definitions, {
      metadata: { name: `x.${group}` },
      spec: {
        group,
        scope: 'Sideways',
        names: { plural: 'x', kind: 'x y' },
        versions: [{ name: 'v1', served: true, storage: false }],
      },
    }),
    post(definitions, {
      metadata: { name: `x.${group}` },
      spec: {
        group,
        scope: 'Namespaced',
        names: { plural: 'x', kind: 'X' },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: 'object', properties: { a: { items: {} } } } },
          },
          {
            name: 'v2',
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: 'string', uniqueItems: true } },
          },
        ],
      },
    }),
    post(definitions, {
      metadata: { name: `x.${group}` },
      spec: {
        group,
        scope: 'Namespaced',
        names: { plural: 'x', kind: 'X' },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: {
              openAPIV3Schema: {
                type: 'object',
                properties: { a: { type: 'string', 'x-kubernetes-validations': [{ rule: 'self +' }] } },
              },
            },
          },
        ],
      },
    }),
    remove(path),
  ];
});

const policies = inNamespace('admission-policies', (ns) => {
  const root = '/apis/admissionregistration.k8s.io/v1';
  const maps = `/api/v1/namespaces/${ns}/configmaps`;
  const policy = (name: string, validations: object[], more: object = {}): object => ({
    metadata: { name },
    spec: {
      failurePolicy: 'Fail',
      matchConstraints: {
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': ns } },
        resourceRules: [
          {
            apiGroups: [''],
            apiVersions: ['v1'],
            operations: ['CREATE', 'UPDATE'],
            resources: ['configmaps'],
          },
        ],
      },
      validations,
      ...more,
    },
  });
  const binding = (name: string, validationActions: string[]): object => ({
    metadata: { name },
    spec: { policyName: name, validationActions },
  });
  const denied = { metadata: { name: 'probe', labels: { probe: 'yes' } }, data: { probe: 'yes' } };
  return [
    post(
      `${root}/validatingadmissionpolicies`,
      policy('differential-deny', [
        { expression: "!has(object.data) || !('probe' in object.data)", message: 'no probes' },
      ]),
    ),
    post(`${root}/validatingadmissionpolicybindings`, binding('differential-deny', ['Deny'])),
    // Policies take hold a moment after they are made.
    { until: `${maps}?dryRun=All`, method: 'POST', body: denied, status: 422 },
    post(maps, denied),
    patch('merge', `${maps}/none`, { data: { probe: 'yes' } }),
    post(`${root}/validatingadmissionpolicies`, policy('differential-bad', [{ expression: 'object.' }])),
    post(`${root}/validatingadmissionpolicies`, policy('differential-bad', [])),
    post(`${root}/validatingadmissionpolicybindings`, binding('differential-bad', ['Nonsense'])),
    get(`${root}/validatingadmissionpolicies/differential-deny`),
    post(maps, { metadata: { name: 'fine' }, data: { ok: 'yes' } }),
    patch('merge', `${maps}/fine`, { data: { probe: 'yes' } }),
    put(`${maps}/fine`, { metadata: { name: 'fine' }, data: { ok: 'no' } }),
    remove(`${maps}/fine`),
    remove(`${root}/validatingadmissionpolicybindings/differential-deny`),
    remove(`${root}/validatingadmissionpolicies/differential-deny`),
    { until: `${maps}?dryRun=All`, method: 'POST', body: denied, status: 201 },
    post(maps, denied),
  ];
});

/** Custom resources, and what users teach the server besides. */
export const customs: readonly Scenario[] = [custom, versions, policies];
