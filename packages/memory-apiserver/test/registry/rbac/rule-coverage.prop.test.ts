import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ruleAllows } from '../../../src/registry/rbac/policy-rule.js';
import { describeRules, uncovered } from '../../../src/registry/rbac/rule-coverage.js';
import type { PolicyRule } from '../../../src/registry/user.js';

const some = (...values: string[]): fc.Arbitrary<string[]> => fc.subarray(values, { minLength: 1 });
const rule: fc.Arbitrary<PolicyRule> = fc.oneof(
  fc.record(
    {
      verbs: some('get', 'list', 'update', '*'),
      apiGroups: some('', 'apps', '*'),
      resources: some('pods', 'pods/log', 'deployments', 'deployments/scale', '*/scale', '*'),
      resourceNames: some('a', 'b'),
    },
    { requiredKeys: ['verbs', 'apiGroups', 'resources'] },
  ),
  fc.record({ verbs: some('get', '*'), nonResourceURLs: some('/a', '/a/*', '/b', '*') }),
);
const user = { username: 'x', groups: [] };
const question = fc.oneof(
  fc.record({
    user: fc.constant(user),
    verb: fc.constantFrom('get', 'list', 'delete'),
    resource: fc.record({
      group: fc.constantFrom('', 'apps', 'batch'),
      version: fc.constant('v1'),
      resource: fc.constantFrom('pods', 'deployments', 'jobs'),
      subresource: fc.constantFrom('', 'log', 'scale'),
      namespace: fc.constant(''),
      name: fc.constantFrom('', 'a', 'c'),
    }),
  }),
  fc.record({
    user: fc.constant(user),
    verb: fc.constantFrom('get', 'post'),
    path: fc.constantFrom('/a', '/a/b', '/b', '/c'),
  }),
);

describe('coverage of rules', () => {
  it('is of every rule by itself', () => {
    fc.assert(
      fc.property(rule, (one) => {
        expect(uncovered([one], [one])).toEqual([]);
      }),
    );
  });

  it('means that whatever the covered rules allow the covering ones allow too', () => {
    fc.assert(
      fc.property(
        fc.array(rule, { maxLength: 4 }),
        fc.array(rule, { maxLength: 3 }),
        question,
        (owned, wanted, asked) => {
          fc.pre(uncovered(owned, wanted).length === 0);
          if (wanted.some((one) => ruleAllows(one, asked)))
            expect(owned.some((one) => ruleAllows(one, asked))).toBe(true);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('leaves out what is owned, and what is left is owned by nobody', () => {
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 4 }), rule, (owned, wanted) => {
        const left = uncovered(owned, [wanted]);
        expect(uncovered(owned, left)).toEqual(left);
        expect(uncovered([...owned, ...left], [wanted])).toEqual([]);
      }),
    );
  });

  it('is described a line for each resource', () => {
    const rules = uncovered([], [{ verbs: ['list', 'get'], apiGroups: [''], resources: ['pods', 'nodes'] }]);
    expect(describeRules(rules)).toBe(
      '{APIGroups:[""], Resources:["nodes"], Verbs:["list" "get"]}\n{APIGroups:[""], Resources:["pods"], Verbs:["list" "get"]}',
    );
  });
});
