import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { deriveSecret, extract, finishedData, trafficKey } from '../../src/tls13/key-schedule.js';
import { cipherSuites } from '../../src/tls13/suites.js';
import { rfc8448 } from './rfc8448.js';

const salt = cipherSuites.get(0x1301)?.handshakeSalt ?? Buffer.alloc(0);

describe('the key schedule', () => {
  it('derives the secrets of RFC 8448 from its hellos and shared secret', () => {
    const hash = createHash('sha256').update(rfc8448.clientHello).update(rfc8448.serverHello).digest();
    expect(hash).toEqual(rfc8448.hashOfHellos);
    const secret = extract('sha256', salt, rfc8448.sharedSecret);
    expect(secret).toEqual(rfc8448.handshakeSecret);
    expect(deriveSecret('sha256', secret, 'c hs traffic', hash)).toEqual(rfc8448.clientHandshakeSecret);
    expect(deriveSecret('sha256', secret, 's hs traffic', hash)).toEqual(rfc8448.serverHandshakeSecret);
    const derived = deriveSecret('sha256', secret, 'derived', createHash('sha256').digest());
    const main = extract('sha256', derived, Buffer.alloc(32));
    expect(main).toEqual(rfc8448.mainSecret);
    const end = rfc8448.hashUpToServerFinished;
    expect(deriveSecret('sha256', main, 'c ap traffic', end)).toEqual(rfc8448.clientSecret);
    expect(deriveSecret('sha256', main, 's ap traffic', end)).toEqual(rfc8448.serverSecret);
  });

  it('derives the keys and the Finished of RFC 8448 from its secrets', () => {
    const secret = rfc8448.serverHandshakeSecret;
    expect(trafficKey('sha256', secret, 'key', 16)).toEqual(rfc8448.serverHandshakeKey);
    expect(trafficKey('sha256', secret, 'iv', 12)).toEqual(rfc8448.serverHandshakeIv);
    const finished = finishedData('sha256', rfc8448.clientHandshakeSecret, rfc8448.hashUpToServerFinished);
    expect(finished).toEqual(rfc8448.clientFinished);
  });
});
