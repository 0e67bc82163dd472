import { describe, expect, it } from 'vitest';
import { SharedValues } from '../../../src/registry/rbac/shared-values.js';

describe('shared values', () => {
  it('are one object for equal values', () => {
    const shared = new SharedValues<string[]>();
    const first = shared.share(['a']);
    expect(shared.share(['a'])).toBe(first);
    expect(shared.share(['b'])).not.toBe(first);
  });

  it('are forgotten when many others have come since', () => {
    const shared = new SharedValues<number[]>();
    const [used, unused] = [shared.share([-1]), shared.share([-2])];
    for (let i = 0; i < 3000; i += 1) {
      shared.share([i]);
      shared.share([-1]);
    }
    expect(shared.share([-1])).toBe(used);
    expect(shared.share([-2])).not.toBe(unused);
  });
});
