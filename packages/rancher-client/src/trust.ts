import { createHash } from 'node:crypto';
import { TlsError } from './errors.js';
import type { Logger, TlsOptions } from './options.js';

/** How connections to Rancher (HTTPS here, `wss` of tunnels elsewhere) check its certificate. */
export interface Trust {
  /** PEM of the only CA that is trusted; absent = the system's roots. */
  ca?: string;
  rejectUnauthorized: boolean;
  /** What Rancher calls `CATTLE_CA_CHECKSUM`; `''` if no private CA is in use. */
  caChecksum: string;
}

/** Hex sha256 of the PEM ending in exactly one newline (rancher/rancher `pkg/systemtemplate` `CAChecksum`). */
export function caChecksum(pem: string): string {
  return createHash('sha256').update(withOneNewline(pem)).digest('hex');
}

function withOneNewline(pem: string): string {
  return `${pem.replace(/\n+$/, '')}\n`;
}

/**
 * Decides what to trust, as the `mode` says.
 *
 * @param fetchCaCerts reads the setting `cacerts` without verifying the server; called only for `strict` without `ca`
 * @throws TlsError when the checksum doesn't match
 */
export async function resolveTrust(
  tls: Readonly<TlsOptions>,
  fetchCaCerts: () => Promise<string>,
  logger?: Logger,
): Promise<Trust> {
  switch (tls.mode) {
    case 'insecure':
      logger?.warn(
        { tlsMode: tls.mode },
        "TLS VERIFICATION IS OFF: anyone between here and Rancher can read and change everything, API token included. Use TLS mode 'strict'.",
      );
      return { rejectUnauthorized: false, caChecksum: '' };
    case 'system':
      return { rejectUnauthorized: true, caChecksum: '' };
    case 'strict': {
      const pem = tls.ca ?? (await fetchCaCerts());
      if (pem.trim() === '') return withoutPrivateCa(tls);
      const checksum = caChecksum(pem);
      if (tls.caChecksum !== undefined && tls.caChecksum !== checksum) {
        throw new TlsError(
          'ERR_RANCHER_CA_CHECKSUM',
          `The CA of Rancher has checksum ${checksum}, but ${tls.caChecksum} is expected: this may not be the Rancher you mean.`,
        );
      }
      return { ca: withOneNewline(pem), rejectUnauthorized: true, caChecksum: checksum };
    }
  }
}

function withoutPrivateCa(tls: Readonly<TlsOptions>): Trust {
  if (tls.caChecksum !== undefined) {
    throw new TlsError(
      'ERR_RANCHER_CA_CHECKSUM',
      'A CA checksum is given, but Rancher publishes no private CA (setting cacerts is empty).',
    );
  }
  return { rejectUnauthorized: true, caChecksum: '' };
}
