import { randomBytes } from 'node:crypto';
import type { IncomingMessage, RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { kubeconfigText, writeKubeconfig } from './kubeconfig.js';
import type { KeyPairPem } from './pki/certificates.js';
import { createServerCertificate } from './pki/certificates.js';
import type { UserInfo } from './registry/user.js';

export interface ListenOptions {
  /** Address to listen on. @default '127.0.0.1' */
  host?: string;
  /** 0 for a free one. @default 0 */
  port?: number;
  /** Names and addresses that the certificate is good for, beside `localhost`, 127.0.0.1 and {@link host}. */
  names?: readonly string[];
  /** Bearer token of an administrator (a member of `system:masters`). @default a random one */
  token?: string;
  /** File to write the kubeconfig to; nobody but its owner can read it. */
  kubeconfigFile?: string;
}

/** One cluster behind HTTPS on a port of its own. */
export interface LocalServer {
  /** `https://127.0.0.1:41235`; loopback if it listens on all addresses. */
  readonly url: string;
  /** PEM of the CA that the certificate is signed by. */
  readonly caCert: string;
  readonly token: string;
  /** Text of a kubeconfig for the administrator. */
  readonly kubeconfig: string;
  /** Ends all connections; the cluster lives on, the token is no longer accepted. */
  close(): Promise<void>;
}

/** What a cluster has for its server. */
interface Served {
  readonly name: string;
  readonly handler: RequestListener;
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  allowToken(token: string, user: UserInfo): void;
  revokeToken(token: string): void;
}

/** Serves a cluster. Rejects when the port can't be listened on or the kubeconfig can't be written. */
export async function listen(
  cluster: Served,
  authority: KeyPairPem,
  options: ListenOptions = {},
): Promise<LocalServer> {
  const { host = '127.0.0.1', port = 0, token = randomBytes(32).toString('base64url') } = options;
  const names = new Set(['localhost', '127.0.0.1', 'kubernetes.default.svc', ...(options.names ?? [])]);
  if (!ALL_ADDRESSES.includes(host)) names.add(host);
  const leaf = createServerCertificate(authority, [...names]);
  // Watches last as long as their clients want.
  const server = createServer({ ...leaf, requestTimeout: 0, keepAliveTimeout: 90_000 }, cluster.handler);
  server.on('upgrade', (request, socket, head) => cluster.handleUpgrade(request, socket, head));
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  server.on('clientError', (_error, socket) => socket.destroy());
  const sockets = new Set<Socket>();
  server.on('secureConnection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  cluster.allowToken(token, { username: 'admin', groups: ['system:masters'] });
  const url = urlOf(host, (server.address() as AddressInfo).port);
  const kubeconfig = kubeconfigText({ name: cluster.name, server: url, caCert: authority.cert, token });
  const close = async (): Promise<void> => {
    cluster.revokeToken(token);
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  try {
    if (options.kubeconfigFile !== undefined) writeKubeconfig(options.kubeconfigFile, kubeconfig);
  } catch (error) {
    await close();
    throw error;
  }
  return { url, caCert: authority.cert, token, kubeconfig, close };
}

const ALL_ADDRESSES = ['0.0.0.0', '::'];

function urlOf(host: string, port: number): string {
  const shown = ALL_ADDRESSES.includes(host) ? '127.0.0.1' : host;
  return `https://${isIP(shown) === 6 ? `[${shown}]` : shown}:${port}`;
}
