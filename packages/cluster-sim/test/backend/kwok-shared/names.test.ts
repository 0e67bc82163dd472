import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyText, nodeName, otherNodeName, podName } from '../../../src/backend/kwok-shared/names.js';

const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?$/);
const subdomain = fc
  .array(label, { minLength: 1, maxLength: 12 })
  .map((labels) => labels.join('.').slice(0, 253));
const valid = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;

describe('names in the main cluster', () => {
  it('of pods differ when the pods do', () => {
    fc.assert(
      fc.property(label, subdomain, label, subdomain, (namespace, name, otherNamespace, otherName) => {
        const isSame = namespace === otherNamespace && name === otherName;
        expect(podName(namespace, name) === podName(otherNamespace, otherName)).toBe(isSame);
      }),
    );
  });

  it('are valid and no longer than Kubernetes allows', () => {
    fc.assert(
      fc.property(label, subdomain, (first, second) => {
        for (const name of [
          podName(first, second),
          nodeName(first, second),
          otherNodeName(first, 'uid', second),
        ]) {
          expect(name.length).toBeLessThanOrEqual(253);
          expect(name).toMatch(valid);
        }
      }),
    );
  });

  it('of nodes begin with the cluster, once', () => {
    expect(nodeName('berlin', 'node-1')).toBe('berlin-node-1');
    expect(nodeName('berlin', 'berlin-node-1')).toBe('berlin-node-1');
    expect(nodeName('berlin', 'berliner')).toBe('berlin-berliner');
  });

  it('of nodes that two clusters would both have can be told apart', () => {
    expect(nodeName('a', 'b-c')).toBe(nodeName('a-b', 'c'));
    expect(otherNodeName('a', 'uid-1', 'b-c')).not.toBe(otherNodeName('a-b', 'uid-2', 'c'));
  });

  it('keep their parts in the text of a key', () => {
    const key = { cluster: 'uid', storage: 'pods', namespace: 'kube-system', name: 'a.b' } as const;
    expect(keyText(key).split('/')).toEqual(['uid', 'pods', 'kube-system', 'a.b']);
  });
});
