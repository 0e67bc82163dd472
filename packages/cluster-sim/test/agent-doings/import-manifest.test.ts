import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { parseImportManifest } from '../../src/agent-doings/import-manifest.js';

const manifest = (key: string, token: string): string => `---
apiVersion: v1
kind: Namespace
metadata: { name: cattle-system }
--- # the token
apiVersion: v1
kind: Secret
metadata: { name: "cattle-credentials-${key}", namespace: cattle-system }
data: { token: ${token} }

---

apiVersion: apps/v1
kind: Deployment
metadata:
  name: cattle-cluster-agent
  annotations:
    text: |
      a line
       --- not a new document
spec:
  template: { spec: { volumes: [{ name: c, secret: { secretName: cattle-credentials-${key} } }] } }
---
`;

const plainly = (yaml: string): unknown[] =>
  [...parseAllDocuments(yaml)]
    .map((document) => document.toJS() as unknown)
    .filter((value) => value !== null);

describe('parsing the import manifest', () => {
  it.each([
    ['0123456789', 'b25l'],
    ['abcdef0123', 'dHdv'],
    ['0000000000', 'dGhyZWU='],
    ['abcdef0123', 'Zm91cg=='],
  ])('gives each cluster its own objects: credentials %s, token %s', (key, token) => {
    const yaml = manifest(key, token);
    const objects = parseImportManifest(yaml);
    expect(objects).toEqual(plainly(yaml));
    // What a caller does with its objects is nobody else's business.
    for (const { metadata } of objects) metadata.name = 'changed';
    expect(parseImportManifest(yaml)).toEqual(plainly(yaml));
  });

  it.each([
    ['a: b: c', /not valid YAML/],
    ['kind: Namespace', /not a Kubernetes object/],
    ['- one', /not a Kubernetes object/],
    ['', /is empty/],
    ['---\n---\n# nothing', /is empty/],
  ])('refuses %j', (yaml, message) => {
    expect(() => parseImportManifest(yaml)).toThrow(message);
  });
});
