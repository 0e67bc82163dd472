import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Alert, TlsAlertError } from '../../src/tls13/alerts.js';
import { parseClientHello } from '../../src/tls13/client-hello.js';
import { negotiate } from '../../src/tls13/negotiate.js';
import { rfc8448 } from './rfc8448.js';
import { alertOf, helloBody, withExtension } from './support.js';

const body = rfc8448.clientHello.subarray(4);

describe('parseClientHello', () => {
  it('reads the hello of RFC 8448', () => {
    const hello = parseClientHello(body);
    expect(hello.sessionId.length).toBe(0);
    expect(hello.suites).toEqual([0x1301, 0x1303, 0x1302]);
    expect(hello.versions).toEqual([0x0304]);
    expect(hello.groups).toEqual([0x1d, 0x17, 0x18, 0x19, 0x100, 0x101, 0x102, 0x103, 0x104]);
    expect(hello.keyShares).toEqual(new Map([[0x1d, rfc8448.clientShare]]));
    expect(hello.signatureAlgorithms?.[0]).toBe(0x0403);
    expect(hello.protocols).toBeUndefined();
    expect(hello.earlyData).toBe(false);
  });

  it('refuses the hello when it ends anywhere before its end, or has more', () => {
    for (let length = 0; length < body.length; length += 1) {
      // With 45 bytes it is a whole hello of the time before extensions.
      const alert = length === 45 ? undefined : Alert.decodeError;
      expect(alertOf(() => parseClientHello(body.subarray(0, length)))).toBe(alert);
    }
    expect(alertOf(() => parseClientHello(Buffer.concat([body, Buffer.alloc(1)])))).toBe(Alert.decodeError);
  });

  it('reads or refuses any bytes, and any hello with bytes changed', () => {
    const change = fc.tuple(fc.nat(body.length - 1), fc.nat(255));
    const changed = fc.array(change, { maxLength: 6 }).map((changes) => {
      const bytes = Buffer.from(body);
      for (const [at, value] of changes) bytes[at] = value;
      return bytes;
    });
    const any = fc.oneof(
      changed,
      fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
    );
    fc.assert(
      fc.property(any, (bytes) => {
        try {
          negotiate(parseClientHello(bytes), ['http/1.1']);
        } catch (error) {
          expect(error).toBeInstanceOf(TlsAlertError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('refuses an extension that is there twice, and anything behind a pre-shared key', () => {
    const twice = withExtension(withExtension(body, 5, Buffer.alloc(1)), 5, Buffer.alloc(1));
    expect(alertOf(() => parseClientHello(twice))).toBe(Alert.illegalParameter);
    const psk = withExtension(body, 41, Buffer.alloc(1));
    expect(parseClientHello(psk).versions).toEqual([0x0304]);
    const behind = withExtension(psk, 5, Buffer.alloc(1));
    expect(alertOf(() => parseClientHello(behind))).toBe(Alert.illegalParameter);
  });
});

describe('negotiate', () => {
  const choose = (changes: Parameters<typeof helloBody>[0], protocols: string[] = ['http/1.1']) =>
    negotiate(parseClientHello(helloBody(changes)), protocols);

  it('takes the client’s first suite, and x25519 before secp256r1', () => {
    expect(choose({ suites: [0x0a0a, 0x1303, 0x1301] })?.suite.id).toBe(0x1303);
    const p256 = { group: 0x17, key: Buffer.alloc(65, 4) };
    const x25519 = { group: 0x1d, key: Buffer.alloc(32, 1) };
    expect(choose({ shares: [p256, x25519], groups: [0x17, 0x1d] })?.group).toBe(0x1d);
    expect(choose({ shares: [p256], groups: [0x17, 0x1d] })?.group).toBe(0x17);
  });

  it('leaves to another TLS what is legal and not here', () => {
    expect(choose({ versions: [0x0303] })).toBeUndefined();
    expect(choose({ suites: [0x1304] })).toBeUndefined();
    expect(choose({ signatures: [0x0804] })).toBeUndefined();
    expect(
      choose({ groups: [0x18, 0x1d], shares: [{ group: 0x18, key: Buffer.alloc(97, 4) }] }),
    ).toBeUndefined();
    expect(choose({ groups: [0x1d], shares: [] })).toBeUndefined();
    expect(choose({ extra: { type: 42, content: Buffer.alloc(0) } })).toBeUndefined();
  });

  it('refuses what TLS 1.3 forbids', () => {
    expect(alertOf(() => choose({ compression: [1, 0] }))).toBe(Alert.illegalParameter);
    const share = { group: 0x1d, key: Buffer.alloc(32, 1) };
    expect(alertOf(() => choose({ shares: [share, share] }))).toBe(Alert.illegalParameter);
    expect(alertOf(() => choose({ groups: [0x17], shares: [share] }))).toBe(Alert.illegalParameter);
  });

  it('chooses http/1.1 when it is offered, and refuses a client that speaks none of ours', () => {
    expect(choose({ protocols: ['h2', 'http/1.1'] })?.protocol).toBe('http/1.1');
    expect(choose({})?.protocol).toBeUndefined();
    expect(choose({ protocols: ['h2'] }, [])?.protocol).toBeUndefined();
    expect(alertOf(() => choose({ protocols: ['h2'] }))).toBe(Alert.noApplicationProtocol);
  });
});
