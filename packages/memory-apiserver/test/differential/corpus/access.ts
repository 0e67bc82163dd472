import type { RequestStep, Scenario, Seen } from '../scenario.js';
import { get, inNamespace, patch, post, put, remove, tableAccept, users } from '../scenario.js';

const rbac = '/apis/rbac.authorization.k8s.io/v1';
const authorization = '/apis/authorization.k8s.io/v1';

const jane = { token: users.jane } as const;
const as = (user: string, more: Record<string, string> = {}): { headers: Record<string, string> } => ({
  headers: { 'impersonate-user': user, ...more },
});

const mayI = (attributes: object, more: Partial<RequestStep> = {}): RequestStep => ({
  ...post(`${authorization}/selfsubjectaccessreviews`, { spec: attributes }),
  ...more,
});

const roles = inNamespace('access', (ns) => {
  const root = `${rbac}/namespaces/${ns}`;
  const maps = `/api/v1/namespaces/${ns}/configmaps`;
  return [
    get(maps, jane),
    post(`${root}/roles`, {
      metadata: { name: 'reader' },
      rules: [
        { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list', 'watch'] },
        {
          apiGroups: [''],
          resources: ['configmaps'],
          resourceNames: ['own'],
          verbs: ['update', 'patch', 'delete'],
        },
        { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] },
        { apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles', 'rolebindings'], verbs: ['*'] },
      ],
    }),
    post(`${root}/rolebindings`, {
      metadata: { name: 'readers' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
      subjects: [{ kind: 'User', name: 'jane', apiGroup: 'rbac.authorization.k8s.io' }],
    }),
    { until: maps, status: 200, ...jane },
    post(maps, { metadata: { name: 'own' } }),
    post(maps, { metadata: { name: 'other' } }),
    get(maps, { ...jane, as: 'maps' }),
    get(`${maps}/own`, jane),
    post(maps, { metadata: { name: 'new' } }, jane),
    patch('merge', `${maps}/own`, { data: { a: '1' } }, jane),
    patch('merge', `${maps}/other`, { data: { a: '1' } }, jane),
    remove(`${maps}/other`, undefined, jane),
    remove(maps, undefined, jane),
    get(`/api/v1/namespaces/${ns}/pods/x`, jane),
    get(`/api/v1/namespaces/${ns}/pods/x/log`, jane),
    get('/api/v1/configmaps', jane),
    get('/apis/apps/v1/deployments', jane),
    get('/logs', jane),
    mayI({ resourceAttributes: { namespace: ns, verb: 'get', resource: 'configmaps' } }, jane),
    mayI({ resourceAttributes: { namespace: ns, verb: 'create', resource: 'configmaps' } }, jane),
    mayI(
      { resourceAttributes: { namespace: ns, verb: 'update', resource: 'configmaps', name: 'own' } },
      jane,
    ),
    mayI({ resourceAttributes: { namespace: ns, verb: 'get', resource: 'pods', subresource: 'log' } }, jane),
    mayI({ nonResourceAttributes: { path: '/openapi/v2', verb: 'get' } }, jane),
    mayI({ nonResourceAttributes: { path: '/metrics', verb: 'get' } }, jane),
    mayI({ resourceAttributes: { verb: '*', group: '*', resource: '*' } }),
    mayI({}),
    mayI({ resourceAttributes: { verb: 'get' }, nonResourceAttributes: { path: '/' } }),
    post(`${authorization}/subjectaccessreviews`, {
      spec: { user: 'jane', resourceAttributes: { namespace: ns, verb: 'list', resource: 'configmaps' } },
    }),
    post(`${authorization}/subjectaccessreviews`, {
      spec: { resourceAttributes: { verb: 'list', resource: 'pods' } },
    }),
    post(`${authorization}/namespaces/${ns}/localsubjectaccessreviews`, {
      metadata: { namespace: ns },
      spec: { user: 'jane', resourceAttributes: { namespace: ns, verb: 'list', resource: 'configmaps' } },
    }),
    post(`${authorization}/namespaces/${ns}/localsubjectaccessreviews`, {
      spec: {
        user: 'jane',
        resourceAttributes: { namespace: 'other', verb: 'list', resource: 'configmaps' },
      },
    }),
    post(`${authorization}/selfsubjectrulesreviews`, { spec: { namespace: ns } }, jane),
    post(`${authorization}/selfsubjectrulesreviews`, { spec: {} }, jane),
    post('/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, jane),
    post('/apis/authentication.k8s.io/v1/selfsubjectreviews', {}),
    post(
      `${root}/roles`,
      { metadata: { name: 'more' }, rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }] },
      jane,
    ),
    post(
      `${root}/roles`,
      {
        metadata: { name: 'same' },
        rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['list'] }],
      },
      jane,
    ),
    post(
      `${root}/rolebindings`,
      {
        metadata: { name: 'up' },
        roleRef: { kind: 'ClusterRole', name: 'admin', apiGroup: 'rbac.authorization.k8s.io' },
        subjects: [],
      },
      jane,
    ),
    post(
      `${root}/rolebindings`,
      {
        metadata: { name: 'ghost' },
        roleRef: { kind: 'Role', name: 'ghost', apiGroup: 'rbac.authorization.k8s.io' },
      },
      jane,
    ),
    get(maps, as('jane')),
    get(maps, as('joe')),
    get(maps, as('joe', { 'impersonate-group': 'system:masters' })),
    get(maps, { headers: { 'impersonate-group': 'devs' } }),
    get(maps, { ...jane, ...as('joe') }),
    get(maps, { ...jane, ...as('joe', { 'impersonate-group': 'devs' }) }),
    get(maps, as(`system:serviceaccount:${ns}:default`)),
    post(
      '/apis/authentication.k8s.io/v1/selfsubjectreviews',
      {},
      as('joe', {
        'impersonate-group': 'devs',
        'impersonate-uid': 'u-1',
        'impersonate-extra-scopes': 'view',
      }),
    ),
    post('/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, as(`system:serviceaccount:${ns}:default`)),
  ];
});

const tokens = inNamespace('tokens', (ns) => {
  const account = `/api/v1/namespaces/${ns}/serviceaccounts/default`;
  const reviews = '/apis/authentication.k8s.io/v1/tokenreviews';
  return [
    post(`${account}/token`, { spec: {} }, { as: 'token' }),
    post(reviews, (seen: Seen) => ({ spec: { token: seen['token'].status.token as string } })),
    post(`${account}/token`, { spec: { audiences: ['vault'], expirationSeconds: 600 } }, { as: 'vault' }),
    post(reviews, (seen: Seen) => ({ spec: { token: seen['vault'].status.token as string } })),
    post(reviews, (seen: Seen) => ({
      spec: { token: seen['vault'].status.token as string, audiences: ['vault', 'x'] },
    })),
    post(`${account}/token`, { spec: { expirationSeconds: 10 } }),
    post(`${account}/token`, { spec: { expirationSeconds: 2 ** 40 } }),
    post(`${account}/token`, { spec: { boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'none' } } }),
    post(`${account}/token`, {
      spec: { boundObjectRef: { kind: 'ConfigMap', apiVersion: 'v1', name: 'none' } },
    }),
    post(`${account}/token`, { metadata: { name: 'other' }, spec: {} }),
    post(`/api/v1/namespaces/${ns}/serviceaccounts/none/token`, { spec: {} }),
    post(reviews, { spec: { token: 'nonsense' } }),
    post(reviews, { spec: {} }),
    post(reviews, { spec: { token: users.jane } }),
    post(`/api/v1/namespaces/${ns}/secrets`, {
      metadata: { name: 'legacy', annotations: { 'kubernetes.io/service-account.name': 'default' } },
      type: 'kubernetes.io/service-account-token',
    }),
    post(`/api/v1/namespaces/${ns}/secrets`, {
      metadata: { name: 'bare' },
      type: 'kubernetes.io/service-account-token',
    }),
  ];
});

const csrPath = '/apis/certificates.k8s.io/v1/certificatesigningrequests';

const signing = inNamespace('certificates', () => [
  post(csrPath, {
    metadata: { name: 'differential-bad' },
    spec: { request: 'eA==', signerName: 'example.com/signer', usages: ['client auth'] },
  }),
  post(csrPath, { metadata: { name: 'differential-bad' }, spec: { request: '' } }),
  put(`${csrPath}/none/approval`, { metadata: { name: 'none' } }),
]);

const bootstrap: Scenario = {
  name: 'bootstrap',
  steps: [
    ...[
      'admin',
      'edit',
      'view',
      'cluster-admin',
      'system:discovery',
      'system:basic-user',
      'system:node',
      'system:kube-scheduler',
    ].map((name) => get(`${rbac}/clusterroles/${name}`)),
    ...['cluster-admin', 'system:discovery', 'system:public-info-viewer', 'system:monitoring'].map((name) =>
      get(`${rbac}/clusterrolebindings/${name}`),
    ),
    get(`${rbac}/namespaces/kube-system/roles`),
    get(`${rbac}/namespaces/kube-public/rolebindings`),
    get('/api/v1/namespaces/kube-system'),
    get('/api/v1/namespaces/default/services?fieldSelector=metadata.name%3Dkubernetes', {
      headers: tableAccept,
    }),
    get('/apis/scheduling.k8s.io/v1/priorityclasses/system-cluster-critical'),
    get('/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas/exempt'),
    get('/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas/catch-all'),
    get('/apis/flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations/global-default'),
    get('/apis/networking.k8s.io/v1/servicecidrs/kubernetes'),
    get('/apis/apiregistration.k8s.io/v1/apiservices/v1.apps'),
    get('/api/v1/namespaces/kube-system/configmaps'),
    get('/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases'),
  ],
};

/** Who may do what, and who is who. */
export const access: readonly Scenario[] = [bootstrap, roles, tokens, signing];
