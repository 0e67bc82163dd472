// @peculiar/x509 needs the metadata polyfill before it is loaded.
import 'reflect-metadata';
import { createHash, randomBytes, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';

/** A throw-away CA with one server certificate, all PEM. */
export interface ServerPki {
  caCert: string;
  cert: string;
  key: string;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const hour = 3_600_000;
const year = 365 * 24 * hour;

/** Makes a CA as Rancher's dynamiclistener does at first start, and a leaf for `hosts` (names or addresses). */
export async function createServerPki(hosts: readonly string[]): Promise<ServerPki> {
  const crypto = webcrypto;
  const newKeys = (): Promise<webcrypto.CryptoKeyPair> =>
    crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const [caKeys, leafKeys] = await Promise.all([newKeys(), newKeys()]);
  const now = Date.now();
  const serial = (): string => `01${randomBytes(12).toString('hex')}`;
  const ca = await x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: serial(),
      name: 'O=dynamiclistener-org, CN=dynamiclistener-ca',
      notBefore: new Date(now - hour),
      notAfter: new Date(now + 10 * year),
      keys: caKeys,
      signingAlgorithm: algorithm,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(
          x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.digitalSignature,
          true,
        ),
        await x509.SubjectKeyIdentifierExtension.create(caKeys.publicKey, false, crypto),
      ],
    },
    crypto,
  );
  const leaf = await x509.X509CertificateGenerator.create(
    {
      serialNumber: serial(),
      subject: 'O=dynamiclistener-org, CN=dynamic',
      issuer: ca.subject,
      notBefore: new Date(now - hour),
      notAfter: new Date(now + year),
      publicKey: leafKeys.publicKey,
      signingKey: caKeys.privateKey,
      signingAlgorithm: algorithm,
      extensions: [
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension(
          hosts.map((host) => ({ type: isIP(host) ? 'ip' : 'dns', value: host }) as const),
        ),
        await x509.AuthorityKeyIdentifierExtension.create(caKeys.publicKey, false, crypto),
      ],
    },
    crypto,
  );
  const key = x509.PemConverter.encode(
    await crypto.subtle.exportKey('pkcs8', leafKeys.privateKey),
    'PRIVATE KEY',
  );
  const pem = (certificate: x509.X509Certificate): string => certificate.toString('pem').trim() + '\n';
  return { caCert: pem(ca), cert: pem(leaf), key };
}

/** What the agent manifest carries as CATTLE_CA_CHECKSUM: sha256 of the PEM with exactly one newline at its end. */
export function caChecksum(caCert: string): string {
  if (caCert === '') return '';
  return createHash('sha256').update(`${caCert.trimEnd()}\n`).digest('hex');
}
