import { describe, expect, it } from 'vitest';
import { cloneJson } from '../../src/codec/json.js';
import type { Controller, KubeObject } from '../../src/index.js';
import { ApiServer } from '../../src/index.js';
import { pruneUnknown } from '../../src/schema/normalize.js';
import { at } from '../../src/schema/read.js';
import { caseName, recorded, type Recorded } from '../fixtures/recorded.js';

/** The recorded server had no controllers, but its admission protects volumes all the same. */
const protection: Controller = {
  name: 'storage-protection',
  watches: [],
  keysFor: () => [],
  reconcile: () => undefined,
};

/** What differs, from one server to another or from theirs to ours. Paths by kind. */
const different: Record<string, readonly string[]> = {
  '': ['metadata.uid', 'metadata.resourceVersion', 'metadata.creationTimestamp', 'metadata.managedFields'],
  Service: ['spec.clusterIP', 'spec.clusterIPs'],
  PersistentVolume: ['status.lastPhaseTransitionTime'],
  // Only where the controller runs that gives namespaces their account.
  Pod: ['spec.serviceAccount', 'spec.serviceAccountName'],
  // Ours are established by the time they are answered, and nodes ready a moment later.
  CustomResourceDefinition: ['status'],
  Node: ['spec.taints'],
  // Nothing here would take the finalizer off.
  VolumeAttributesClass: ['metadata.finalizers'],
  // Code in the process is nobody in particular.
  CertificateSigningRequest: ['spec.username', 'spec.groups', 'spec.extra'],
};

function comparable(object: KubeObject): unknown {
  const { uid = '' } = object.metadata;
  const copy = JSON.parse(JSON.stringify(object).replaceAll(uid, 'uid')) as KubeObject;
  for (const path of [...(different[''] ?? []), ...(different[object.kind] ?? [])]) {
    const steps = path.split('.');
    const parent = at(copy, ...steps.slice(0, -1)) as Record<string, unknown> | undefined;
    if (parent !== undefined) delete parent[steps.at(-1) ?? ''];
  }
  return copy;
}

// Events are stored in, and answered to code in the process in, their older version.
const cases = recorded.filter(({ input }) => input.apiVersion !== 'events.k8s.io/v1');

describe('a new object', () => {
  it.each(cases.map((record): [string, Recorded] => [caseName(record), record]))(
    '%s becomes what kube-apiserver makes of it',
    (_name, { input, created }) => {
      const server = new ApiServer({ controllers: [protection] });
      const { api } = server.createCluster({ name: 'c', uid: 'c', base: server.emptyBase });
      const object = cloneJson(input);
      pruneUnknown(object);
      const { namespace } = created.metadata;
      if (namespace !== undefined) {
        object.metadata.namespace = namespace;
        api.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
      }
      expect(comparable(api.create(object))).toEqual(comparable(created));
    },
  );
});
