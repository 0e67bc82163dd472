import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { cloneJson } from '../../src/codec/json.js';
import { ApiError, type FieldCause } from '../../src/errors.js';
import type { KubeObject } from '../../src/object.js';
import { builtinCatalog } from '../../src/schema/catalog.js';
import { applyDefaults } from '../../src/schema/defaults.js';
import { pruneUnknown } from '../../src/schema/normalize.js';
import type { ResourceInfo } from '../../src/schema/resource.js';
import { splitApiVersion } from '../../src/schema/types.js';
import { validate } from '../../src/schema/validation.js';
import { caseName, recorded } from '../fixtures/recorded.js';

interface Refusal {
  code: number;
  reason: string;
  message: string;
  causes?: FieldCause[];
}

const fixture = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8')) as T;

const inputs = fixture<KubeObject[]>('invalid.json');
const refusals = fixture<Refusal[]>('refusals-1.34.json');

function resourceOf(object: KubeObject): ResourceInfo {
  const { group, version } = splitApiVersion(object.apiVersion);
  const row = builtinCatalog().findKind(group, version, object.kind);
  if (row === undefined) throw new Error(`no resource for ${object.kind}`);
  return row;
}

/** Upstream iterates over Go maps, so the order of its causes varies. */
const sorted = (causes: readonly FieldCause[]): string[] =>
  causes.map(({ field, reason, message }) => `${field}|${reason}|${message}`).sort();

describe('validate', () => {
  it.each(inputs.map((input, index) => [index, input.kind, input] as const))(
    'refuses object %i (%s) as kube-apiserver does',
    (index, _kind, input) => {
      const expected = refusals[index];
      if (expected === undefined) throw new Error('fixture is incomplete');
      const object = cloneJson(input);
      const check = (): FieldCause[] => {
        pruneUnknown(object);
        applyDefaults(object);
        return validate(object, resourceOf(object));
      };
      if (expected.code === 422) expect(sorted(check())).toEqual(sorted(expected.causes ?? []));
      else {
        expect(check).toThrow(ApiError);
        expect(check).toThrow(expected.message);
      }
    },
  );

  it.each(recorded.map((record) => [caseName(record), record] as const))(
    'has nothing against %s, which kube-apiserver accepts',
    (_name, { printed }) => {
      expect(validate(printed, resourceOf(printed))).toEqual([]);
    },
  );

  it('lets the pods of a StatefulSet mount what its claim templates make, and nothing else', () => {
    const mounts = (name: string): FieldCause[] => {
      const object = {
        apiVersion: 'apps/v1',
        kind: 'StatefulSet',
        metadata: { name: 'db', namespace: 'default' },
        spec: {
          serviceName: 'db',
          selector: { matchLabels: { app: 'db' } },
          template: {
            metadata: { labels: { app: 'db' } },
            spec: {
              // The controller gives pods names of its own.
              hostname: 'Not_A_Label',
              containers: [{ name: 'db', image: 'postgres', volumeMounts: [{ name, mountPath: '/data' }] }],
            },
          },
          volumeClaimTemplates: [
            {
              metadata: { name: 'data' },
              spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
            },
          ],
        },
      };
      applyDefaults(object);
      return validate(object, resourceOf(object));
    };
    expect(mounts('data')).toEqual([]);
    expect(mounts('logs')).toEqual([
      {
        field: 'spec.template.spec.containers[0].volumeMounts[0].name',
        reason: 'FieldValueNotFound',
        message: 'Not found: "logs"',
      },
    ]);
  });

  it('limits all annotations together to 256 KiB', () => {
    const object = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'a', namespace: 'b', annotations: { big: 'x'.repeat(262_145) } },
    };
    expect(validate(object, resourceOf(object))).toEqual([
      {
        field: 'metadata.annotations',
        reason: 'FieldValueTooLong',
        message: 'Too long: may not be more than 262144 bytes',
      },
    ]);
  });
});
