import { randomBytes } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import { Tls13Identity } from '../tls13/identity.js';
import type { KeyPairPem } from './certificates.js';

/** What TLS servers of one thread show: one context for all connections, whatever their number. */
export class ServerIdentity {
  /** Kept over renewals so that TLS sessions can still be resumed. */
  readonly #ticketKeys = randomBytes(48);
  #leaf: KeyPairPem;
  #context: SecureContext;
  #tls13: Tls13Identity;

  constructor(leaf: KeyPairPem) {
    this.#leaf = leaf;
    this.#context = this.#createContext();
    this.#tls13 = new Tls13Identity(leaf);
  }

  /** PEMs of the present certificate, for listeners of their own. */
  get leaf(): Readonly<KeyPairPem> {
    return this.#leaf;
  }

  /** For new connections. */
  get secureContext(): SecureContext {
    return this.#context;
  }

  /** The same for connections whose TLS is our own. */
  get tls13(): Tls13Identity {
    return this.#tls13;
  }

  /** Takes another certificate for new connections. */
  renew(leaf: KeyPairPem): void {
    this.#leaf = leaf;
    this.#context = this.#createContext();
    this.#tls13 = new Tls13Identity(leaf);
  }

  #createContext(): SecureContext {
    return createSecureContext({ ...this.#leaf, minVersion: 'TLSv1.2', ticketKeys: this.#ticketKeys });
  }
}
