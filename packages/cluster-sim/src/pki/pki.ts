import { X509Certificate } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import type { SecureContext } from 'node:tls';
import { writeFileAtomic } from '../state/atomic-file.js';
import type { Tls13Identity } from '../tls13/identity.js';
import { createAuthority, createLeaf, type KeyPairPem } from './certificates.js';
import { ServerIdentity } from './server-identity.js';

export interface PkiOptions {
  /** Folder of the PEM files; made if absent. */
  folder: string;
  /** Host names and IP addresses that the leaf must be valid for. */
  hosts: readonly string[];
  now?: () => number;
  /** Validity of the leaf. @default 365 */
  leafDays?: number;
}

/**
 * One CA and one server certificate for the APIs of all clusters. The CA is made once and stays byte-identical:
 * Rancher restarts every controller of a cluster whose CA changes (facts: rancher-import §4.1). The leaf is renewed
 * under it when two thirds of its life are over; only new connections see the new one.
 */
export class Pki {
  /** What servers of this thread show; renewed in place. */
  readonly identity: ServerIdentity;

  private constructor(
    private readonly options: Required<PkiOptions>,
    private readonly authority: KeyPairPem,
    leaf: KeyPairPem,
  ) {
    this.identity = new ServerIdentity(leaf);
  }

  static async open(options: PkiOptions): Promise<Pki> {
    const resolved = { now: () => Date.now(), leafDays: 365, ...options };
    await mkdir(options.folder, { recursive: true, mode: 0o700 });
    let authority = await readPair(options.folder, 'ca');
    if (authority === undefined) {
      authority = await createAuthority('scale-cluster-agent', resolved.now());
      await writePair(options.folder, 'ca', authority);
    }
    const leaf = await readPair(options.folder, 'tls');
    const pki = new Pki(resolved, authority, leaf ?? (await newLeaf(resolved, authority)));
    if (leaf === undefined) await writePair(options.folder, 'tls', pki.leaf);
    await pki.renewIfDue();
    return pki;
  }

  /** PEM; the same for ever. */
  get caCert(): string {
    return this.authority.cert;
  }

  /** For new TLS connections; shared by all clusters. */
  get secureContext(): SecureContext {
    return this.identity.secureContext;
  }

  /** The same for connections whose TLS is our own. */
  get tls13(): Tls13Identity {
    return this.identity.tls13;
  }

  /** PEMs of the present leaf, for listeners of their own. */
  get leaf(): Readonly<KeyPairPem> {
    return this.identity.leaf;
  }

  /** Makes a new leaf if the present one is due, not from this CA, or not valid for all hosts. True if it did. */
  async renewIfDue(): Promise<boolean> {
    if (!this.#isDue()) return false;
    const leaf = await newLeaf(this.options, this.authority);
    await writePair(this.options.folder, 'tls', leaf);
    this.identity.renew(leaf);
    return true;
  }

  #isDue(): boolean {
    const certificate = new X509Certificate(this.leaf.cert);
    const [from, to] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
    return (
      this.options.now() >= from + ((to - from) * 2) / 3 ||
      !certificate.verify(new X509Certificate(this.authority.cert).publicKey) ||
      !this.options.hosts.every((host) => isFor(certificate, host))
    );
  }
}

function isFor(certificate: X509Certificate, host: string): boolean {
  return (isIP(host) > 0 ? certificate.checkIP(host) : certificate.checkHost(host)) !== undefined;
}

function newLeaf(options: Required<PkiOptions>, authority: KeyPairPem): Promise<KeyPairPem> {
  return createLeaf(authority, { hosts: options.hosts, days: options.leafDays, now: options.now() });
}

async function readPair(folder: string, name: string): Promise<KeyPairPem | undefined> {
  // One file for both, so that a crash can't leave a certificate with another one's key.
  const text = await readFile(join(folder, `${name}.pem`), 'utf8').catch(() => '');
  const cert = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n?/.exec(text)?.[0];
  const key = /-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----\n?/.exec(text)?.[0];
  return cert === undefined || key === undefined ? undefined : { cert, key };
}

function writePair(folder: string, name: string, pair: KeyPairPem): Promise<void> {
  return writeFileAtomic(join(folder, `${name}.pem`), pair.cert + pair.key);
}
