import type { Case } from './case.js';
import { as, red } from './case.js';

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
