import type { Case } from './case.js';
import { as } from './case.js';

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
