import { X509Certificate } from 'node:crypto';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createServer, connect, type TLSSocket } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { Pki } from '../../src/pki/pki.js';
import { temporaryFolder } from '../temporary.js';

const hosts = ['10.43.0.1', 'kubernetes.default.svc', 'localhost', '127.0.0.1', '::1'];
const day = 86_400_000;

async function handshake(pki: Pki, servername: string | undefined, host: string): Promise<TLSSocket> {
  const server = createServer({ SNICallback: (_name, done) => done(null, pki.secureContext), ...pki.leaf });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  try {
    return await new Promise((resolve, reject) => {
      const socket = connect(
        {
          port,
          host: '127.0.0.1',
          ca: pki.caCert,
          ...(servername === undefined ? {} : { servername }),
          checkServerIdentity: (_h, cert) =>
            (new X509Certificate(cert.raw).checkIP(host) ?? new X509Certificate(cert.raw).checkHost(host)) ===
            undefined
              ? new Error('wrong host')
              : undefined,
        },
        () => resolve(socket),
      );
      socket.once('error', reject);
    });
  } finally {
    server.close();
  }
}

describe('Pki', () => {
  it('makes an ECDSA certificate that verifies under its CA for every host', async () => {
    const pki = await Pki.open({ folder: join(await temporaryFolder(), 'pki'), hosts });
    const [ca, leaf] = [new X509Certificate(pki.caCert), new X509Certificate(pki.leaf.cert)];
    expect(ca.ca).toBe(true);
    expect(leaf.ca).toBe(false);
    expect(leaf.checkIssued(ca)).toBe(true);
    expect(leaf.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
    expect(leaf.checkIP('10.43.0.1')).toBe('10.43.0.1');
    expect(leaf.checkIP('::1')).toBeDefined();
    expect(leaf.checkHost('kubernetes.default.svc')).toBe('kubernetes.default.svc');
    expect(leaf.checkHost('example.com')).toBeUndefined();
    const socket = await handshake(pki, undefined, '10.43.0.1');
    expect(socket.authorized).toBe(true);
    socket.destroy();
  });

  it('is byte-identical after reopening, and readable by its owner only', async () => {
    const folder = join(await temporaryFolder(), 'pki');
    const first = await Pki.open({ folder, hosts });
    const second = await Pki.open({ folder, hosts });
    expect(second.caCert).toBe(first.caCert);
    expect(second.leaf).toEqual(first.leaf);
    for (const name of await readdir(folder))
      expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
  });

  it('renews the leaf under the same CA when two thirds of its life are over', async () => {
    const folder = await temporaryFolder();
    let now = Date.now();
    const pki = await Pki.open({ folder, hosts, now: () => now, leafDays: 90 });
    const before = { ...pki.leaf, context: pki.secureContext };
    now += 50 * day;
    expect(await pki.renewIfDue()).toBe(false);
    now += 15 * day;
    expect(await pki.renewIfDue()).toBe(true);
    expect(pki.leaf.cert).not.toBe(before.cert);
    expect(pki.secureContext).not.toBe(before.context);
    expect(new X509Certificate(pki.leaf.cert).checkIssued(new X509Certificate(pki.caCert))).toBe(true);
    expect((await Pki.open({ folder, hosts, now: () => now, leafDays: 90 })).leaf).toEqual(pki.leaf);
  });

  it('makes a new leaf, never a new CA, when a host is added or the leaf is lost', async () => {
    const folder = await temporaryFolder();
    const first = await Pki.open({ folder, hosts });
    const wider = await Pki.open({ folder, hosts: [...hosts, '192.0.2.1'] });
    expect(wider.caCert).toBe(first.caCert);
    expect(new X509Certificate(wider.leaf.cert).checkIP('192.0.2.1')).toBeDefined();
    await writeFile(join(folder, 'tls.pem'), '');
    const healed = await Pki.open({ folder, hosts });
    expect(healed.caCert).toBe(first.caCert);
    expect(await readFile(join(folder, 'tls.pem'), 'utf8')).toContain('PRIVATE KEY');
  });
});
