import { createSecureContext, type ConnectionOptions, type SecureContext } from 'node:tls';

/** How a `wss:` server is trusted. */
export interface TunnelTlsOptions {
  /** PEM certificates to trust instead of the system's. */
  readonly ca?: string;
  /** `false` accepts any certificate. @default true */
  readonly rejectUnauthorized?: boolean;
  /** Replaces the check of the server's name, as in `tls.connect`. */
  readonly checkServerIdentity?: ConnectionOptions['checkServerIdentity'];
}

/**
 * How a client masks its frames (RFC 6455 5.3):
 * - `random`: as the RFC demands, so that nobody who chooses what a stream carries can make a proxy on the way, which
 *   does not know WebSockets, take it for HTTP;
 * - `zero-in-tls`: with `wss:` URLs all masks are zero, which is valid on the wire and saves both ends a pass over all
 *   bytes. Safe where TLS ends at the server itself, or at a proxy that does know WebSockets.
 */
export type MaskingMode = 'random' | 'zero-in-tls';

const contexts = new Map<string | undefined, SecureContext>();
const MAX_CONTEXTS = 16;

/**
 * One context per set of certificates: thousands of clients of one server would else each parse and hold their own
 * (about 3 ms and 22 KB each).
 */
export function sharedSecureContext(ca: string | undefined): SecureContext {
  let context = contexts.get(ca);
  if (context === undefined) {
    context = createSecureContext(ca === undefined ? {} : { ca });
    if (contexts.size >= MAX_CONTEXTS) contexts.clear();
    contexts.set(ca, context);
  }
  return context;
}
