import {
  checkServerIdentity,
  connect,
  type ConnectionOptions,
  type DetailedPeerCertificate,
  type TLSSocket,
} from 'node:tls';

/** The last name that was found in a server's certificate (DER). */
let known: { readonly host: string; readonly certificate: Buffer } | undefined;

/**
 * `tls.connect` for thousands of connections to one server: its name is looked for in its certificate only when either
 * is another than the last time. The chain is verified for every connection, as ever.
 */
export function connectTls(options: ConnectionOptions): TLSSocket {
  if (options.checkServerIdentity !== undefined) return connect(options);
  const socket: TLSSocket = connect({ ...options, checkServerIdentity: (host) => checkName(host, socket) });
  // For the check node:tls makes objects of the whole chain, which takes most of a millisecond.
  socket.getPeerCertificate = notUnpacked;
  return socket;
}

const notUnpacked = (): DetailedPeerCertificate => ({}) as DetailedPeerCertificate;

function checkName(host: string, socket: TLSSocket): Error | undefined {
  Reflect.deleteProperty(socket, 'getPeerCertificate');
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return new Error('the server has shown no certificate');
  if (known?.host === host && known.certificate.equals(certificate.raw)) return undefined;
  const problem = checkServerIdentity(host, certificate.toLegacyObject());
  if (problem === undefined) known = { host, certificate: certificate.raw };
  return problem;
}
