import { readFileSync } from 'node:fs';
import type { KubeObject } from '@scale-cluster/memory-apiserver';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import {
  createManifestObjects,
  parseImportManifest,
  sharedObjects,
  splitImportManifest,
} from '../../src/agent-doings/import-manifest.js';

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

describe('splitting the import manifest', () => {
  const hex = fc.stringMatching(/^[0-9a-f]{10}$/);
  const token = fc.base64String({ minLength: 8 });

  it('gives all clusters the same shared part, without secrets, and each its own rest', () => {
    fc.assert(
      fc.property(hex, hex, token, (key, other, text) => {
        const yaml = manifest(key, JSON.stringify(text));
        const { shared = '', credentials, own = '' } = splitImportManifest(yaml) ?? {};
        expect(credentials).toBe(key);
        expect(shared).toBe(splitImportManifest(manifest(other, 'x'))?.shared);
        expect(shared).not.toContain('Secret"');
        const together = [...sharedObjects(shared, key), ...parseImportManifest(own)];
        const byKind = (a: { kind: string }, b: { kind: string }): number => (a.kind < b.kind ? -1 : 1);
        expect(together.sort(byKind)).toEqual(parseImportManifest(yaml).sort(byKind));
      }),
    );
  });

  it('keeps every Secret with the cluster, and looks at kinds, not at how they are written', () => {
    const yaml = `${manifest('0123456789', 'b25l')}
{ "kind": "Secret", "apiVersion": "v1", "metadata": { "name": "pull-secret" }, "data": { "token": "cHVsbA==" } }
--- { apiVersion: v1, kind: "Secret", metadata: { name: third } }
`.replace('--- { apiVersion', '---\n{ apiVersion');
    const { shared = '', own = '' } = splitImportManifest(yaml) ?? {};
    expect(parseImportManifest(own).map(({ metadata }) => metadata.name)).toEqual([
      'cattle-credentials-0123456789',
      'pull-secret',
      'third',
    ]);
    expect(shared).not.toContain('cHVsbA');
  });

  it('tells manifests apart that differ in more than the credentials', () => {
    const yaml = manifest('0123456789', 'b25l');
    expect(splitImportManifest(yaml.replace('a line', 'a longer line'))?.shared).not.toBe(
      splitImportManifest(yaml)?.shared,
    );
  });

  it('leaves a manifest alone in which no Secret has the credentials', () => {
    expect(splitImportManifest(manifest('0123456789', 'b25l').replace('kind: Secret', 'kind: Other'))).toBe(
      undefined,
    );
    expect(splitImportManifest(manifest('nothex6789', 'b25l'))).toBe(undefined);
    expect(() => splitImportManifest('')).toThrow(/is empty/);
  });
});

describe('applying the import manifest', () => {
  const fixture = (name: string): string =>
    readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8');
  /** By kind and name the annotation that kubectl v1.34.4 left in a cluster that it had applied the manifest to. */
  const byKubectl = JSON.parse(fixture('last-applied.json')) as Record<string, string>;
  const marks: KubeObject = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace: 'cattle-system', name: 'marks' },
    data: { text: 'a <b> & \'c\' "d" \u2028 é \b\t\n', 10: '1', 9: '2' },
  };

  it('leaves the same annotation as kubectl, to the byte, so that Rancher’s own apply has nothing to write', () => {
    const objects = [...parseImportManifest(fixture('import-manifest.yaml')), marks];
    const created: KubeObject[] = [];
    const create = (object: KubeObject): KubeObject => {
      created.push(object);
      return object;
    };
    createManifestObjects({ create }, objects);
    const annotations = created.map(({ kind, metadata }) => [
      `${kind} ${metadata.name}`,
      metadata.annotations?.['kubectl.kubernetes.io/last-applied-configuration'],
    ]);
    expect(Object.fromEntries(annotations)).toEqual(byKubectl);
  });
});
