import { describe, expect, it } from 'vitest';

import { cloneJson } from '../../src/codec/json.js';
import type { KubeObject } from '../../src/object.js';
import { applyDefaults } from '../../src/schema/defaults.js';
import { pruneUnknown } from '../../src/schema/normalize.js';
import { at } from '../../src/schema/read.js';
import { caseName, recorded } from '../fixtures/recorded.js';

/**
 * What a server adds to new objects beside defaults: its strategies and admission plugins do that, so it is
 * taken from the recorded answer before the comparison. Paths by kind.
 */
const notDefaults: Record<string, readonly string[]> = {
  '': [
    'metadata.uid',
    'metadata.resourceVersion',
    'metadata.creationTimestamp',
    'metadata.generation',
    'metadata.finalizers',
    'status',
  ],
  Namespace: ['spec'],
  Secret: ['data', 'stringData'],
  Service: [
    'spec.clusterIP',
    'spec.clusterIPs',
    'spec.ipFamilies',
    'spec.ipFamilyPolicy',
    'spec.healthCheckNodePort',
  ],
  Pod: [
    'spec.serviceAccountName',
    'spec.serviceAccount',
    'spec.tolerations',
    'spec.priority',
    'spec.preemptionPolicy',
  ],
  Job: ['metadata.labels', 'spec.selector', 'spec.template.metadata.labels'],
  DaemonSet: ['metadata.annotations'],
  Node: ['spec.taints'],
  CertificateSigningRequest: ['spec.username', 'spec.groups', 'spec.extra', 'spec.uid'],
};

function remove(object: unknown, path: string): void {
  const steps = path.split('.');
  const parent = at(object, ...steps.slice(0, -1)) as Record<string, unknown> | undefined;
  if (parent !== undefined) delete parent[steps.at(-1) ?? ''];
}

function comparable(object: KubeObject): KubeObject {
  const copy = cloneJson(object);
  for (const path of [...(notDefaults[''] ?? []), ...(notDefaults[object.kind] ?? [])]) remove(copy, path);
  return copy;
}

describe('applyDefaults', () => {
  it.each(recorded.map((record) => [caseName(record), record] as const))(
    'completes %s as kube-apiserver does',
    (_name, { input, created }) => {
      const object = cloneJson(input);
      expect(pruneUnknown(object)).toEqual([]);
      applyDefaults(object);
      expect(comparable(object)).toEqual(comparable(created));
    },
  );

  it.each(recorded.map((record) => [caseName(record), record] as const))(
    'leaves %s as it is when it is complete',
    (_name, { printed }) => {
      const object = cloneJson(printed);
      applyDefaults(object);
      expect(object).toEqual(printed);
    },
  );
});
