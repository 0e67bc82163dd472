import { Alert, TlsAlertError } from './alerts.js';
import { ByteReader, uint16List } from './byte-reader.js';

/** Extension types (RFC 8446 §4.2) that decide something here; all others are ignored, as §4.1.2 asks for. */
const Extension = {
  supportedGroups: 10,
  signatureAlgorithms: 13,
  alpn: 16,
  preSharedKey: 41,
  earlyData: 42,
  supportedVersions: 43,
  keyShare: 51,
} as const;

/** What a ClientHello says (RFC 8446 §4.1.2), as far as this server asks. Lists are in the client's order. */
export interface ClientHello {
  sessionId: Buffer;
  suites: readonly number[];
  /** Null is the only one that TLS 1.3 allows. */
  onlyNullCompression: boolean;
  /** From supported_versions; empty without it, which means TLS 1.2 or older. */
  versions: readonly number[];
  groups: readonly number[] | undefined;
  signatureAlgorithms: readonly number[] | undefined;
  /** Public keys by group. */
  keyShares: ReadonlyMap<number, Buffer> | undefined;
  /** Protocol names of ALPN (RFC 7301), if it is there. */
  protocols: readonly string[] | undefined;
  earlyData: boolean;
}

/**
 * Reads the body of a ClientHello. What no version of TLS allows throws {@link TlsAlertError}; what only TLS 1.3 forbids
 * is left to who chooses the version.
 */
export function parseClientHello(body: Buffer): ClientHello {
  const reader = new ByteReader(body);
  reader.take(2 + 32); // legacy_version and random: they matter to the transcript only
  const sessionId = reader.vector8();
  if (sessionId.length > 32) throw new TlsAlertError(Alert.decodeError, 'a session id has 32 bytes at most');
  const suites = uint16List(reader.vector16(2));
  const compression = reader.vector8(1);
  // Clients of old may have no extensions at all.
  const extensions = reader.left === 0 ? new Map<number, Buffer>() : readExtensions(reader.vector16());
  reader.end();
  return {
    sessionId,
    suites,
    onlyNullCompression: compression.length === 1 && compression[0] === 0,
    versions: read(extensions, Extension.supportedVersions, (all) => uint16List(all.vector8(2))) ?? [],
    groups: read(extensions, Extension.supportedGroups, (all) => uint16List(all.vector16(2))),
    signatureAlgorithms: read(extensions, Extension.signatureAlgorithms, (all) =>
      uint16List(all.vector16(2)),
    ),
    keyShares: read(extensions, Extension.keyShare, readKeyShares),
    protocols: read(extensions, Extension.alpn, readProtocols),
    earlyData: extensions.has(Extension.earlyData),
  };
}

function readExtensions(vector: Buffer): Map<number, Buffer> {
  const reader = new ByteReader(vector);
  const extensions = new Map<number, Buffer>();
  while (reader.left > 0) {
    if (extensions.has(Extension.preSharedKey)) {
      throw new TlsAlertError(Alert.illegalParameter, 'pre_shared_key must be the last extension');
    }
    const type = reader.uint16();
    if (extensions.has(type)) {
      throw new TlsAlertError(Alert.illegalParameter, `extension ${type} is there twice`);
    }
    extensions.set(type, reader.vector16());
  }
  return extensions;
}

function read<T>(
  extensions: ReadonlyMap<number, Buffer>,
  type: number,
  parse: (reader: ByteReader) => T,
): T | undefined {
  const content = extensions.get(type);
  if (content === undefined) return undefined;
  const reader = new ByteReader(content);
  const value = parse(reader);
  reader.end();
  return value;
}

function readKeyShares(reader: ByteReader): Map<number, Buffer> {
  const entries = new ByteReader(reader.vector16());
  const shares = new Map<number, Buffer>();
  while (entries.left > 0) {
    const group = entries.uint16();
    if (shares.has(group)) {
      throw new TlsAlertError(Alert.illegalParameter, `two key shares for group ${group}`);
    }
    shares.set(group, entries.vector16(1));
  }
  return shares;
}

function readProtocols(reader: ByteReader): string[] {
  const entries = new ByteReader(reader.vector16(2));
  const protocols: string[] = [];
  while (entries.left > 0) protocols.push(entries.vector8(1).toString('latin1'));
  return protocols;
}
