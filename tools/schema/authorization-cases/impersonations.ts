import type { Case } from './case.js';

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
