import { describe, expect, it } from 'vitest';
import { OptionsError, RancherClient } from '../src/index.js';
import { normalizeUrl } from '../src/options.js';

describe('normalizeUrl', () => {
  it.each([
    ['https://rancher.example.com', 'https://rancher.example.com'],
    [' https://rancher.example.com/ ', 'https://rancher.example.com'],
    ['https://rancher.example.com/v3', 'https://rancher.example.com'],
    ['https://rancher.example.com/v1//', 'https://rancher.example.com'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['https://example.com/rancher/', 'https://example.com/rancher'],
  ])('makes %j %j', (text, url) => {
    expect(normalizeUrl(text)).toBe(url);
  });

  it.each(['rancher.example.com', '', 'ftp://x', 'https://user:pass@x'])(
    'refuses %j with a sentence',
    (text) => {
      expect(() => normalizeUrl(text)).toThrow(OptionsError);
    },
  );
});

describe('RancherClient options', () => {
  it('refuses an empty token', () => {
    expect(() => new RancherClient({ url: 'https://x', token: ' ' })).toThrow('API token is empty');
  });

  it('refuses a checksum that is no sha256', () => {
    expect(
      () => new RancherClient({ url: 'https://x', token: 't', tls: { mode: 'strict', caChecksum: 'abc' } }),
    ).toThrow('64 hex digits');
  });
});
