import { createServer, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Connection } from '@scale-cluster/remotedialer';
import type { BackendCluster } from '../backend/backend.js';
import { acceptTls, type TlsServerIdentity } from '../tls13/accept-tls.js';

/** Rancher's own dialer offers nothing else; kubectl through it never gets HTTP/2 (facts: rancher-live). */
const protocols = ['http/1.1'];

const owner = Symbol('cluster');

const ignore = (): void => undefined;

interface OwnedSocket extends Duplex {
  [owner]?: BackendCluster;
}

/**
 * Answers what Rancher sends through cluster tunnels: TLS, then HTTP/1.1, then the cluster's Kubernetes API. All
 * clusters share one TLS context and one http.Server that listens nowhere; a connection knows its cluster.
 */
export class TunnelledApi {
  readonly #server: Server;

  constructor(private readonly identity: TlsServerIdentity) {
    // Rancher keeps idle connections as long as it likes (client-go: 90 s), and watches send nothing for minutes.
    this.#server = createServer({
      keepAliveTimeout: 0,
      requestTimeout: 0,
      headersTimeout: 0,
      noDelay: false,
    });
    this.#server.on('request', (request, response) => {
      const cluster = (request.socket as OwnedSocket)[owner];
      if (cluster === undefined) response.writeHead(421).end();
      else cluster.handle(request, response);
    });
    this.#server.on('upgrade', (request, socket, head) => {
      const cluster = (request.socket as OwnedSocket)[owner];
      if (cluster === undefined) socket.destroy();
      else cluster.handleUpgrade(request, socket, head);
    });
    this.#server.on('clientError', (_error, socket) => socket.destroy());
  }

  /** Takes over a connection that was dialled to the cluster's address. */
  serve(connection: Connection, cluster: BackendCluster): void {
    acceptTls(connection, { identity: this.identity, protocols }, (socket) => {
      (socket as OwnedSocket)[owner] = cluster;
      // A tunnel that ends under a connection is no event of ours; the socket is destroyed with it.
      socket.on('error', ignore);
      this.#server.emit('connection', socket);
    });
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
