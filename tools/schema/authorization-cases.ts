/** Requests that are played against a kube-apiserver to record what it answers: see record-authorization.ts. */

export interface Case {
  name: string;
  method: string;
  path: string;
  /** Whom to impersonate; without it the request is of `system:masters`. */
  headers?: Record<string, string | string[]>;
  body?: object;
  contentType?: string;
}

const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const AUTHORIZATION = '/apis/authorization.k8s.io/v1';
const rbacVersion = 'rbac.authorization.k8s.io/v1';

const red = `/api/v1/namespaces/red`;
const inRed = `${RBAC}/namespaces/red`;

const create = (path: string, body: object, name = ''): Case => ({
  name: name || `create ${path}`,
  method: 'POST',
  path,
  body,
});

const clusterRole = (name: string, rules: object[], more: object = {}): object => ({
  apiVersion: rbacVersion,
  kind: 'ClusterRole',
  metadata: { name },
  rules,
  ...more,
});
const role = (name: string, rules: object[]): object => ({
  apiVersion: rbacVersion,
  kind: 'Role',
  metadata: { name },
  rules,
});
const binding = (kind: string, name: string, roleRef: string, ...subjects: string[]): object => {
  const [roleKind, roleName] = roleRef.split('/');
  return {
    apiVersion: rbacVersion,
    kind,
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: roleKind, name: roleName },
    subjects: subjects.map((subject) => {
      const [who = '', first = '', second = ''] = subject.split(' ');
      return who === 'ServiceAccount'
        ? { kind: who, namespace: first, name: second }
        : { kind: who, apiGroup: 'rbac.authorization.k8s.io', name: first };
    }),
  };
};
const clusterBinding = (name: string, roleRef: string, ...subjects: string[]): object =>
  binding('ClusterRoleBinding', name, roleRef, ...subjects);
const roleBinding = (name: string, roleRef: string, ...subjects: string[]): object =>
  binding('RoleBinding', name, roleRef, ...subjects);

const rule = (verbs: string, groups: string, resources: string, names?: string): object => ({
  verbs: verbs.split(','),
  apiGroups: groups.split(','),
  resources: resources.split(','),
  ...(names === undefined ? {} : { resourceNames: names.split(',') }),
});
const urls = (verbs: string, paths: string): object => ({
  verbs: verbs.split(','),
  nonResourceURLs: paths.split(','),
});

export const setup: Case[] = [
  create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'red' } }),
  create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'blue' } }),
  create(`${red}/serviceaccounts`, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'robot' } }),
  create(`${red}/serviceaccounts`, {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'default' },
  }),
  create('/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' } }),
  create(`${red}/pods`, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'worker' },
    spec: { serviceAccountName: 'robot', nodeName: 'n1', containers: [{ name: 'c', image: 'i' }] },
  }),
  create(`${red}/secrets`, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'anchor' } }),
  create(`${RBAC}/clusterroles`, clusterRole('scaler', [rule('get,update', 'apps', '*/scale')])),
  create(`${RBAC}/clusterroles`, clusterRole('named', [rule('get,update', '', 'configmaps', 'a,b')])),
  create(
    `${RBAC}/clusterroles`,
    clusterRole('starred', [rule('get', '', 'pods/*'), rule('list', '*', 'pods')]),
  ),
  create(`${RBAC}/clusterroles`, clusterRole('urls', [urls('get', '/metrics,/logs/*'), urls('post', '/a*')])),
  create(`${RBAC}/clusterroles`, clusterRole('all-of-apps', [rule('*', 'apps', '*')])),
  create(
    `${RBAC}/clusterroles`,
    clusterRole(
      'rbac-editor',
      [rule('*', 'rbac.authorization.k8s.io', 'roles,clusterroles,rolebindings,clusterrolebindings')],
      {},
    ),
  ),
  create(
    `${RBAC}/clusterroles`,
    clusterRole('rbac-writer', [
      rule(
        'get,list,create,update,patch,delete',
        'rbac.authorization.k8s.io',
        'roles,clusterroles,rolebindings,clusterrolebindings',
      ),
      rule('get,list', '', 'pods'),
    ]),
  ),
  create(
    `${RBAC}/clusterroles`,
    clusterRole('binder', [
      rule('bind', 'rbac.authorization.k8s.io', 'clusterroles', 'view'),
      rule('create,update', 'rbac.authorization.k8s.io', 'rolebindings,clusterrolebindings'),
    ]),
  ),
  create(
    `${RBAC}/clusterroles`,
    clusterRole('impersonator', [
      rule('impersonate', '', 'users', 'jane'),
      rule('impersonate', '', 'groups', 'developers'),
      rule('impersonate', 'authentication.k8s.io', 'userextras/scopes', 'view'),
      rule('impersonate', 'authentication.k8s.io', 'uids', '42'),
    ]),
  ),
  create(
    `${RBAC}/clusterroles`,
    clusterRole('clerk', [
      rule(
        'get,update,patch',
        'certificates.k8s.io',
        ['certificatesigningrequests/approval', 'certificatesigningrequests/status'].join(),
      ),
    ]),
  ),
  create(
    `${RBAC}/clusterroles`,
    clusterRole('approver', [rule('approve', 'certificates.k8s.io', 'signers', 'example.com/*')]),
  ),
  create(`${inRed}/roles`, role('pod-reader', [rule('get,list', '', 'pods')])),
  create(`${RBAC}/clusterrolebindings`, clusterBinding('scalers', 'ClusterRole/scaler', 'User sam')),
  create(`${RBAC}/clusterrolebindings`, clusterBinding('named', 'ClusterRole/named', 'User nora')),
  create(`${RBAC}/clusterrolebindings`, clusterBinding('starred', 'ClusterRole/starred', 'User stella')),
  create(`${RBAC}/clusterrolebindings`, clusterBinding('urls', 'ClusterRole/urls', 'Group monitors')),
  create(
    `${RBAC}/clusterrolebindings`,
    clusterBinding('apps', 'ClusterRole/all-of-apps', 'User other', 'Group builders'),
  ),
  create(`${RBAC}/clusterrolebindings`, clusterBinding('ghost', 'ClusterRole/gone', 'User ghost')),
  create(`${RBAC}/clusterrolebindings`, clusterBinding('writers', 'ClusterRole/rbac-writer', 'User rita')),
  create(`${RBAC}/clusterrolebindings`, clusterBinding('escalators', 'ClusterRole/rbac-editor', 'User eve')),
  create(`${RBAC}/clusterrolebindings`, clusterBinding('binders', 'ClusterRole/binder', 'User ben')),
  create(
    `${RBAC}/clusterrolebindings`,
    clusterBinding('impersonators', 'ClusterRole/impersonator', 'User ivy'),
  ),
  create(`${RBAC}/clusterrolebindings`, clusterBinding('editors', 'ClusterRole/edit', 'Group developers')),
  create(
    `${RBAC}/clusterrolebindings`,
    clusterBinding('clerks', 'ClusterRole/clerk', 'User carla', 'User amy'),
  ),
  create(`${RBAC}/clusterrolebindings`, clusterBinding('approvers', 'ClusterRole/approver', 'User amy')),
  create(`${inRed}/rolebindings`, roleBinding('viewers', 'ClusterRole/view', 'User jane')),
  create(`${inRed}/rolebindings`, roleBinding('admins', 'ClusterRole/admin', 'User ada')),
  create(`${inRed}/rolebindings`, roleBinding('readers', 'Role/pod-reader', 'ServiceAccount red robot')),
  create(`${inRed}/rolebindings`, roleBinding('lost', 'Role/gone', 'User ghost')),
  create(
    `${inRed}/rolebindings`,
    roleBinding('accounts', 'ClusterRole/scaler', 'Group system:serviceaccounts:red'),
  ),
];

/** `user[+group…] verb resource[/subresource][.group] [namespace[/name]]`, or a path. */
const questions = `
jane get pods red
jane list pods red
jane list pods blue
jane list pods
jane get pods/log red/x
jane get pods/exec red/x
jane create pods red
jane get secrets red
jane get namespaces red/red
jane get namespaces blue/blue
jane list deployments.apps red
jane get deployments.apps/scale red/x
jane get deployments.extensions red
jane get configmaps red
ada create rolebindings.rbac.authorization.k8s.io red
ada create deployments.apps red
ada create pods/exec red/x
ada delete namespaces red/red
ada create resourcequotas red
ada impersonate serviceaccounts red/robot
ada create serviceaccounts/token red/robot
ada create localsubjectaccessreviews.authorization.k8s.io red
kim+developers create pods blue
kim+developers get secrets blue
kim+developers create roles.rbac.authorization.k8s.io blue
kim+developers list nodes
sam update deployments.apps/scale blue/x
sam get statefulsets.apps/scale blue/x
sam get deployments.apps blue/x
sam get deployments.apps/status blue/x
nora get configmaps blue/a
nora get configmaps blue/c
nora list configmaps blue
nora update configmaps blue/b
nora delete configmaps blue/b
stella get pods/log blue/x
stella get pods blue/x
stella list pods.metrics.k8s.io
stella list pods
tim+builders delete daemonsets.apps red/x
tim+builders get pods red
other create deployments.apps blue
ghost get pods red
ghost get pods
nobody get pods
nobody+system:authenticated get /api
nobody+system:authenticated get /apis/apps/v1
nobody+system:authenticated get /metrics
nobody+system:authenticated create selfsubjectaccessreviews.authorization.k8s.io
nobody+system:unauthenticated get /version
nobody+system:unauthenticated get /api
nobody+system:masters delete nodes
nobody+system:masters get /anything
max+monitors get /metrics
max+monitors get /metrics/cadvisor
max+monitors get /logs/kube
max+monitors get /logs
max+monitors post /abc
max+monitors get /abc
max+system:monitoring get /livez/etcd
max+system:monitoring get /metrics/slis
system:kube-scheduler create pods/binding red/x
system:kube-scheduler update leases.coordination.k8s.io kube-system/kube-scheduler
system:kube-scheduler create configmaps kube-system
system:kube-scheduler get configmaps kube-system/extension-apiserver-authentication
system:kube-controller-manager create serviceaccounts/token red/x
system:kube-controller-manager list widgets.example.com
system:kube-controller-manager update endpoints kube-system/kube-controller-manager
system:kube-proxy list endpointslices.discovery.k8s.io
system:kube-proxy delete services red/x
system:node:n1 get pods red/x
node+system:nodes get pods red/x
system:serviceaccount:kube-system:deployment-controller create replicasets.apps red
system:serviceaccount:kube-system:deployment-controller create replicasets.extensions red
system:serviceaccount:kube-system:replicaset-controller create pods red
system:serviceaccount:kube-system:generic-garbage-collector patch widgets.example.com red/x
system:serviceaccount:kube-system:namespace-controller deletecollection secrets red
system:serviceaccount:kube-system:job-controller update jobs.batch/finalizers red/x
system:serviceaccount:kube-system:token-cleaner delete secrets kube-system/x
system:serviceaccount:kube-system:token-cleaner delete secrets red/x
system:serviceaccount:red:robot get pods red/x
system:serviceaccount:red:robot get pods blue/x
system:serviceaccount:blue:robot get pods red/x
system:serviceaccount:red:other+system:serviceaccounts+system:serviceaccounts:red get deployments.apps/scale red/x
system:serviceaccount:red:other+system:serviceaccounts get /openid/v1/jwks
system:serviceaccount:red:other+system:serviceaccounts get /.well-known/openid-configuration/
`;

function question(line: string): Case {
  const [who = '', verb = '', what = '', where = ''] = line.split(' ');
  const [user, ...groups] = who.split('+');
  const [namespace = '', name = ''] = where.split('/');
  const [, resource = '', first = '', second = ''] =
    /^([^./]+)(\.[^/]+)?(\/.+)?$/.exec(what)?.map((part) => part ?? '') ?? [];
  const asked = what.startsWith('/')
    ? { nonResourceAttributes: { verb, path: what } }
    : {
        resourceAttributes: {
          verb,
          resource,
          ...(first === '' ? {} : { group: first.slice(1) }),
          ...(second === '' ? {} : { subresource: second.slice(1) }),
          ...(namespace === '' ? {} : { namespace }),
          ...(name === '' ? {} : { name }),
        },
      };
  return {
    name: line,
    method: 'POST',
    path: `${AUTHORIZATION}/subjectaccessreviews`,
    body: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: { user, ...(groups.length === 0 ? {} : { groups }), ...asked },
    },
  };
}

export const accessQuestions: Case[] = questions.trim().split('\n').map(question);

const as = (user: string, ...groups: string[]): Pick<Case, 'headers'> => ({
  headers: { 'Impersonate-User': user, ...(groups.length === 0 ? {} : { 'Impersonate-Group': groups }) },
});

const review = (kind: string, spec: object | undefined, name: string, more: object = {}, path = ''): Case => {
  const group = /Token|SelfSubjectReview/.test(kind) ? 'authentication.k8s.io' : 'authorization.k8s.io';
  return {
    name,
    method: 'POST',
    path: `/apis/${group}/v1/${path}${kind.toLowerCase()}s`,
    body: { apiVersion: `${group}/v1`, kind, ...(spec === undefined ? {} : { spec }), ...more },
  };
};
const pods = { resourceAttributes: { verb: 'get', resource: 'pods', namespace: 'red' } };

/** Reviews well and badly asked. */
export const reviews: Case[] = [
  review('SubjectAccessReview', { ...pods }, 'a review of nobody'),
  review('SubjectAccessReview', { user: 'x' }, 'a review of nothing'),
  review(
    'SubjectAccessReview',
    { user: 'x', ...pods, nonResourceAttributes: { path: '/x', verb: 'get' } },
    'a review of both',
  ),
  review('SubjectAccessReview', { user: 'x', ...pods }, 'a review with a name', { metadata: { name: 'n' } }),
  review(
    'SubjectAccessReview',
    {
      user: 'jane',
      resourceAttributes: {
        ...pods.resourceAttributes,
        labelSelector: { rawSelector: 'a=b' },
        fieldSelector: { rawSelector: 'spec.nodeName=n' },
      },
    },
    'a review with selectors',
  ),
  review(
    'SubjectAccessReview',
    {
      user: 'jane',
      resourceAttributes: {
        ...pods.resourceAttributes,
        labelSelector: { rawSelector: '!!' },
        fieldSelector: { rawSelector: 'x' },
      },
    },
    'a review with unreadable selectors',
  ),
  review(
    'SubjectAccessReview',
    {
      user: 'jane',
      resourceAttributes: {
        ...pods.resourceAttributes,
        labelSelector: {
          requirements: [
            { key: 'a', operator: 'Is', values: ['b'] },
            { key: 'a', operator: 'Exists' },
          ],
        },
      },
    },
    'a review with an unknown operator',
  ),
  review(
    'SubjectAccessReview',
    {
      user: 'jane',
      resourceAttributes: {
        ...pods.resourceAttributes,
        labelSelector: {},
        fieldSelector: { rawSelector: 'a=b', requirements: [{ key: '', operator: 'In' }] },
      },
    },
    'a review with wrong selectors',
  ),
  review(
    'LocalSubjectAccessReview',
    { user: 'jane', ...pods },
    'a local review',
    { metadata: { namespace: 'red' } },
    'namespaces/red/',
  ),
  review(
    'LocalSubjectAccessReview',
    { user: 'jane', ...pods },
    'a local review without namespace',
    {},
    'namespaces/red/',
  ),
  review(
    'LocalSubjectAccessReview',
    { user: 'jane', ...pods },
    'a local review of another namespace',
    { metadata: { namespace: 'blue' } },
    'namespaces/blue/',
  ),
  review(
    'LocalSubjectAccessReview',
    { user: 'jane', nonResourceAttributes: { path: '/x', verb: 'get' } },
    'a local review of a path',
    { metadata: { namespace: 'red' } },
    'namespaces/red/',
  ),
  { ...review('SelfSubjectAccessReview', pods, 'what jane may do'), ...as('jane') },
  { ...review('SelfSubjectAccessReview', pods, 'what kim may do'), ...as('kim') },
  { ...review('SelfSubjectAccessReview', {}, 'a question about nothing'), ...as('jane') },
  review(
    'SelfSubjectAccessReview',
    { nonResourceAttributes: { path: '/x', verb: 'get' } },
    'what a master may do',
  ),
  { ...review('SelfSubjectRulesReview', { namespace: 'red' }, 'the rules of jane'), ...as('jane') },
  {
    ...review('SelfSubjectRulesReview', { namespace: 'blue' }, 'the rules of jane elsewhere'),
    ...as('jane'),
  },
  { ...review('SelfSubjectRulesReview', { namespace: 'red' }, 'the rules of a ghost'), ...as('ghost') },
  { ...review('SelfSubjectRulesReview', { namespace: 'blue' }, 'the rules of nora'), ...as('nora') },
  { ...review('SelfSubjectRulesReview', {}, 'rules of no namespace'), ...as('jane') },
  {
    ...review('SelfSubjectReview', undefined, 'who jane is'),
    headers: {
      'Impersonate-User': 'jane',
      'Impersonate-Uid': '42',
      'Impersonate-Extra-Scopes': ['view', 'edit'],
      'Impersonate-Extra-Acme.com%2fTeam': 'x',
    },
  },
  {
    ...review('SelfSubjectReview', undefined, 'who a service account is'),
    ...as('system:serviceaccount:red:robot'),
  },
  {
    ...review('SelfSubjectReview', undefined, 'who a service account with groups is'),
    ...as('system:serviceaccount:red:robot', 'developers'),
  },
  {
    ...review('SelfSubjectReview', undefined, 'who an odd service account is'),
    ...as('system:serviceaccount:Red:robot'),
  },
  {
    ...review('SelfSubjectReview', undefined, 'who a user of groups is'),
    ...as('jane', 'b', 'a', 'system:authenticated'),
  },
  {
    ...review('SelfSubjectReview', undefined, 'who somebody unauthenticated is'),
    ...as('jane', 'system:unauthenticated'),
  },
  { ...review('SelfSubjectReview', undefined, 'who the anonymous user is'), ...as('system:anonymous') },
  review('TokenReview', { token: 'no-such-token' }, 'an unknown token'),
  review('TokenReview', { token: 'a.b.c' }, 'three parts that are no token'),
  review('TokenReview', {}, 'a review of no token'),
];

/** Requests that roles allow or refuse. */
export const requests: Case[] = [
  { name: 'jane lists pods in red', method: 'GET', path: `${red}/pods?limit=0`, ...as('jane') },
  { name: 'jane lists pods in blue', method: 'GET', path: '/api/v1/namespaces/blue/pods', ...as('jane') },
  { name: 'jane lists pods everywhere', method: 'GET', path: '/api/v1/pods', ...as('jane') },
  { name: 'jane gets the namespace', method: 'GET', path: '/api/v1/namespaces/blue', ...as('jane') },
  { name: 'jane lists namespaces', method: 'GET', path: '/api/v1/namespaces', ...as('jane') },
  {
    name: 'jane gets a deployment',
    method: 'GET',
    path: '/apis/apps/v1/namespaces/blue/deployments/x',
    ...as('jane'),
  },
  {
    name: 'jane gets a scale',
    method: 'GET',
    path: '/apis/apps/v1/namespaces/blue/deployments/x/scale',
    ...as('jane'),
  },
  { name: 'jane watches secrets', method: 'GET', path: `${red}/secrets?watch=true`, ...as('jane') },
  {
    name: 'jane watches one secret',
    method: 'GET',
    path: `${red}/secrets?watch=true&fieldSelector=metadata.name%3Danchor`,
    ...as('jane'),
  },
  { name: 'jane deletes all secrets', method: 'DELETE', path: `${red}/secrets`, ...as('jane') },
  {
    name: 'jane asks for what is not there',
    method: 'GET',
    path: '/apis/example.com/v1/namespaces/blue/widgets/x',
    ...as('jane'),
  },
  { name: 'jane reads metrics', method: 'GET', path: '/metrics', ...as('jane') },
  { name: 'jane asks for an odd path', method: 'GET', path: '/x%3Cy%3E', ...as('jane') },
  { name: 'ghost lists pods', method: 'GET', path: `${red}/pods`, ...as('ghost') },
  {
    name: 'nora gets another map',
    method: 'GET',
    path: '/api/v1/namespaces/blue/configmaps/c',
    ...as('nora'),
  },
  {
    name: 'a patch that is refused',
    method: 'PATCH',
    path: `${red}/configmaps/c`,
    body: {},
    contentType: 'application/merge-patch+json',
    ...as('jane'),
  },
  {
    name: 'a group without a user',
    method: 'GET',
    path: '/api/v1/pods?a=b&c=d',
    headers: { 'Impersonate-Group': ['x', 'y'] },
  },
  { name: 'a uid without a user', method: 'GET', path: '/api/v1/pods', headers: { 'Impersonate-Uid': '7' } },
  {
    name: 'an extra without a user',
    method: 'GET',
    path: '/api/v1/pods',
    headers: { 'Impersonate-Extra-Scopes': 'z' },
  },
];

/** Roles and bindings written by people who have too little, or enough. */
export const escalations: Case[] = [
  {
    ...create(
      `${RBAC}/clusterroles`,
      clusterRole('more', [
        rule('get,list,delete', '', 'pods,secrets'),
        rule('get', 'apps', 'deployments/scale', 'x,y'),
      ]),
      'a cluster role of more than one has',
    ),
    ...as('rita'),
  },
  {
    ...create(
      `${RBAC}/clusterroles`,
      clusterRole('as-much', [rule('get', '', 'pods')]),
      'a cluster role of as much as one has',
    ),
    ...as('rita'),
  },
  {
    ...create(
      `${RBAC}/clusterroles`,
      clusterRole('paths', [urls('get,post', '/x,/y/*')]),
      'a cluster role of paths',
    ),
    ...as('rita'),
  },
  {
    ...create(
      `${RBAC}/clusterroles`,
      clusterRole('gathers', [], {
        aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] },
      }),
      'a cluster role that gathers',
    ),
    ...as('rita'),
  },
  {
    ...create(
      `${RBAC}/clusterroles`,
      clusterRole('everything', [rule('*', '*', '*')]),
      'a cluster role of everything',
    ),
    ...as('rita', 'g1', 'g2'),
  },
  {
    ...create(
      `${RBAC}/clusterroles`,
      clusterRole('by-eve', [rule('*', '*', '*')]),
      'a cluster role by someone who may escalate',
    ),
    ...as('eve'),
  },
  {
    ...create(
      `${inRed}/roles`,
      role('more', [rule('create', 'apps', 'deployments')]),
      'a role of more than one has',
    ),
    ...as('rita'),
  },
  {
    ...create(`${inRed}/roles`, role('fine', [rule('list', '', 'pods')]), 'a role of what one has'),
    ...as('rita'),
  },
  {
    name: 'more rules for a role',
    method: 'PUT',
    path: `${inRed}/roles/fine`,
    body: role('fine', [rule('list', '', 'pods'), rule('get', '', 'nodes')]),
    ...as('rita'),
  },
  {
    name: 'a role patched to more',
    method: 'PATCH',
    path: `${RBAC}/clusterroles/as-much`,
    body: { rules: [rule('get', '*', '*')] },
    contentType: 'application/merge-patch+json',
    ...as('rita'),
  },
  {
    name: 'a role with a finalizer',
    method: 'PATCH',
    path: `${RBAC}/clusterroles/by-eve`,
    body: { metadata: { finalizers: ['example.com/hold'] } },
    contentType: 'application/merge-patch+json',
    ...as('rita'),
  },
  {
    name: 'a role with a label',
    method: 'PATCH',
    path: `${RBAC}/clusterroles/by-eve`,
    body: { metadata: { labels: { a: 'b' } } },
    contentType: 'application/merge-patch+json',
    ...as('rita'),
  },
  {
    name: 'the finalizer off again',
    method: 'PATCH',
    path: `${RBAC}/clusterroles/by-eve`,
    body: { metadata: { finalizers: null } },
    contentType: 'application/merge-patch+json',
    ...as('rita'),
  },
  {
    name: 'a role made by put',
    method: 'PUT',
    path: `${RBAC}/clusterroles/put-there`,
    body: clusterRole('put-there', [rule('get', '', 'secrets')]),
    ...as('rita'),
  },
  {
    ...create(
      `${RBAC}/clusterrolebindings`,
      clusterBinding('take-over', 'ClusterRole/cluster-admin', 'User rita'),
      'oneself as cluster-admin',
    ),
    ...as('rita'),
  },
  {
    ...create(
      `${RBAC}/clusterrolebindings`,
      clusterBinding('to-nothing', 'ClusterRole/not-there', 'User rita'),
      'a binding to a role that is not there',
    ),
    ...as('rita'),
  },
  {
    ...create(
      `${RBAC}/clusterrolebindings`,
      clusterBinding('harmless', 'ClusterRole/as-much', 'User x'),
      'a binding to what one has',
    ),
    ...as('rita'),
  },
  {
    ...create(
      `${inRed}/rolebindings`,
      roleBinding('to-view', 'ClusterRole/view', 'User x'),
      'a binding by someone who may bind',
    ),
    ...as('ben'),
  },
  {
    ...create(
      `${inRed}/rolebindings`,
      roleBinding('to-edit', 'ClusterRole/named', 'User x'),
      'a binding of another role by them',
    ),
    ...as('ben'),
  },
  {
    ...create(
      `${inRed}/rolebindings`,
      roleBinding('to-local', 'Role/not-there', 'User x'),
      'a binding to a local role that is not there',
    ),
    ...as('ben'),
  },
  {
    ...create(
      `${RBAC}/clusterrolebindings`,
      clusterBinding('by-ghost', 'ClusterRole/view', 'User x'),
      'a binding by a ghost',
    ),
    ...as('ghost'),
  },
  {
    name: 'another role for a binding',
    method: 'PATCH',
    path: `${RBAC}/clusterrolebindings/harmless`,
    body: { roleRef: { name: 'named' } },
    contentType: 'application/merge-patch+json',
  },
  {
    name: 'more subjects for a binding',
    method: 'PATCH',
    path: `${inRed}/rolebindings/viewers`,
    body: { subjects: [] },
    contentType: 'application/merge-patch+json',
    ...as('rita'),
  },
];

const csr = {
  apiVersion: 'certificates.k8s.io/v1',
  kind: 'CertificateSigningRequest',
  metadata: { name: 'mine' },
  spec: {
    request:
      'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlISk1IRUNBUUF3RHpFTk1Bc0dBMVVFQXd3RVkyRnliREJaTUJNR0J5cUdTTTQ5QWdFR0NDcUdTTTQ5QXdFSApBMElBQkRpRjFFSUdOeVFLNHZBcWE2UVdKZFRvN1Ixam0rR0QyV0hJUDRVQkpQQS9QTU9PQ1MwaS9pNnp0SzFhCnZrR1JRQzhlOW9KbTl5VWIzbCsrRitqRkkyaWdBREFLQmdncWhrak9QUVFEQWdOSUFEQkZBaUVBNk5tcHNXT0IKQUE1bUVhd0JMNVhpRGpFTU5IaEc0cWhNU1p3MldtTXRKWjBDSUJ5T3hRdXB6d1l5V2w5WGlNZXRIVmdqVGZ2dwpUM3A3Y1FmMkRGUVE1UGJvCi0tLS0tRU5EIENFUlRJRklDQVRFIFJFUVVFU1QtLS0tLQo=',
    signerName: 'example.com/signer',
    usages: ['client auth'],
    username: 'somebody-else',
    groups: ['system:masters'],
  },
};

/** Certificates are asked for in one's own name. */
export const signing: Case[] = [
  {
    ...create(
      '/apis/certificates.k8s.io/v1/certificatesigningrequests',
      csr,
      'a certificate in another name',
    ),
    headers: {
      'Impersonate-User': 'carl',
      'Impersonate-Group': ['signers', 'system:masters'],
      'Impersonate-Uid': '9',
      'Impersonate-Extra-Scopes': 'all',
    },
  },
  {
    name: 'another name for the request',
    method: 'PATCH',
    path: '/apis/certificates.k8s.io/v1/certificatesigningrequests/mine',
    body: { metadata: { labels: { a: 'b' } }, spec: { username: 'root', signerName: 'example.com/other' } },
    contentType: 'application/merge-patch+json',
  },
  ...['carla', 'amy'].map((user) => ({
    name: `an approval by ${user}`,
    method: 'PATCH',
    path: '/apis/certificates.k8s.io/v1/certificatesigningrequests/mine/approval',
    body: { status: { conditions: [{ type: 'Approved', status: 'True', reason: 'Fine', message: 'ok' }] } },
    contentType: 'application/merge-patch+json',
    ...as(user),
  })),
  {
    name: 'a verdict by one who may not sign',
    method: 'PATCH',
    path: '/apis/certificates.k8s.io/v1/certificatesigningrequests/mine/status',
    body: {
      status: {
        conditions: ['Approved', 'Failed'].map((type) => ({
          type,
          status: 'True',
          reason: 'Fine',
          message: 'ok',
        })),
      },
    },
    contentType: 'application/merge-patch+json',
    ...as('amy'),
  },
];

const tokenRequest = (name: string, spec: object, more: object = {}, account = 'robot'): Case => ({
  name,
  method: 'POST',
  path: `${red}/serviceaccounts/${account}/token`,
  body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec, ...more },
});
const bound = (kind: string, name: string, more: object = {}): object => ({
  boundObjectRef: { apiVersion: 'v1', kind, name, ...more },
});

/** Tokens asked for; each that is given is then reviewed by the recorder, which records that too. */
export const tokens: Case[] = [
  tokenRequest('a token', {}),
  tokenRequest('a token for others', { audiences: ['vault', 'x'], expirationSeconds: 7200 }),
  tokenRequest('a token of a pod', { ...bound('Pod', 'worker'), expirationSeconds: 600 }),
  tokenRequest('a token of a kubelet', { ...bound('Pod', 'worker'), expirationSeconds: 3607 }),
  tokenRequest('a token of a secret', bound('Secret', 'anchor')),
  tokenRequest('a token of a node', bound('Node', 'n1')),
  tokenRequest('a token too short', { expirationSeconds: 599 }),
  tokenRequest('a token too long', { expirationSeconds: 4294967297 }),
  tokenRequest('a token of a config map', bound('ConfigMap', 'x')),
  tokenRequest('a token of a deployment', {
    boundObjectRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'x' },
  }),
  tokenRequest('a token of a missing pod', bound('Pod', 'gone')),
  tokenRequest('a token of another pod', bound('Pod', 'worker', { uid: 'other' })),
  tokenRequest("a token of somebody else's pod", bound('Pod', 'worker'), {}, 'default'),
  tokenRequest('a token of a missing account', {}, {}, 'gone'),
  tokenRequest('a token of another name', {}, { metadata: { name: 'other' } }),
  tokenRequest('a token of another namespace', {}, { metadata: { namespace: 'blue' } }),
  tokenRequest('a token of another uid', {}, { metadata: { uid: 'other' } }),
];

/** Impersonations of somebody who may do little of it; asked by their own token, since only that counts. */
export const impersonations: Case[] = [
  ['jane', {}],
  ['jim', {}],
  ['jane', { 'Impersonate-Group': 'developers' }],
  ['jane', { 'Impersonate-Group': ['developers', 'admins'] }],
  ['jane', { 'Impersonate-Uid': '42' }],
  ['jane', { 'Impersonate-Uid': '43' }],
  ['jane', { 'Impersonate-Extra-Scopes': 'view' }],
  ['jane', { 'Impersonate-Extra-Scopes': ['view', 'edit'] }],
  ['jane', { 'Impersonate-Extra-Other': 'view' }],
  ['system:serviceaccount:red:robot', {}],
].map(([user, more]) => ({
  name: `ivy as ${user as string} ${JSON.stringify(more)}`,
  method: 'POST',
  path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
  headers: { 'Impersonate-User': user as string, ...(more as Record<string, string | string[]>) },
  body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
}));
