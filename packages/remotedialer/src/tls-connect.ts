import { connect, type ConnectionOptions, type DetailedPeerCertificate, type TLSSocket } from 'node:tls';

/**
 * `tls.connect` for thousands of connections: to check the server's name, only its own certificate is made an object of.
 * Node.js makes objects of all its issuers too, which takes most of a millisecond. The chain is verified, as ever.
 */
export function connectTls(options: ConnectionOptions): TLSSocket {
  const socket = connect(options);
  if (options.checkServerIdentity === undefined) socket.getPeerCertificate = firstWithoutIssuers;
  return socket;
}

/** In the place of the first call, which is the one for the check. */
function firstWithoutIssuers(this: TLSSocket): DetailedPeerCertificate {
  Reflect.deleteProperty(this, 'getPeerCertificate');
  return this.getPeerCertificate() as DetailedPeerCertificate;
}
