import fc from 'fast-check';
import { expect, it } from 'vitest';
import { askedFor } from '../../../src/backend/proxy/request-info.js';

it.each([
  ['GET', '/api/v1/pods', 'list', 'pods'],
  ['GET', '/api/v1/pods?watch=true&resourceVersion=1', 'watch', 'pods'],
  ['GET', '/api/v1/pods?limit=1&watch=1', 'watch', 'pods'],
  ['GET', '/api/v1/pods?watch=false', 'list', 'pods'],
  ['GET', '/api/v1/watch/namespaces/x/pods', 'watch', 'pods'],
  ['GET', '/api/v1/namespaces', 'list', 'namespaces'],
  ['GET', '/api/v1/namespaces/x', 'get', 'namespaces'],
  ['PUT', '/api/v1/namespaces/x/finalize', 'update', 'namespaces/finalize'],
  ['GET', '/api/v1/namespaces/x/pods/p/log?follow=true', 'get', 'pods/log'],
  ['POST', '/apis/apps/v1/namespaces/x/deployments', 'create', 'deployments.apps'],
  ['PATCH', '/apis/apps/v1/namespaces/x/deployments/d/status', 'patch', 'deployments.apps/status'],
  ['DELETE', '/apis/apps/v1/namespaces/x/deployments', 'deletecollection', 'deployments.apps'],
  ['DELETE', '/apis/apps/v1/namespaces/x/deployments/d', 'delete', 'deployments.apps'],
  ['GET', '/version', 'get', ''],
  ['GET', '/apis/apps/v1', 'get', ''],
  ['GET', '/api/v1', 'get', ''],
])('%s %s is %s of "%s"', (method, url, verb, resource) => {
  expect(askedFor(method, url)).toEqual({ verb, resource });
});

it('reads any request line without an exception', () => {
  fc.assert(
    fc.property(fc.string(), fc.webPath(), fc.webQueryParameters(), (method, path, query) => {
      const { verb, resource } = askedFor(method, `${path}?${query}`);
      expect(typeof verb).toBe('string');
      expect(resource).not.toContain('?');
    }),
  );
});
