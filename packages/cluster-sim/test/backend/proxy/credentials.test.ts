import { expect, it } from 'vitest';
import { swapCredentials } from '../../../src/backend/proxy/credentials.js';

const tokens = new Map([['known', { username: 'someone', uid: 'u1', groups: ['one', 'two'] }]]);
const request = (headers: Record<string, string>, distinct: Record<string, string[]> = {}) => ({
  headers: { ...headers } as Record<string, string | string[] | undefined>,
  headersDistinct: distinct,
});

it('makes a known token its user, whom the administrator takes on', () => {
  const own = request({ authorization: 'Bearer known', accept: 'x' });
  expect(swapCredentials(own, tokens)).toBe('administrator');
  expect(own.headers).toEqual({
    accept: 'x',
    'impersonate-user': 'someone',
    'impersonate-uid': 'u1',
    'impersonate-group': ['one', 'two'],
  });
});

it('leaves to a known user whom it impersonates itself, with groups that stay apart', () => {
  const own = request(
    { authorization: 'bearer known', 'impersonate-user': 'u-1', 'impersonate-group': 'a, b' },
    { 'impersonate-user': ['u-1'], 'impersonate-group': ['a', 'b'] },
  );
  expect(swapCredentials(own, tokens)).toBe('administrator');
  expect(own.headers).toEqual({ 'impersonate-user': ['u-1'], 'impersonate-group': ['a', 'b'] });
});

it.each([{ authorization: 'Bearer other' }, { authorization: 'Basic known' }, {}])(
  'passes %j on as it is, without the administrator',
  (headers) => {
    const own = request(headers);
    expect(swapCredentials(own, tokens)).toBe('own');
    expect(own.headers).toEqual(headers);
  },
);
