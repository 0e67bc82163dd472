import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type PeerCertificate, type TLSSocket } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { connectTls } from '../src/tls-connect.js';
import { makeCertificate } from './helpers/certificate.js';

const server = await makeCertificate('rancher.test');
const authority = await makeCertificate('authority.test');

type Check = (host: string, certificate: PeerCertificate) => Error | undefined;

/** To a server that shows a chain of two certificates, as Rancher's does. */
async function connectTo(servername: string, checkServerIdentity?: Check): Promise<TLSSocket> {
  const listener = createServer({ key: server.key, cert: `${server.cert}\n${authority.cert}` });
  listener.listen(0, '127.0.0.1');
  onTestFinished(() => void listener.close());
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  const socket = connectTls({
    host: '127.0.0.1',
    port,
    servername,
    ca: server.cert,
    ...(checkServerIdentity && { checkServerIdentity }),
  });
  onTestFinished(() => void socket.destroy());
  await once(socket, 'secureConnect');
  return socket;
}

test('a server must show a certificate with the name that was asked for', async () => {
  expect((await connectTo('rancher.test')).authorized).toBe(true);
  await expect(connectTo('other.test')).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
});

test('whoever asks later gets the certificate, and its issuers if wanted', async () => {
  // Node.js 20 takes it out of the chain, and never frees it, when it is asked for its X509Certificate.
  const socket = await connectTo('rancher.test');
  expect(socket.getPeerX509Certificate()?.subject).toBe('CN=rancher.test');
  const other = await connectTo('rancher.test');
  expect(other.getPeerCertificate().subject.CN).toBe('rancher.test');
  expect(other.getPeerCertificate(true).issuerCertificate).toBeDefined();
});

test('who checks names otherwise is given the whole chain', async () => {
  const seen: unknown[] = [];
  await connectTo('any.test', (host, certificate) => {
    seen.push(host, certificate.subject.CN, 'issuerCertificate' in certificate);
    return undefined;
  });
  expect(seen).toEqual(['any.test', 'rancher.test', true]);
});
