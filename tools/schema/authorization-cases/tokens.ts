import type { Case } from './case.js';
import { red } from './case.js';

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
