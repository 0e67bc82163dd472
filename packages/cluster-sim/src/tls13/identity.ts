import { createPrivateKey, sign, X509Certificate, type KeyObject } from 'node:crypto';
import { HandshakeType, message, vector } from './messages.js';

/** Who the server is: what it shows and signs with, prepared once for all connections. */
export class Tls13Identity {
  /** The Certificate message (RFC 8446 §4.4.2). */
  readonly certificateMessage: Buffer;
  readonly #key: KeyObject;

  /**
   * Takes PEMs: the certificate, others that lead to its CA if there are any, and its key. Throws when it isn't an ECDSA key of the curve P-256.
   */
  constructor(pem: { cert: string; key: string }) {
    const certificates = pem.cert.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
    this.#key = createPrivateKey(pem.key);
    if (this.#key.asymmetricKeyDetails?.namedCurve !== 'prime256v1' || certificates.length === 0) {
      throw new TypeError('a TLS identity needs a certificate with an ECDSA key of the curve P-256');
    }
    const entries = certificates.map((text) =>
      Buffer.concat([vector(3, new X509Certificate(text).raw), vector(2, Buffer.alloc(0))]),
    );
    this.certificateMessage = message(HandshakeType.certificate, [
      vector(1, Buffer.alloc(0)),
      vector(3, Buffer.concat(entries)),
    ]);
  }

  /** A signature by ecdsa_secp256r1_sha256 (RFC 8446 §4.2.3). */
  sign(content: Buffer): Buffer {
    return sign('sha256', content, this.#key);
  }
}
