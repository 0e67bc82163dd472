import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeRequest, redactSecrets } from '../src/redact.js';

const secret = fc.stringMatching(/^[a-z0-9]{20,54}$/);

describe('describeRequest', () => {
  it('drops the query', () => {
    expect(describeRequest('GET', '/v3/clusters?name=x&marker=y')).toBe('GET /v3/clusters');
  });

  it('never shows the token in the path of an import manifest', () => {
    fc.assert(
      fc.property(secret, fc.constantFrom('c-abcde', 'c-m-abcdefgh'), (token, id) => {
        expect(describeRequest('GET', `/v3/import/${token}_${id}.yaml?authImage=x`)).toBe(
          `GET /v3/import/[token]_${id}.yaml`,
        );
      }),
    );
  });
});

describe('redactSecrets', () => {
  it('takes every occurrence of every secret out', () => {
    fc.assert(
      fc.property(secret, secret, fc.string(), (first, second, text) => {
        const clean = redactSecrets(`${text}${first}${second}/${first}`, [first, second, '']);
        expect(clean).not.toContain(first);
        expect(clean).not.toContain(second);
      }),
    );
  });
});
