import { describe, expect, it } from 'vitest';
import { scenarios } from '../fixtures/admission-policies.js';
import { readRecorded, replay } from '../fixtures/replay.js';
import type { KubeObject } from '../../src/index.js';
import { typeWarnings } from '../../src/registry/admission-policies/type-check.js';
import { builtinCatalog } from '../../src/schema/catalog.js';
import { TestCluster } from '../http/test-cluster.js';

const recorded = readRecorded('admission-policies-1.34.json');

describe('ValidatingAdmissionPolicies', () => {
  it.each(scenarios)('decide as those of kube-apiserver: $name', ({ name, steps }) =>
    replay(steps, recorded[name]),
  );
});

const rules = (resources: string[]) => ({
  resourceRules: [{ apiGroups: ['apps'], apiVersions: ['v1'], operations: ['*'], resources }],
});

describe('the type check of a policy', () => {
  it('tells of fields and types that the named kinds do not have', () => {
    const warnings = typeWarnings(
      {
        matchConstraints: rules(['deployments']),
        validations: [
          { expression: 'object.spec.replicas > 1' },
          { expression: "object.spec.replicas > '1'" },
          { expression: 'object.spec.replica == 1', messageExpression: 'object.spec.none' },
        ],
      },
      builtinCatalog(),
    );
    expect(warnings).toEqual([
      {
        fieldRef: 'spec.validations[1].expression',
        warning:
          "apps/v1, Kind=Deployment: compilation failed: ERROR: <input>:1:22: found no matching overload for '_>_' applied to '(int, string)'\n | object.spec.replicas > '1'\n | .....................^\n",
      },
      {
        fieldRef: 'spec.validations[2].expression',
        warning:
          "apps/v1, Kind=Deployment: compilation failed: ERROR: <input>:1:12: undefined field 'replica'\n | object.spec.replica == 1\n | ...........^\n",
      },
      {
        fieldRef: 'spec.validations[2].messageExpression',
        warning:
          "apps/v1, Kind=Deployment: compilation failed: ERROR: <input>:1:12: undefined field 'none'\n | object.spec.none\n | ...........^\n",
      },
    ]);
  });

  it('knows nothing of kinds that are not named', () => {
    const validations = [{ expression: 'object.nothing' }];
    expect(typeWarnings({ matchConstraints: rules(['*']), validations }, builtinCatalog())).toEqual([]);
  });
});

const GROUP = 'admissionregistration.k8s.io/v1';

function policy(validations: object[]): KubeObject {
  return {
    apiVersion: GROUP,
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name: 'p' },
    spec: {
      matchConstraints: {
        resourceRules: [
          { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] },
        ],
      },
      validations,
    },
  };
}

const binding: KubeObject = {
  apiVersion: GROUP,
  kind: 'ValidatingAdmissionPolicyBinding',
  metadata: { name: 'b' },
  spec: { policyName: 'p', validationActions: ['Deny'] },
};

describe('the variable authorizer', () => {
  it('asks what the requester may do', async () => {
    const authorizer = {
      authorize: ({ verb }: { verb: string }) => ({ allowed: verb !== 'approve', reason: 'by the test' }),
    };
    const cluster = await TestCluster.start({ controllers: [], authorizer });
    try {
      const { api } = cluster.cluster;
      const check =
        "authorizer.group('example.com').resource('things').name(object.metadata.name).check('approve')";
      api.create(
        policy([
          { expression: "authorizer.requestResource.check('create').allowed()" },
          { expression: `${check}.allowed()`, messageExpression: `'may not: ' + ${check}.reason()` },
        ]),
      );
      api.create(binding);
      const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' } };
      const answer = await cluster.send('POST', '/api/v1/namespaces/default/configmaps', { body });
      expect(answer.code).toBe(422);
      expect(answer.body.message).toContain("with binding 'b' denied request: may not: by the test");
    } finally {
      await cluster.close();
    }
  });
});
