import { Alert, TlsAlertError } from './alerts.js';
import type { ClientHello } from './client-hello.js';
import { supportedGroups } from './key-exchange.js';
import { cipherSuites, type CipherSuite } from './suites.js';

const TLS13 = 0x0304;
const ECDSA_SECP256R1_SHA256 = 0x0403;

/** What both ends do. */
export interface Choice {
  suite: CipherSuite;
  group: number;
  clientShare: Buffer;
  /** By ALPN; undefined when the client doesn't ask. */
  protocol: string | undefined;
}

/**
 * Chooses from what the client offers; undefined when it is legal but needs something that isn't here: TLS 1.2, a
 * HelloRetryRequest, another signature, early data. Throws {@link TlsAlertError} for what TLS 1.3 forbids (RFC 8446 §4.1.2, §4.2.8), and when the
 * client speaks none of `protocols` (RFC 7301 §3.2).
 */
export function negotiate(hello: ClientHello, protocols: readonly string[]): Choice | undefined {
  if (!hello.versions.includes(TLS13)) return undefined;
  if (!hello.onlyNullCompression) {
    throw new TlsAlertError(Alert.illegalParameter, 'TLS 1.3 allows null compression only');
  }
  const { groups, keyShares, signatureAlgorithms } = hello;
  if (groups === undefined || keyShares === undefined || signatureAlgorithms === undefined) return undefined;
  for (const group of keyShares.keys()) {
    if (!groups.includes(group)) {
      throw new TlsAlertError(Alert.illegalParameter, `a key share for group ${group}, which is not offered`);
    }
  }
  const suite = hello.suites.map((id) => cipherSuites.get(id)).find((one) => one !== undefined);
  const group = supportedGroups.find((one) => keyShares.has(one));
  const clientShare = group === undefined ? undefined : keyShares.get(group);
  const fits = signatureAlgorithms.includes(ECDSA_SECP256R1_SHA256) && !hello.earlyData;
  if (suite === undefined || group === undefined || clientShare === undefined || !fits) return undefined;
  return { suite, group, clientShare, protocol: chooseProtocol(hello.protocols, protocols) };
}

function chooseProtocol(
  offered: readonly string[] | undefined,
  protocols: readonly string[],
): string | undefined {
  if (offered === undefined || protocols.length === 0) return undefined;
  const protocol = protocols.find((one) => offered.includes(one));
  if (protocol === undefined) {
    throw new TlsAlertError(Alert.noApplicationProtocol, 'the client speaks none of our protocols');
  }
  return protocol;
}
